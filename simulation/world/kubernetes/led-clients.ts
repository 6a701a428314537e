import type { Answer } from '../../../gate/answers';
import type { Order } from '../../../gate/orders';
import { objectAt, textAt } from '../../../activities/installation/kubernetes/json-path';
import type { Random } from '../../random';
import type { Front } from '../front';
import { RekorGone, type RekorProcess } from '../rekor';
import { COPY, NAMESPACE, STANDING } from './manifests';
import type { ObjectsInMemory } from './objects-in-memory';
import type { SimulatedPod, SimulatedPods } from './pods';

export const SERVICE_URL = `http://${STANDING}.${NAMESPACE}.svc`;
export const SERVICE = `Service ${STANDING}`;
export const LEASE = `Lease ${STANDING}-rotation`;

/** How many clients keep a connection, and how many of all requests are theirs. */
const KEPT = 4;
const SHARE_OF_KEPT = 0.4;

export interface LedClientsParts {
  readonly random: Random;
  readonly objects: ObjectsInMemory;
  readonly pods: SimulatedPods;
  /** Clients are led elsewhere, or a hold has begun, by an order. */
  readonly onOrder: (order: Order) => void;
}

/**
 * Clients that reach a log by its Service, without a gate: some open a connection for each request, which ends wherever their
 * node sends it; some keep one, which stays with its pod for as long as that lives, whatever becomes of the Service.
 */
export class LedClients implements Front {
  readonly mayFail = true;
  readonly #parts: LedClientsParts;
  readonly #kept = new Map<number, RekorProcess>();
  #selector: string;
  #held: string | undefined;

  constructor(parts: LedClientsParts) {
    this.#parts = parts;
    this.#selector = this.#selectorNow();
    const { objects } = parts;
    const { afterChange } = objects;
    objects.afterChange = () => {
      afterChange();
      this.#look();
    };
  }

  get instances(): readonly string[] {
    const { objects, pods } = this.#parts;
    const selector = objectAt(objects.peek(SERVICE), 'spec', 'selector');
    if (pods.leadsTo(STANDING, selector)) return [SERVICE_URL];
    const now = pods.of(COPY).map(({ address }) => `http://${address}:3000`);
    const moved = textAt(objects.peek(SERVICE), 'metadata', 'annotations', 'rekor-rotate/instances');
    if (selector['rekor-rotate/slot'] !== 'next') return [];
    return now.length > 0 ? now : (JSON.parse(moved ?? '[]') as string[]);
  }

  /** By the Lease: whether somebody has to go on or back. */
  get mode(): 'pass' | 'hold' {
    return this.#annotation('order-mode') === 'hold' ? 'hold' : 'pass';
  }

  async write(body: string): Promise<Answer | undefined> {
    const process = this.read();
    const answer = await process.post(body);
    // Nothing keeps clients from a Rekor that misread a length: that one is no rotation's.
    return process.misread ? undefined : answer;
  }

  read(): RekorProcess {
    const { random } = this.#parts;
    if (!random.chance(SHARE_OF_KEPT)) return this.fresh();
    const client = random.whole(0, KEPT - 1);
    const known = this.#kept.get(client);
    if (known?.running === true && !known.stopping) return known;
    const process = this.fresh();
    this.#kept.set(client, process);
    return process;
  }

  fresh(): RekorProcess {
    const pod: SimulatedPod | undefined = this.#parts.pods.behindService();
    if (pod?.process?.running !== true || pod.process.stopping) throw new RekorGone(SERVICE_URL);
    return pod.process;
  }

  dies(): boolean {
    return false;
  }

  lose(): boolean {
    return false;
  }

  /** Somebody else has changed the Service, who gives no orders. */
  lookAgain(): void {
    this.#selector = this.#selectorNow();
  }

  #look(): void {
    const { onOrder } = this.#parts;
    const number = Number(this.#annotation('order') ?? '0');
    const attemptId = this.#annotation('order-attempt') ?? '';
    const held = this.mode === 'hold' ? `${attemptId} ${number}` : undefined;
    if (held !== undefined && held !== this.#held) {
      onOrder({ kind: 'hold', order: { attemptId, number, leaseMs: 0 } });
    }
    this.#held = held;
    const selector = this.#selectorNow();
    if (selector === this.#selector) return;
    this.#selector = selector;
    onOrder({ kind: 'send', order: { attemptId, number, instances: [...this.instances] } });
  }

  #selectorNow(): string {
    return JSON.stringify(objectAt(this.#parts.objects.peek(SERVICE), 'spec', 'selector'));
  }

  #annotation(name: string): string | undefined {
    return textAt(this.#parts.objects.peek(LEASE), 'metadata', 'annotations', `rekor-rotate/${name}`);
  }
}
