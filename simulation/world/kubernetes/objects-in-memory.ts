import { isDeepStrictEqual } from 'node:util';
import { refuse } from '../../../activities/errors/refusal-error';
import type {
  AskedRight,
  ChangeBounds,
  Cluster,
  DeletePreconditions,
} from '../../../activities/clients/kubernetes/cluster';
import { without } from '../../../activities/installation/kubernetes/json-path';
import {
  isJsonObject,
  isList,
  type Json,
  type JsonObject,
} from '../../../activities/clients/kubernetes/exact-json';
import type {
  KubernetesObject,
  ObjectKind,
  ObjectMetadata,
  ObjectReference,
  PatchOperation,
} from '../../../activities/clients/kubernetes/objects';

const LOG = 'production';

/**
 * The objects of a cluster in memory, of which each change can be made to fail, before or after it has had its effect. What it
 * knows of an API server is what the adapter goes by: versions, generations, what is immutable, and JSON patches.
 */
export class ObjectsInMemory implements Cluster {
  readonly #objects = new Map<string, KubernetesObject>();
  /** What was applied last, by object: the rest of an object has been written by others, or by patches. */
  readonly #applied = new Map<string, Json>();
  #version = 0;
  /** Each change that was asked for: its verb and object. */
  readonly changes: string[] = [];
  /** How many changes still succeed; the one after them is broken off. */
  changesLeft = Infinity;
  /** Whether a change that is broken off has had its effect. */
  breaksAfterEffect = false;
  /** The pods that are there while a Deployment is: made anew at each look. */
  podsOf: (deployment: KubernetesObject) => readonly KubernetesObject[] = () => [];
  /** What it does not let us do: a verb, a resource and a name. */
  readonly forbidden = new Set<string>();
  /** What its policies say against an object as a change would leave it; undefined where they let it pass. */
  admits: (after: KubernetesObject, before: KubernetesObject) => string | undefined = () => undefined;
  /** Called after each change that had its effect. */
  afterChange: () => void = () => undefined;

  /** What is there, by kind and name, without what only a server writes. */
  get objects(): Readonly<Record<string, unknown>> {
    return Object.fromEntries([...this.#objects].map(([key, object]) => [key, ownPart(object)]));
  }

  /** Somebody makes an object, or gives it another content. */
  put(object: KubernetesObject): void {
    const key = keyOf(object);
    const before = this.#objects.get(key);
    const status = object['status'] ?? before?.['status'];
    this.#objects.set(key, { ...this.#stamped(object, before), ...(status !== undefined && { status }) });
  }

  /** An object as it is now, by kind and name. */
  peek(key: string): KubernetesObject | undefined {
    return this.#objects.get(key);
  }

  /** A controller says how far it has come, which is no new version of the object to this cluster. */
  report(key: string, status: JsonObject): void {
    const object = this.#objects.get(key);
    if (object) this.#objects.set(key, { ...object, status });
  }

  /** Whoever runs a Deployment has brought all of its pods up; or it says what else has become of them. */
  setStatus(key: string, pods?: Readonly<Record<string, Json>>): void {
    const object = this.#objects.get(key);
    if (!object) return;
    const replicas = valueOf(object, ['spec', 'replicas']) ?? 1;
    const all = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas };
    const status = { observedGeneration: object.metadata['generation'] ?? 0, ...(pods ?? all) };
    if (isDeepStrictEqual(object['status'], status)) return;
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: `${this.#version}` };
    this.#objects.set(key, { ...object, metadata, status });
  }

  remove(object: ObjectReference): void {
    this.#objects.delete(keyOf(object));
  }

