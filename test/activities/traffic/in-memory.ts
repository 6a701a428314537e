import { refuse } from '../../../activities/errors/refusal-error';
import { noOrderYet, type FenceKeeper, type KeptFence } from '../../../activities/traffic/fence';
import { serviceTraffic, type LedClients, type StillFollows } from '../../../activities/traffic/service';
import type { Traffic } from '../../../activities/traffic/traffic';

/** What leads clients, and its fence, in memory. Each change can be made to fail, before or after it has had its effect. */
export class InMemory {
  readonly traffic: Traffic;
  #version = 0;
  kept: KeptFence = noOrderYet;
  stamp: number | undefined;
  /** How often connections that clients kept were ended. */
  ended = 0;
  /** How many changes still succeed; the one after them is broken off. */
  changesLeft = Infinity;
  breaksAfterEffect = false;
  /** Called before each change, when what it goes by was read. */
  before: () => Promise<void> = () => Promise.resolve();

  constructor(
    public instances: readonly string[],
    followsMs = 1,
  ) {
    const fence: FenceKeeper = {
      name: 'Lease in memory',
      read: () => {
        const { kept } = this;
        return Promise.resolve({
          kept,
          replace: (by: KeptFence) =>
            this.#change(() => {
              if (this.kept !== kept) throw conflict();
              this.kept = by;
            }),
        });
      },
    };
    const clients: LedClients = {
      ...{ name: 'Service in memory', followsMs },
      instances: () => Promise.resolve(this.instances),
      stamp: (number, stillFollows) => this.#moved(() => (this.stamp = number), stillFollows),
      lead: ({ instances }, stillFollows) =>
        this.#moved(() => {
          this.stamp = undefined;
          this.instances = instances;
        }, stillFollows),
      endKept: () => Promise.resolve((this.ended += 1) > 0),
      byHand: () => Promise.resolve([]),
    };
    this.traffic = serviceTraffic(fence, clients);
  }

  /** As an API server changes an object that is as it was read, and its caller tries again where it is not. */
  async #moved(act: () => void, stillFollows: StillFollows): Promise<void> {
    for (;;) {
      const read = this.#version;
      await stillFollows();
      const isDone = await this.#change(() => {
        if (this.#version !== read) return false;
        this.#version += 1;
        act();
        return true;
      });
      if (isDone) return;
    }
  }

  async #change<Result>(act: () => Result): Promise<Result> {
    await this.before();
    this.changesLeft -= 1;
    const isBroken = this.changesLeft === -1;
    if (isBroken && !this.breaksAfterEffect) throw new Error('broken off');
    const result = act();
    if (isBroken) throw new Error('broken off');
    return result;
  }
}

function conflict(): Error {
  const found = { log: 'production', verb: 'patch', object: 'Lease', reason: 'another version' };
  return refuse('CLUSTER_CONFLICT', found);
}
