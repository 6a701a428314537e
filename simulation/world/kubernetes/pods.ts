import type { Json, JsonObject } from '../../../activities/clients/kubernetes/exact-json';
import {
  listAt,
  numberAt,
  objectAt,
  textAt,
  valueAt,
} from '../../../activities/installation/kubernetes/json-path';
import type { Random } from '../../random';
import type { VirtualTime } from '../../virtual-time';
import { RekorProcess, type SignedEntry } from '../rekor';
import type { SimulatedTrillian } from '../trillian';
import { loadedBy, variableOf } from './loaded';
import { COPY, NAMESPACE, STANDING } from './manifests';
import type { ObjectsInMemory } from './objects-in-memory';

/** A pod, and the Rekor in it. */
export interface SimulatedPod {
  readonly name: string;
  readonly deployment: string;
  readonly address: string;
  /** It was made from this, whatever its Deployment says by now. */
  readonly template: Json;
  /** Rekor is started by a launcher, when that is told to. */
  readonly hasLauncher: boolean;
  /** What its launcher must be told to believe an order. */
  readonly token: string | undefined;
  /** It is on a node, and its container was started. */
  onNode: boolean;
  /** Its launcher has been told that Rekor is to run. */
  wanted: boolean;
  /** Its launcher, or the whole container, is down until then. */
  downUntil: number;
  starting: boolean;
  process: RekorProcess | undefined;
  ready: boolean;
  /** It is being deleted. */
  gone: boolean;
  /** Its room is free again. */
  ended: boolean;
  /** Counts starts and ends of Rekor: what was begun before the last one is overtaken. */
  turn: number;
}

export interface PodsParts {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly objects: ObjectsInMemory;
  readonly trillian: SimulatedTrillian;
  readonly onSigned: (entry: SignedEntry, by: RekorProcess) => void;
  readonly trace: (line: () => string) => void;
  /** So many pods have room on the nodes; absent: as many as are wanted. */
  readonly room?: number;
}

/** Everything between the Deployments of the log and its Rekor processes: controllers, nodes, and the Service before them. */
export class SimulatedPods {
  readonly #parts: PodsParts;
  readonly #pods: SimulatedPod[] = [];
  /** To which Deployment an address belongs, or belonged. */
  readonly #addresses = new Map<string, string>();
  /** The standing pods to which the Service leads. Each change reaches the nodes some time later. */
  #endpoints: readonly SimulatedPod[] = [];
  /** The selector by which they were looked for last. */
  #led: string;
  #looking = false;
  #made = 0;

  constructor(parts: PodsParts) {
    this.#parts = parts;
    this.#led = JSON.stringify(this.#selector());
    parts.objects.afterChange = () => this.changed();
  }

  of(deployment: string): readonly SimulatedPod[] {
    return this.#pods.filter((pod) => pod.deployment === deployment && !pod.gone);
  }

  at(address: string): SimulatedPod | undefined {
    return this.#pods.find((pod) => pod.address === address && pod.onNode && !pod.gone);
  }

  deploymentAt(address: string): string | undefined {
    return this.#addresses.get(address);
  }

  /** A pod that the Service leads to, which may have ended already. */
  behindService(): SimulatedPod | undefined {
    return this.#endpoints.length > 0 ? this.#parts.random.pick(this.#endpoints) : undefined;
  }