  get(object: ObjectReference): Promise<KubernetesObject | undefined> {
    return Promise.resolve(this.#objects.get(keyOf(object)));
  }

  list({ kind }: ObjectKind, labels: Readonly<Record<string, string>>) {
    const all = [...this.#objects.values()];
    const kept = all.filter((one) => one.kind === kind);
    const pods = kind !== 'Pod' ? [] : all.flatMap((one) => this.podsOf(one));
    const items = [...kept, ...pods].filter(({ metadata }) =>
      Object.entries(labels).every(([name, value]) => valueOf(metadata, ['labels', name]) === value),
    );
    return Promise.resolve({ resourceVersion: `${this.#version}`, items });
  }

  allows({ verb, resource, name = 'all' }: AskedRight): Promise<boolean> {
    return Promise.resolve(!this.forbidden.has(`${verb} ${resource} ${name}`));
  }

  async create(object: KubernetesObject): Promise<KubernetesObject> {
    return await this.apply(object);
  }

  apply(object: KubernetesObject): Promise<KubernetesObject> {
    return this.#change('apply', keyOf(object), () => {
      const before = this.#objects.get(keyOf(object));
      if (valueOf(before, ['immutable']) === true && !sameBut(before, object)) {
        throw refuse('CLUSTER_INVALID', {
          log: LOG,
          verb: 'patch',
          object: keyOf(object),
          reason: 'immutable',
        });
      }
      const merged = before ? merge(before, this.#applied.get(keyOf(object)), object) : object;
      const after = this.#stamped(merged as KubernetesObject, before);
      this.#objects.set(keyOf(object), after);
      this.#applied.set(keyOf(object), object);
      return after;
    });
  }

  patch(
    reference: ObjectReference,
    resourceVersion: string,
    operations: readonly PatchOperation[],
    { dryRun }: Pick<ChangeBounds, 'dryRun'> = {},
  ): Promise<KubernetesObject> {
    const key = keyOf(reference);
    const refused = (code: 'CLUSTER_CONFLICT' | 'CLUSTER_INVALID', reason: string): Error =>
      refuse(code, { log: LOG, verb: 'patch', object: key, reason });
    const patched = (): KubernetesObject => {
      const before = this.#objects.get(key);
      if (before?.metadata.resourceVersion !== resourceVersion) {
        throw refused('CLUSTER_CONFLICT', 'another version');
      }
      const owned = operations.reduce(disowned, before);
      const after = operations.reduce((object: Json, operation) => applied(object, operation), owned);
      const reason = this.admits(after as KubernetesObject, before);
      if (reason !== undefined) throw refused('CLUSTER_INVALID', reason);
      return this.#stamped(after as KubernetesObject, before);
    };
    if (dryRun === true) return Promise.resolve().then(patched);
    return this.#change('patch', key, () => {
      const after = patched();
      this.#objects.set(key, after);
      return after;
    });
  }

  delete(reference: ObjectReference, { uid }: DeletePreconditions): Promise<boolean> {
    const key = keyOf(reference);
    return this.#change('delete', key, () => {
      const there = this.#objects.get(key)?.metadata.uid === uid;
      if (there) {
        this.#objects.delete(key);
        this.#applied.delete(key);
      }
      return there;
    });
  }

  /** Async, so that what it throws is a rejection, as of the real one. */
  async #change<Result>(verb: string, key: string, act: () => Result): Promise<Result> {
    await Promise.resolve();
    this.changesLeft -= 1;
    const isBroken = this.changesLeft === -1;
    if (isBroken && !this.breaksAfterEffect) throw new Error('broken off');
    this.changes.push(`${verb} ${key}`);
    const result = act();
    this.afterChange();
    if (isBroken) throw new Error('broken off');
    return result;
  }

  #stamped(object: KubernetesObject, before: KubernetesObject | undefined): KubernetesObject {
    if (before !== undefined && sameBut(before, object)) return before;
    this.#version += 1;
    const generation = Number(before?.metadata['generation'] ?? 0);
    const isNewSpec = !isDeepStrictEqual(before?.['spec'], object['spec']);
    const { annotations, ...others } = object.metadata;
    const metadata: ObjectMetadata = {
      // An API server keeps no empty ones.
      ...(isDeepStrictEqual(annotations, {}) ? others : object.metadata),
      uid: before?.metadata.uid ?? `uid-${this.#version}`,
      resourceVersion: `${this.#version}`,
      generation: isNewSpec ? generation + 1 : generation,
    };
    const status = object['status'] ?? before?.['status'];
    return { ...object, metadata, ...(status !== undefined && { status }) };
  }
}

/** An object with these fields, without those that were applied before and are left out, and with all that others wrote. */
function merge(found: Json | undefined, applied: Json | undefined, desired: Json): Json {
  if (!isJsonObject(desired) || !isJsonObject(found)) return desired;
  const before = isJsonObject(applied) ? applied : {};
  const kept = Object.entries(found).filter(([name]) => !Object.hasOwn(before, name));
  const wanted = Object.entries(desired).map(([name, value]) => [
    name,
    value === undefined ? value : merge(found[name], before[name], value),
  ]);
  return Object.fromEntries([...kept, ...wanted]) as Json;
}

function keyOf({ kind, ...object }: ObjectReference | KubernetesObject): string {
  return `${kind} ${'metadata' in object ? (object as KubernetesObject).metadata.name : object.name}`;
}

/** What of an object its owner writes. */
function ownPart(object: KubernetesObject): KubernetesObject {
  const metadata = without(object.metadata, 'resourceVersion', 'generation', 'uid');
  return { ...without(object, 'status'), metadata } as KubernetesObject;
}

/** Whether both are alike in that, in whatever order. */
function sameBut(one: KubernetesObject | undefined, other: KubernetesObject): boolean {
  return one !== undefined && isDeepStrictEqual(ownPart(one), ownPart(other));
}

function valueOf(json: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce(
    (found: Json | undefined, step) => (isJsonObject(found) ? found[step] : undefined),
    json,
  );
}

/** The object without what others are noted for who gave a key of its data another value before. */
function disowned(object: KubernetesObject, { op, path }: PatchOperation): KubernetesObject {
  const [, key] = /^\/data\/([^/]+)$/.exec(path) ?? [];
  const entries = object.metadata['managedFields'];
  if (key === undefined || op === 'test' || !isList(entries)) return object;
  const managedFields = entries.map((entry) => {
    const data = valueOf(entry, ['fieldsV1', 'f:data']);
    return isJsonObject(entry) && isJsonObject(data)
      ? { ...entry, fieldsV1: { 'f:data': without(data, `f:${key}`) } }
      : entry;
  });
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

/** One operation of RFC 6902, as far as the adapter asks for it. */
function applied(json: Json, operation: PatchOperation): Json {
  const steps = operation.path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return at(json, steps);

  function at(value: Json | undefined, [step = '', ...rest]: readonly string[]): Json {
    if (isList(value)) {
      return value.map((item, position) => (String(position) === step ? next(item, rest) : item));
    }
    if (!isJsonObject(value)) throw new Error(`There is nothing at ${operation.path}.`);
    if (operation.op === 'remove' && rest.length === 0) {
      return Object.fromEntries(Object.entries(value).filter(([name]) => name !== step));
    }
    return { ...value, [step]: next(value[step], rest) };
  }

  function next(value: Json | undefined, rest: readonly string[]): Json {
    if (rest.length > 0) return at(value, rest);
    if (operation.op === 'remove') throw new Error('a list is not shortened');
    if (operation.op === 'test') {
      if (!isDeepStrictEqual(value, operation.value)) {
        throw refuse('CLUSTER_INVALID', { log: LOG, verb: 'patch', object: operation.path, reason: 'test' });
      }
      return operation.value;
    }
    return operation.value;
  }
}
