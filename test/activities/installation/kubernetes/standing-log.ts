import type { Cluster } from '../../../../activities/clients/kubernetes/cluster';
import type { HttpTransport } from '../../../../activities/clients/http';
import type { Json } from '../../../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';
import {
  kubernetesInstallation,
  type KubernetesOptions,
} from '../../../../activities/installation/kubernetes/kubernetes';
import { kubernetesInsertion } from '../../../../activities/installation/kubernetes/inserted-gate/insertion';
import { kubernetesTraffic } from '../../../../activities/installation/kubernetes/without-gate/traffic';
import { numberAt, objectAt } from '../../../../activities/installation/kubernetes/json-path';
import { shapes, type ShapeName } from '../../../../lab/kubernetes/log/shapes';
import type { Replacement } from '../../../../workflows/model/installation';
import { PATIENCE_MS } from '../../../../harness/waiting';
import { bodyOf } from '../../../../simulation/world/http-answers';
import { ObjectsInMemory } from '../../../../simulation/world/kubernetes/objects-in-memory';
import { FakeOperator } from './fake-operator';

export const CURRENT = '3904496407287907110';
export const NEXT = '1949066653115536561';
export const signal = AbortSignal.timeout(10 * PATIENCE_MS);

const standing = { id: 'rekor-server', name: 'Deployment rekor-server' };
const copy = { id: 'rekor-server-next', name: 'Deployment rekor-server-next' };

/** One attempt to replace what stands. */
export function replacementOf(attemptId: string, nextTreeId = NEXT): Replacement {
  return {
    ...{ attemptId, nextTreeId, current: standing, next: copy, currentTreeId: CURRENT, inactive: [] },
    patience: { stageMs: 1, rehearsalMs: 1, startMs: 1, stopMs: 1, discardMs: 1, settleMs: 1 },
  };
}

/** The objects of a log in one of the lab's shapes, in which Rekor has two pods. */
export function objectsOf(shape: ShapeName): readonly KubernetesObject[] {
  const hostname = 'rekor-server.rekor-system.svc';
  const manifests = shapes[shape].rekorManifests({
    ...{ treeId: CURRENT, signingKey: 'a key', hostname, replicas: 2 },
  });
  return manifests as unknown as readonly KubernetesObject[];
}

const withNames = (text: string): string => text.replace(/(rekor-sharding-config)-\w+/, '$1');

/** The names of objects in order, without what a generator makes up of them. */
export function namesIn(objects: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(objects).map(withNames).toSorted();
}

/** A log in such a shape, and how it is rotated; every pod of it runs and does what it is told. */
export class StandingOnCluster {
  readonly cluster = new ObjectsInMemory();
  /** What launchers were told, by the pod's address. */
  readonly told: string[] = [];
  readonly running = new Set<string>();
  /** What is answered at `ADDRESS/PATH` by something that is no launcher. */
  readonly pages = new Map<string, () => string>();
  /** Addresses at which no launcher answers. */
  readonly silent = new Set<string>();
  readonly installation;

  /** Follows the resource of the shape that has one; what it generates is written again after each change. */
  readonly operator: FakeOperator;

  constructor(
    readonly shape: ShapeName = 'upstream',
    private readonly options: Partial<
      Pick<KubernetesOptions, 'ownersHeldOff' | 'strategy' | 'withoutGate' | 'inserted' | 'service'>
    > = {},
  ) {
    this.operator = new FakeOperator(this.cluster);
    for (const object of objectsOf(shape)) this.cluster.put(object);
    this.cluster.podsOf = (deployment) => podsOf(deployment, this.cluster.changes);
    this.cluster.afterChange = () => this.#rollOut();
    this.#rollOut();
    this.installation = this.opened();
  }