  /** Whether a selector finds the pods that a Deployment makes. */
  leadsTo(deployment: string, selector: JsonObject): boolean {
    const template = valueAt(this.#parts.objects.peek(`Deployment ${deployment}`), 'spec', 'template');
    return template !== undefined && finds(selector, template);
  }

  /** Objects were changed, by whomever. */
  changed(): void {
    this.look();
    const now = JSON.stringify(this.#selector());
    if (now !== this.#led) this.#leadService();
    this.#led = now;
  }

  /** Whoever runs Deployments looks at them soon. */
  look(): void {
    if (this.#looking) return;
    this.#looking = true;
    this.#after(5, 80, () => {
      this.#looking = false;
      const named = new Set([STANDING, ...this.#pods.map(({ deployment }) => deployment), COPY]);
      for (const deployment of named) this.#reconcile(deployment);
    });
  }

  /** Rekor runs in it from the answer on; its launcher is told so. */
  start(pod: SimulatedPod, misreads = false): void {
    const { time, random, trillian, objects, trace } = this.#parts;
    if (pod.starting || pod.process?.running === true || pod.gone) return;
    const turn = (pod.turn += 1);
    const overtaken = (): boolean => pod.turn !== turn || pod.gone;
    pod.starting = true;
    this.#after(40, 110, () => {
      if (overtaken()) return;
      const configuration = loadedBy(pod.template, objects);
      let process: RekorProcess | undefined;
      try {
        const parts = { name: pod.name, time, random, trillian, onSigned: this.#parts.onSigned };
        process = configuration && new RekorProcess(parts, configuration, misreads);
      } catch (error) {
        trace(() => `Rekor in ${pod.name} panics: ${String(error)}`);
      }
      if (!process) {
        pod.starting = false;
        // A container that ends is started again, and with a launcher only where that was told to.
        this.#after(300, 3_000, () => {
          if (!overtaken() && (!pod.hasLauncher || pod.wanted)) this.start(pod);
        });
        return;
      }
      const started = process;
      this.#after(5, 40, () => {
        if (overtaken()) return;
        pod.process = started;
        pod.starting = false;
        trace(
          () =>
            `Rekor in ${pod.name} serves tree ${started.configuration.activeTreeId.slice(-4)} after [${started.configuration.inactiveTreeIds.map((treeId, position) => `${treeId.slice(-4)}:${started.lengths[position] ?? 0}`).join(', ')}]`,
        );
        if (pod.hasLauncher) return;
        this.#after(0, 800, () => {
          if (!overtaken()) this.#becomesReady(pod, true);
        });
      });
    });
  }

  /** Rekor ends in it; what it has in hand gets some seconds. */
  async stop(pod: SimulatedPod): Promise<void> {
    const { time, trace } = this.#parts;
    pod.turn += 1;
    pod.starting = false;
    const { process } = pod;
    if (!process) return;
    process.stopping = true;
    for (let waited = 0; process.postsInFlight > 0 && waited < 2_000; waited += 50) {
      await time.pass(50);
    }
    process.kill();
    if (pod.process === process) pod.process = undefined;
    trace(() => `Rekor in ${pod.name} stopped`);
  }

  /** Rekor dies in it, and its container with it; the node starts that again. */
  crash(pod: SimulatedPod, againAfterMs: number, misreads = false): void {
    const { time, trace } = this.#parts;
    if (pod.gone || !pod.onNode) return;
    trace(() => `the container of ${pod.name} dies`);
    pod.turn += 1;
    pod.starting = false;
    pod.process?.kill();
    pod.process = undefined;
    pod.downUntil = time.now + againAfterMs;
    this.#becomesReady(pod, false);
    const { turn } = pod;
    time.after(
      againAfterMs,
      () => {
        if (pod.turn !== turn || pod.gone) return;
        if (pod.hasLauncher) this.#becomesReady(pod, true);
        if (!pod.hasLauncher || pod.wanted) this.start(pod, misreads);
      },
      null,
    );
  }

  /** A pod is lost: evicted, or with its node. Its Deployment gets another one in its place. */
  lose(pod: SimulatedPod): void {
    this.#parts.trace(() => `pod ${pod.name} is lost`);
    this.#remove(pod);
    this.look();
  }

  #reconcile(name: string): void {
    const { objects } = this.#parts;
    const deployment = objects.peek(`Deployment ${name}`);
    // One that somebody has deleted is there no more.
    for (const pod of this.of(name)) {
      if (objects.peek(`Pod ${pod.name}`) === undefined) this.#remove(pod);
    }
    const pods = this.of(name);
    if (!deployment) {
      for (const pod of pods) this.#remove(pod);
      return;
    }
    const template = valueAt(deployment, 'spec', 'template') ?? null;
    const replicas = numberAt(deployment, 'spec', 'replicas') ?? 1;
    const text = JSON.stringify(template);
    const current = pods.filter((pod) => JSON.stringify(pod.template) === text);
    const former = pods.filter((pod) => !current.includes(pod));
    const recreates = textAt(deployment, 'spec', 'strategy', 'type') === 'Recreate';
    if (recreates && former.length > 0) {
      for (const pod of former) this.#remove(pod);
      this.look();
      return;
    }
    const most = replicas + (recreates ? 0 : 1);
    let count = pods.length;
    for (let missing = replicas - current.length; missing > 0 && count < most; missing -= 1, count += 1) {
      this.#make(name, template);
    }
    const [oldest] = former;
    const ready = current.filter((pod) => pod.ready).length;
    if (oldest && ready + former.length > replicas) {
      this.#remove(oldest);
      this.look();
    }
    for (const pod of current.slice(replicas)) this.#remove(pod);
    const now = this.of(name);
    const updated = now.filter((pod) => JSON.stringify(pod.template) === text);
    const readyNow = now.filter((pod) => pod.ready).length;
    objects.setStatus(`Deployment ${name}`, {
      ...{ replicas: now.length, updatedReplicas: updated.length },
      ...{ readyReplicas: readyNow, availableReplicas: readyNow },
    });
  }

  #make(deployment: string, template: Json): void {
    const { objects, trace } = this.#parts;
    const number = (this.#made += 1);
    const container = listAt(template, 'spec', 'containers')[0];
    const pod: SimulatedPod = {
      ...{ name: `${deployment}-${number}`, deployment, address: addressOf(number), template },
      hasLauncher: variableOf(container, 'LAUNCHER_ATTEMPT', objects) !== undefined,
      token: textAt(objects.peek(`Secret ${deployment}-launcher`), 'data', 'token'),
      ...{ onNode: false, wanted: false, downUntil: 0, starting: false },
      ...{ process: undefined, ready: false, gone: false, ended: false, turn: 0 },
    };
    this.#pods.push(pod);
    this.#addresses.set(pod.address, deployment);
    trace(() => `pod ${pod.name} is made`);
    this.#show(pod);
    this.#after(50, 600, () => this.#schedule(pod));
  }

  /** A pod for which there is no room waits, and is looked at again some time after there is. */
  #schedule(pod: SimulatedPod): void {
    const { room = Infinity, objects, trace } = this.#parts;
    // One that somebody has deleted meanwhile reaches no node: the next look at its Deployment finds that out.
    if (pod.gone || objects.peek(`Pod ${pod.name}`) === undefined) return;
    if (this.#pods.filter(({ onNode, ended }) => onNode && !ended).length >= room) {
      trace(() => `for pod ${pod.name} there is no room`);
      this.#after(1_000, 3_000, () => this.#schedule(pod));
      return;
    }
    pod.onNode = true;
    this.#show(pod);
    if (pod.hasLauncher) this.#becomesReady(pod, true);
    else this.start(pod);
  }

  #show(pod: SimulatedPod): void {
    const { name, template, address, onNode } = pod;
    this.#parts.objects.put({
      ...{ apiVersion: 'v1', kind: 'Pod' },
      metadata: {
        ...{ namespace: NAMESPACE, name, labels: objectAt(template, 'metadata', 'labels') },
        ...(pod.gone && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      },
      status: onNode
        ? { phase: 'Running', podIP: address, containerStatuses: [{ name, state: { running: {} } }] }
        : { phase: 'Pending' },
    });
  }

  #becomesReady(pod: SimulatedPod, ready: boolean): void {
    if (pod.ready === ready) return;
    pod.ready = ready;
    this.look();
    if (this.#isLed(pod)) this.#leadService();
  }

  #remove(pod: SimulatedPod): void {
    if (pod.gone) return;
    pod.gone = true;
    const { name } = pod;
    this.#show(pod);
    this.#parts.trace(() => `pod ${name} ends`);
    void this.stop(pod).then(() => {
      this.#after(20, 400, () => {
        this.#parts.objects.remove({ apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name });
        pod.ended = true;
        this.look();
      });
    });
    if (this.#isLed(pod)) this.#leadService();
  }

  #isLed({ template }: SimulatedPod): boolean {
    return finds(this.#selector(), template);
  }

  #selector(): JsonObject {
    return objectAt(this.#parts.objects.peek(`Service ${STANDING}`), 'spec', 'selector');
  }

  /** With iptables a change of endpoints reaches a node within a second. */
  #leadService(): void {
    this.#after(20, 900, () => {
      this.#endpoints = this.#pods.filter((pod) => !pod.gone && pod.ready && this.#isLed(pod));
    });
  }

  #after(least: number, most: number, act: () => void): void {
    const { time, random } = this.#parts;
    time.after(random.between(least, most), act, null);
  }
}

/** A rotation may restart more pods than an address has last bytes. */
function addressOf(number: number): string {
  return `198.18.${number >> 8}.${number & 255}`;
}

/** Whether a selector finds pods of this template. */
function finds(selector: JsonObject, template: Json): boolean {
  const labels = objectAt(template, 'metadata', 'labels');
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([label, value]) => labels[label] === value);
}
