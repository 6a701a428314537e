import { isRefusal, refuse } from '../../errors/refusal-error';
import { type CallBounds, deadlineOf } from '../call-bounds';
import { type ClusterAccess, openClusterAccess } from './cluster-access';
import { clusterRequests, DEFAULT_TIMEOUT_MS } from './cluster-requests';
import { isJsonObject, isList, type Json } from './exact-json';
import type { AccessSource } from './kubeconfig';
import type { KubernetesObject, ObjectKind, ObjectReference, PatchOperation } from './objects';
import { saysNotFound } from './refused-answers';
import { clusterResources, type Resource } from './resources';

/** What bounds one change. */
export interface ChangeBounds extends CallBounds {
  /** Whether the API server is only to authorize, validate and answer it, which it does in full (`dryRun=All`). */
  readonly dryRun?: boolean;
}

/**
 * Objects of a Kubernetes cluster, for activities. Every call refuses CLUSTER_UNREACHABLE, CLUSTER_CREDENTIALS_UNUSABLE,
 * CLUSTER_DENIED and CLUSTER_KIND_UNKNOWN. Every change refuses CLUSTER_INVALID and CLUSTER_CONFLICT besides, is sent at most
 * once and never after its deadline, and throws `CallOutcomeUnknown` when nobody says whether it had its effect (H8). All
 * numbers are exact, which those of `@kubernetes/client-node` are not: a tree id would become another.
 */
export interface Cluster {
  /** Undefined for an object that is not there. */
  get(object: ObjectReference, bounds: CallBounds): Promise<KubernetesObject | undefined>;
  /** All objects of a kind with these labels, of one moment. */
  list(
    kind: ObjectKind & Pick<ObjectReference, 'namespace'>,
    labels: Readonly<Record<string, string>>,
    bounds: CallBounds,
  ): Promise<ObjectList>;
  /** Makes an object of which every field must be known; what is there already is a conflict. */
  create(object: KubernetesObject, bounds: ChangeBounds): Promise<KubernetesObject>;
  /**
   * Makes an object have these fields, and lose those that were applied before and are left out (server-side apply). One that
   * is not there is made. A `metadata.resourceVersion` in it must still be true.
   *
   * @param bounds `force` takes fields away from whoever manages them; without, that is a conflict.
   */
  apply(
    object: KubernetesObject,
    bounds: ChangeBounds & { readonly force?: boolean },
  ): Promise<KubernetesObject>;
  /**
   * Changes an object that is as it was read, all of the operations or none. A `test` says what must be true of its values;
   * it compares numbers as they are written. Refuses CLUSTER_OBJECT_MISSING.
   *
   * @param resourceVersion of the object as it was read.
   */
  patch(
    object: ObjectReference,
    resourceVersion: string,
    operations: readonly PatchOperation[],
    bounds: ChangeBounds,
  ): Promise<KubernetesObject>;
  /**
   * Deletes this very object, and in the background what belongs to it.
   *
   * @returns false when it was not there.
   */
  delete(object: ObjectReference, expected: DeletePreconditions, bounds: ChangeBounds): Promise<boolean>;
  /** Whether the cluster lets us do this. Changes nothing. */
  allows(asked: AskedRight, bounds: CallBounds): Promise<boolean>;
}

/** One verb for one resource, as a Role has it. */
export interface AskedRight {
  readonly verb: 'get' | 'list' | 'create' | 'patch' | 'delete';
  /** Empty for that of Pods and Secrets. */
  readonly group: string;
  readonly resource: string;
  /** `portforward` of pods for example. */
  readonly subresource?: string;
  /** Empty for what is in no namespace. */
  readonly namespace: string;
  /** Absent where it is asked for all of them, whatever their names. */
  readonly name?: string;
}

export interface ObjectList {
  readonly resourceVersion: string;
  readonly items: readonly KubernetesObject[];
}

/** What must be true of an object that is deleted. */
export interface DeletePreconditions {
  readonly uid: string;
  readonly resourceVersion?: string;
}

export interface ClusterOptions {
  /** The log's name in the configuration, for messages. */
  readonly log: string;
  readonly source: AccessSource;
  /** As whom its fields are managed. Absent: as a rotation. */
  readonly fieldManager?: string;
}

