import { clusterAt } from '../../../activities/clients/kubernetes/cluster';
import { isJsonObject, writeExactJson } from '../../../activities/clients/kubernetes/exact-json';
import type { HttpTransport } from '../../../activities/clients/http';
import type { KubernetesObject } from '../../../activities/clients/kubernetes/objects';
import type { Installation } from '../../../activities/installation/installation';
import type { Strategy } from '../../../workflows/model/room';
import {
  numberAt,
  objectAt,
  textAt,
  valueAt,
  without,
  withValueAt,
} from '../../../activities/installation/kubernetes/json-path';
import { kubernetesInstallation } from '../../../activities/installation/kubernetes/kubernetes';
import { ATTEMPT_ANNOTATION, ROOM_ANNOTATION } from '../../../activities/installation/kubernetes/names';
import { kubernetesTraffic } from '../../../activities/installation/kubernetes/without-gate/traffic';
import type { Traffic as RealTraffic } from '../../../activities/traffic/traffic';
import type { Random } from '../../random';
import type { VirtualTime } from '../../virtual-time';
import { bodyOf } from '../http-answers';
import type { Contents, Edit, ReleaseId, SimulatedInstallation } from '../installation';
import type { Network } from '../network';
import type { RekorConfiguration, RekorProcess, SignedEntry } from '../rekor';
import type { SimulatedTrillian } from '../trillian';
import { API_SERVER_URL, serveApi } from './api-server';
import { LAUNCHER_PORT, serveLauncher } from './launchers';
import { LedClients, SERVICE, SERVICE_URL, type LedClientsParts } from './led-clients';
import { loadedBy } from './loaded';
import { COPY, LIST, LIST_KEY, manifests, NAMESPACE, STANDING, TREE, type TreePlaceName } from './manifests';
import { ObjectsInMemory } from './objects-in-memory';
import { SimulatedPods, type SimulatedPod } from './pods';

/** What of the namespace is the log's own: the rest is a rotation's. */
const own = [
  `Service ${STANDING}`,
  `Deployment ${STANDING}`,
  `ConfigMap ${LIST}`,
  `ConfigMap ${TREE}`,
] as const;

export interface ClusterParts {
  readonly log: string;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly trillian: SimulatedTrillian;
  readonly network: Network;
  readonly strategy: Strategy;
  readonly shards: { readonly activeTreeId: string; readonly inactiveTreeId: string };
  /** Clients are led by the Service. */
  readonly withoutGate?: boolean;
  readonly onOrder?: LedClientsParts['onOrder'];
  readonly onSigned: (entry: SignedEntry, by: RekorProcess) => void;
  readonly trace: (line: () => string) => void;
}

