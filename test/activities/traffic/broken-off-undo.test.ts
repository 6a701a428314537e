import { holdAndFreeze } from '../../../activities/steps/critical-section';
import { allowWritesToCurrent } from '../../../activities/steps/current-tree';
import { expose } from '../../../activities/steps/writes';
import type { BoundSystems } from '../../../activities/systems';
import type { Release } from '../../../workflows/model/installation';
import { sendsTo } from '../../../workflows/model/traffic';
import { addresses, FakeLog, inAnotherTry, order } from '../fake-log';
import { InMemory } from './in-memory';

const urls = (release: string): readonly string[] => [1, 2].map((pod) => `${addresses[release]}${pod}`);

/** A log whose Service leads clients to the pods of a release. */
function ledLog(): { readonly log: FakeLog; readonly led: InMemory; readonly systems: BoundSystems } {
  const log = new FakeLog();
  const led = new InMemory(urls('blue'));
  const systems = log.systems();
  const installation = {
    ...systems.installation,
    instances: ({ id }: Release) => Promise.resolve(urls(id).map((url) => ({ name: id, url, field: '' }))),
    addresses: ({ id }: Release) => Promise.resolve(urls(id)),
    serves: ({ id }: Release, serving: readonly string[]) => Promise.resolve(sendsTo(serving, urls(id))),
  };
  return { log, led, systems: { ...systems, traffic: led.traffic, installation } };
}

it.each([
  ['that is carried through', false],
  ['that was broken off between its number and the stamp of the Service, and is repeated', true],
])(
  'a move of clients by a worker that has ended does not land after an undo %s (H8)',
  async (_, isBrokenOff) => {
    const { log, led, systems } = ledLog();
    const frozen = await holdAndFreeze(inAnotherTry(systems), order);
    log.trees['300'] = { state: 'FROZEN', size: 0 };
    // The second change of an exposure leads clients: it is under way when the worker ends.
    let land = (): void => undefined;
    const underWay = new Promise<void>((isUnderWay) => {
      let changes = 0;
      led.before = () => {
        changes += 1;
        if (changes !== 2) return Promise.resolve();
        isUnderWay();
        return new Promise((resolve) => (land = resolve));
      };
    });
    const exposing = expose(inAnotherTry(systems), {
      ...order,
      ...{ frozen, of: order.release.next, handover: null, times: {} },
    }).catch(() => undefined);
    await underWay;
    const undo = (): Promise<void> => allowWritesToCurrent(inAnotherTry(systems), order);
    if (isBrokenOff) {
      led.changesLeft = 1;
      await expect(undo()).rejects.toThrow('broken off');
      led.changesLeft = Infinity;
    }
    await undo();
    expect(log.trees['200']?.state).toBe('ACTIVE');
    land();
    await exposing;
    expect(led.instances).toEqual(urls('blue'));
  },
);