/** As whom fields are managed: who applies the same fields under another name comes into conflict with it. */
export const FIELD_MANAGER = 'rekor-rotate';

/** Nothing is asked yet. Refuses CLUSTER_CREDENTIALS_UNUSABLE. */
export function openCluster({ log, source, fieldManager }: ClusterOptions): Cluster {
  return clusterAt(log, openClusterAccess(log, source), fieldManager);
}

/**
 * @param log its name in the configuration, for messages.
 * @param fieldManager as whom fields are managed.
 */
export function clusterAt(log: string, access: ClusterAccess, fieldManager = FIELD_MANAGER): Cluster {
  const requests = clusterRequests(log, access);
  const resources = clusterResources(log, requests);

  function changeQuery({ dryRun }: ChangeBounds): Readonly<Record<string, string>> {
    const manager = { fieldManager, fieldValidation: 'Strict' };
    return dryRun === true ? { ...manager, dryRun: 'All' } : manager;
  }

  /** Where an object is; of a call that asks for its resource first, both parts have one deadline. */
  async function find<Bounds extends CallBounds>(
    verb: string,
    reference: ObjectReference,
    bounds: Bounds,
  ): Promise<Found<Bounds>> {
    const bounded = { ...bounds, notAfter: deadlineOf(bounds, DEFAULT_TIMEOUT_MS) };
    const resource = await resources.of(reference, bounded);
    const { namespace, name } = reference;
    const object = `${resource.shown} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
    const wrong = [
      ...(isPathSegment(name) ? [] : ['metadata.name']),
      ...(isNamespaceOf(resource, namespace) ? [] : ['metadata.namespace']),
    ];
    if (wrong.length > 0) throw refuse('CLUSTER_INVALID', { log, verb, object, reason: wrong.join(', ') });
    const all = resource.path(namespace);
    return { verb, object, all, path: `${all}/${encodeURIComponent(name)}`, bounds: bounded };
  }

  return {
    async get(reference, bounds) {
      const found = await find('get', reference, bounds);
      const { status, body } = await requests.read(found, found.bounds);
      if (saysNotFound(status, body)) return undefined;
      const object = status === 404 ? undefined : asObject(body);
      if (object === undefined) throw requests.unreachable(`it answered ${status} with no object`);
      return object;
    },

    async list(kind, labels, bounds) {
      const bounded = { ...bounds, notAfter: deadlineOf(bounds, DEFAULT_TIMEOUT_MS) };
      const resource = await resources.of(kind, bounded);
      const { namespace } = kind;
      const selector = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
      const object = [resource.shown, namespace && `of ${namespace}`, ...selector].filter(Boolean).join(' ');
      if (!isNamespaceOf(resource, namespace)) {
        throw refuse('CLUSTER_INVALID', { log, verb: 'list', object, reason: 'metadata.namespace' });
      }
      const request = {
        verb: 'list',
        object,
        path: resource.path(namespace),
        query: { labelSelector: selector.join(',') },
      };
      const { status, body } = await requests.read(request, bounded);
      const list = status === 404 ? undefined : asList(body, kind);
      if (list === undefined) throw requests.unreachable(`it answered ${status} with no list`);
      return list;
    },

    async create(object, bounds) {
      const found = await find('create', referenceOf(object), bounds);
      return await requests.change(
        {
          ...found,
          path: found.all,
          method: 'POST',
          query: changeQuery(bounds),
          contentType: 'application/json',
          body: object,
          dryRun: bounds.dryRun === true,
        },
        asObject,
        found.bounds,
      );
    },

    async apply(object, bounds) {
      const found = await find('patch', referenceOf(object), bounds);
      return await requests.change(
        {
          ...found,
          method: 'PATCH',
          query: { ...changeQuery(bounds), ...(bounds.force === true && { force: 'true' }) },
          contentType: 'application/apply-patch+yaml',
          body: object,
          dryRun: bounds.dryRun === true,
        },
        asObject,
        found.bounds,
      );
    },

    async patch(reference, resourceVersion, operations, bounds) {
      const found = await find('patch', reference, bounds);
      // Replacing it is what the API server compares, as a conflict; a `test` of it could not be told from one of a value.
      const stillTrue = { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion };
      return await requests.change(
        {
          ...found,
          method: 'PATCH',
          query: changeQuery(bounds),
          contentType: 'application/json-patch+json',
          body: [stillTrue, ...operations],
          dryRun: bounds.dryRun === true,
        },
        asObject,
        found.bounds,
      );
    },

    async allows({ verb, group, resource, subresource, namespace, name }, bounds) {
      const resourceAttributes = {
        ...{ verb, group, resource, namespace },
        ...(subresource !== undefined && { subresource }),
        ...(name !== undefined && { name }),
      };
      return await requests.change(
        {
          ...{ verb: 'create', object: 'selfsubjectaccessreviews.authorization.k8s.io' },
          ...{ method: 'POST', path: REVIEWS, contentType: 'application/json', dryRun: true },
          body: { ...REVIEW, spec: { resourceAttributes } },
        },
        allowedIn,
        { ...bounds, notAfter: deadlineOf(bounds, DEFAULT_TIMEOUT_MS) },
      );
    },

    async delete(reference, expected, bounds) {
      const found = await find('delete', reference, bounds);
      try {
        return await requests.change(
          {
            ...found,
            method: 'DELETE',
            contentType: 'application/json',
            // The query of a request with such a body is not looked at (k8s.io/apiserver: pkg/endpoints/handlers/delete.go).
            body: {
              apiVersion: 'v1',
              kind: 'DeleteOptions',
              preconditions: { uid: expected.uid, resourceVersion: expected.resourceVersion },
              propagationPolicy: 'Background',
              dryRun: bounds.dryRun === true ? ['All'] : undefined,
            },
            dryRun: bounds.dryRun === true,
          },
          () => true,
          found.bounds,
        );
      } catch (error) {
        if (isRefusal(error, 'CLUSTER_OBJECT_MISSING')) return false;
        throw error;
      }
    },
  };
}

interface Found<Bounds extends CallBounds> {
  readonly verb: string;
  readonly object: string;
  readonly all: string;
  readonly path: string;
  readonly bounds: Bounds & { readonly notAfter: number };
}

function referenceOf({ apiVersion, kind, metadata }: KubernetesObject): ObjectReference {
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name };
}

/**
 * Whether a name can be part of a path as it is (k8s.io/apimachinery: pkg/api/validation/path/name.go). Without a name a path
 * means every object of its kind.
 */
function isPathSegment(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/%]/.test(name);
}

function isNamespaceOf(resource: Resource, namespace: string | undefined): boolean {
  return namespace === undefined ? !resource.namespaced : resource.namespaced && isPathSegment(namespace);
}

/** An object that is only answered. Its metadata have to be empty (k8s.io/kubernetes: pkg/apis/authorization/validation). */
const REVIEW = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' } as const;
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

function allowedIn(body: Json | undefined): boolean | undefined {
  const status = isJsonObject(body) ? body.status : undefined;
  const allowed = isJsonObject(status) ? status.allowed : undefined;
  return typeof allowed === 'boolean' ? allowed : undefined;
}

function asObject(body: Json | undefined): KubernetesObject | undefined {
  if (!isJsonObject(body)) return undefined;
  const { apiVersion, kind, metadata } = body;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return undefined;
  return isJsonObject(metadata) && typeof metadata.name === 'string' ? (body as KubernetesObject) : undefined;
}

/** Of the objects in a list only those of custom kinds say what they are. */
function asList(body: Json | undefined, { apiVersion, kind }: ObjectKind): ObjectList | undefined {
  if (!isJsonObject(body) || !isList(body.items) || !isJsonObject(body.metadata)) return undefined;
  const { resourceVersion } = body.metadata;
  if (typeof resourceVersion !== 'string') return undefined;
  const items = body.items.map((item) =>
    asObject(isJsonObject(item) ? { apiVersion, kind, ...item } : (item satisfies Json)),
  );
  return items.every((item) => item !== undefined) ? { resourceVersion, items } : undefined;
}