/** The log in a Kubernetes cluster. */
export class SimulatedCluster implements SimulatedInstallation {
  readonly releases = [STANDING, COPY] as const;
  readonly objects = new ObjectsInMemory();
  readonly pods: SimulatedPods;
  readonly adapter: Installation;
  /** Clients without a gate, and what the worker orders then; undefined with one. */
  readonly led: { readonly clients: LedClients; readonly traffic: RealTraffic } | undefined;
  readonly #parts: ClusterParts;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    const { log, time, random, trillian, network, shards, strategy, onSigned, trace } = parts;
    const { objects } = this;
    const treePlace = random.pick<TreePlaceName>(['argument', 'ConfigMap']);
    const replicas = Math.max(random.whole(1, 3), strategy === 'rolling' ? 2 : 1);
    for (const object of manifests({
      ...{ treePlace, replicas },
      activeTreeId: shards.activeTreeId,
      list: `- treeID: ${shards.inactiveTreeId}\n`,
    })) {
      objects.put(object);
    }
    this.pods = new SimulatedPods({
      time,
      random: random.stream('pods'),
      objects,
      trillian,
      onSigned,
      trace,
      ...(strategy !== 'blue-green' && { room: replicas }),
    });
    const transport: HttpTransport = async (message, read) => {
      const { url, method, signal, beforeSending } = message;
      const isLauncher = url.port === LAUNCHER_PORT;
      const system = isLauncher ? ('launcher' as const) : ('cluster' as const);
      const what = url.pathname.split('/').slice(isLauncher ? -1 : -2);
      const call = {
        ...{ system, method: `${method} ${what.join(' ')}`, signal },
        changes: method !== 'GET' && !url.pathname.endsWith('reviews'),
      } as const;
      if (!network.isDown(system)) beforeSending?.();
      const served = await network.send(call, () =>
        isLauncher ? serveLauncher(this.pods, objects, message, time.now) : serveApi(objects, message),
      );
      return await read({ status: served.status, headers: {}, body: bodyOf(served.text) });
    };
    const { withoutGate = false, onOrder = () => undefined } = parts;
    const options = {
      ...{ log, namespace: NAMESPACE, deployment: STANDING, service: STANDING, withoutGate },
      ...{ launcherImage: 'rekor-rotate:1', entrypoint: ['/ko-app/rekor-server'], strategy },
      source: { inCluster: true },
    } as const;
    const real = { cluster: clusterAt(log, { server: API_SERVER_URL, transport }), transport };
    this.adapter = kubernetesInstallation(options, real);
    this.led = withoutGate
      ? {
          clients: new LedClients({
            random: random.stream('led clients'),
            objects,
            pods: this.pods,
            onOrder,
          }),
          traffic: kubernetesTraffic(options, real),
        }
      : undefined;
  }

  async begin(): Promise<void> {
    this.pods.look();
    while (!this.at(SERVICE_URL)) {
      await this.#parts.time.pass(10);
    }
  }

  addressesOf(release: ReleaseId): readonly string[] {
    return release === STANDING ? [SERVICE_URL] : this.pods.of(COPY).map(urlOf);
  }

  releaseAt(url: string | undefined): ReleaseId | undefined {
    if (url === undefined || url === SERVICE_URL) return url && STANDING;
    return this.pods.deploymentAt(new URL(url).hostname);
  }

  at(url: string): RekorProcess | undefined {
    const pod = url === SERVICE_URL ? this.pods.behindService() : this.pods.at(new URL(url).hostname);
    return pod?.process?.running === true ? pod.process : undefined;
  }

  processesOf(release: ReleaseId): readonly RekorProcess[] {
    return this.pods.of(release).flatMap(({ process }) => (process?.running === true ? [process] : []));
  }

  runs(release: ReleaseId): boolean {
    return this.pods.of(release).some((pod) => pod.starting || pod.wanted || pod.process?.running === true);
  }

  startsByItself(release: ReleaseId): boolean {
    return release === STANDING;
  }

  configured(release: ReleaseId): RekorConfiguration | undefined {
    const deployment = this.objects.peek(`Deployment ${release}`);
    return loadedBy(valueAt(deployment, 'spec', 'template'), this.objects);
  }

  mentions(treeId: string): boolean {
    return this.releases.some((release) => {
      const configured = this.configured(release);
      return configured?.activeTreeId === treeId || configured?.inactiveTreeIds.includes(treeId) === true;
    });
  }

  contents(): Contents {
    return Object.fromEntries(
      own.map((key) => {
        const object = this.objects.objects[key] as KubernetesObject | undefined;
        // How many pods there are is an autoscaler's business, but where a rotation takes some of them.
        const isScaled = this.#parts.strategy === 'blue-green';
        const spec = without(objectAt(object, 'spec'), ...(isScaled ? ['replicas'] : []));
        return [
          key,
          object ? writeExactJson(object.kind === 'Deployment' ? { ...object, spec } : object) : null,
        ];
      }),
    );
  }

  leftovers(): readonly string[] {
    const made = Object.keys(this.objects.objects).filter(
      (key) => !key.startsWith('Pod ') && key.includes(COPY),
    );
    const annotations = objectAt(this.objects.peek(`Deployment ${STANDING}`), 'metadata', 'annotations');
    const attempt = textAt(annotations, ATTEMPT_ANNOTATION);
    const room = textAt(annotations, ROOM_ANNOTATION);
    return [
      ...made.map((key) => `${key} is left`),
      ...(attempt === undefined ? [] : [`Deployment ${STANDING} bears the attempt ${attempt}`]),
      ...(room === undefined ? [] : [`of Deployment ${STANDING} pods are taken: ${room}`]),
    ];
  }

  /** One container of it; with one pod that is all of it. */
  crash(release: ReleaseId, againAfterMs: number, misreads = false): Promise<void> {
    const pod = this.#somePod(release);
    if (pod) this.pods.crash(pod, againAfterMs, misreads);
    return Promise.resolve();
  }

  mend(release: ReleaseId, againAfterMs: number): Promise<void> {
    for (const pod of this.pods.of(release)) {
      if (pod.process?.misread === true) this.pods.crash(pod, againAfterMs);
    }
    return Promise.resolve();
  }

  restart(release: ReleaseId): Promise<void> {
    for (const pod of this.pods.of(release)) this.pods.lose(pod);
    return Promise.resolve();
  }

  reboot(): Promise<void> {
    this.#parts.trace(() => 'the node reboots');
    for (const release of this.releases) {
      for (const pod of this.pods.of(release)) {
        this.pods.crash(pod, this.#parts.random.between(1_000, 3_000));
      }
    }
    return Promise.resolve();
  }

  /** A pod of a release is lost; false when there is none. */
  losePod(release: ReleaseId): boolean {
    const pod = this.#somePod(release);
    if (pod) this.pods.lose(pod);
    return pod !== undefined;
  }

  /** An autoscaler gives the standing Deployment another number of pods; false where no plan would let one. */
  scale(): boolean {
    if (this.#parts.strategy !== 'blue-green') return false;
    this.#change(`Deployment ${STANDING}`, (object) => {
      const replicas = numberAt(object, 'spec', 'replicas') ?? 1;
      return withValueAt(object, ['spec', 'replicas'], replicas === 1 ? 2 : this.#parts.random.whole(1, 3));
    });
    return true;
  }

  /** Somebody changes the Service: leads clients elsewhere, or writes something on it. */
  changeService(form: number): Edit {
    const selector = { app: 'maintenance' };
    if (form < 0.5) {
      this.#change(SERVICE, (object) => withValueAt(object, ['spec', 'selector'], selector));
      const isKept = (): boolean =>
        textAt(this.objects.peek(SERVICE), 'spec', 'selector', 'app') === 'maintenance';
      return { what: `the selector of ${SERVICE} changed`, isKept };
    }
    const path = ['metadata', 'annotations'] as const;
    this.#change(SERVICE, (object) =>
      withValueAt(object, path, { ...objectAt(object, ...path), 'someone/changed': 'this' }),
    );
    const isKept = (): boolean => textAt(this.objects.peek(SERVICE), ...path, 'someone/changed') === 'this';
    return { what: `${SERVICE} changed`, isKept };
  }

  deploy(_release: ReleaseId, number: number): string {
    const key = `ConfigMap ${LIST}`;
    this.#change(key, (object) =>
      withValueAt(
        object,
        ['data', LIST_KEY],
        `${textAt(object, 'data', LIST_KEY) ?? ''}# deployment ${number}\n`,
      ),
    );
    return key;
  }

  edit(_release: ReleaseId, form: number): Edit {
    const mark = '# changed by someone\n';
    if ((form * 10) % 1 < 0.5) {
      const key = `ConfigMap ${LIST}`;
      this.#change(key, (object) =>
        withValueAt(object, ['data', LIST_KEY], (textAt(object, 'data', LIST_KEY) ?? '') + mark),
      );
      const isKept = (): boolean =>
        textAt(this.objects.peek(key), 'data', LIST_KEY)?.includes(mark.trim()) === true;
      return { what: `${key} changed`, isKept };
    }
    const key = `Deployment ${STANDING}`;
    const path = ['spec', 'template', 'metadata', 'annotations'] as const;
    this.#change(key, (object) =>
      withValueAt(object, path, { ...objectAt(object, ...path), 'someone/changed': 'this' }),
    );
    const isKept = (): boolean => textAt(this.objects.peek(key), ...path, 'someone/changed') !== undefined;
    return { what: `${key} changed`, isKept };
  }

  putBack(then: Contents, _from: ReleaseId, _to: ReleaseId, withTree: boolean): void {
    for (const [key, text] of Object.entries(then)) {
      if (text === null || (key !== `ConfigMap ${LIST}` && !withTree)) continue;
      this.objects.put(JSON.parse(text) as KubernetesObject);
    }
    this.#changedBySomeone();
  }

  #changedBySomeone(): void {
    this.pods.changed();
    this.led?.clients.lookAgain();
  }

  #somePod(release: ReleaseId): SimulatedPod | undefined {
    const pods = this.pods.of(release);
    return pods.length > 0 ? this.#parts.random.pick(pods) : undefined;
  }

  #change(key: string, change: (object: KubernetesObject) => unknown): void {
    const object = this.objects.peek(key);
    const changed = object && change(without(object, 'status') as KubernetesObject);
    if (!isJsonObject(changed as never)) return;
    this.objects.put(changed as KubernetesObject);
    this.#changedBySomeone();
  }
}

function urlOf({ address }: SimulatedPod): string {
  return `http://${address}:3000`;
}