  /** As another worker has it. */
  opened() {
    const parts = { cluster: this.cluster, transport: this.carry, serviceFollowsMs: 1 };
    return kubernetesInstallation(this.#options(), parts);
  }

  /** What leads its clients where no gate does, as another worker has it. */
  traffic(cluster: Cluster = this.cluster) {
    return kubernetesTraffic(this.#options(), { cluster, serviceFollowsMs: 1 });
  }

  /** How a gate is inserted at a Service of its cluster, as another process has it. */
  insertion(cluster: Cluster = this.cluster) {
    const parts = { cluster, transport: this.carry, serviceFollowsMs: 1 };
    const insertion = kubernetesInsertion(this.#options(), parts);
    if (!insertion) throw new Error('no gate is inserted anywhere');
    return insertion;
  }

  #options(): KubernetesOptions {
    return {
      ...{ log: 'production', namespace: 'rekor-system', deployment: standing.id, service: standing.id },
      ...{ launcherImage: 'rekor-rotate:1', entrypoint: ['/ko-app/rekor-server'] },
      source: { inCluster: true },
      ...this.options,
    };
  }

  /** Somebody else gives it another list, or another tree. */
  changeStanding(what: 'list' | 'tree'): void {
    if (this.shape === 'operator') {
      this.operator.change(what === 'tree' ? { treeID: 77 } : { sharding: [{ treeID: 9 }] });
      return;
    }
    for (const [key, object] of Object.entries(this.cluster.objects)) {
      const text = JSON.stringify(object);
      const changed =
        what === 'tree' && !key.includes('-next')
          ? text.replace(CURRENT, '77')
          : text.replace('"sharding-config.yaml":""', '"sharding-config.yaml":"- treeID: 9"');
      if (changed !== text) this.cluster.put(JSON.parse(changed) as KubernetesObject);
    }
  }

  /** Whether a pod that starts now would number the next tree's entries as if no shard were before it. */
  numbersFromNothing(): boolean {
    const standingOnes = Object.entries(this.cluster.objects).filter(
      // A pod reads nothing of a resource.
      ([key]) => !key.includes('-next') && !/^(Securesign|Rekor) /.test(key),
    );
    const text = JSON.stringify(standingOnes).replaceAll(/"rekor-rotate\/active-tree":"\d+"/g, '');
    return (
      text.includes(NEXT) && !text.includes(`treeID: ${CURRENT}`) && !text.includes(`treeID\\": ${CURRENT}`)
    );
  }

  /** Its Deployment controller is always as quick as it can be. */
  #rollOut(): void {
    this.operator.follow();
    const key = `Deployment ${standing.id}`;
    const deployment = this.cluster.objects[key] as KubernetesObject | undefined;
    if (deployment) this.cluster.setStatus(key);
    this.operator.report();
  }

  /** What its pods answer. */
  readonly carry: HttpTransport = async ({ url, method, headers = {}, beforeSending }, read) => {
    const { hostname, pathname } = url;
    const page = this.pages.get(hostname + pathname);
    if (page) return await read({ status: 200, headers: {}, body: bodyOf(page()) });
    if (this.silent.has(hostname)) throw new Error('connect ECONNREFUSED');
    beforeSending?.();
    this.told.push(`${method} ${pathname} ${hostname}`);
    const notAfter = headers['not-after'] ?? '';
    if (method === 'PUT' && !(/^\d+$/.test(notAfter) && Number(notAfter) > Date.now()))
      throw new Error('no time was given');
    if (pathname === '/start') this.running.add(hostname);
    if (pathname === '/stop') this.running.delete(hostname);
    const running = this.running.has(hostname);
    const body = JSON.stringify({ wanted: running, running, starts: 1, lastExit: null });
    return await read({ status: 200, headers: {}, body: bodyOf(body) });
  };
}

/** Two of each Deployment, with an address each; another one comes in the place of each that is deleted. */
function podsOf(deployment: KubernetesObject, changes: readonly string[]): KubernetesObject[] {
  if (deployment.kind !== 'Deployment') return [];
  const { name } = deployment.metadata;
  const template = objectAt(deployment, 'spec', 'template');
  const labels = objectAt(template, 'metadata', 'labels') as Json;
  const subnet = name.endsWith('-next') ? 2 : 1;
  const uidOf = (pod: string): string =>
    `${pod}/${changes.filter((change) => change === `delete Pod ${pod}`).length}`;
  const replicas = numberAt(deployment, 'spec', 'replicas') ?? 2;
  return Array.from({ length: replicas }, (_, position) => position + 1).map((number) => ({
    ...{
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${name}-${number}`, uid: uidOf(`${name}-${number}`), labels },
    },
    status: {
      ...{ phase: 'Running', podIP: `198.18.${subnet}.${number}` },
      containerStatuses: [{ name: 'rekor-server', state: { running: {} } }],
    },
  }));
}
