import { fenceOf, laterFence, type AttemptIdentity } from '../../../workflows/model/fencing';
import { soak } from '../../../activities/steps/log-checks';
import type { HoldFigures } from '../../../gate/messages';

import type { WriteStall } from '../../../workflows/model/evidence';
import { someBounds, FakeLog, identity, order } from '../fake-log';

const figures = {
  stallMs: 900,
  longestWaitMs: 1_200,
  held: 80,
  refused: 41,
  turnedAway: 7,
  resent: 2,
  dropped: 1,
};

/** What a soak says of the writes when the gate's last hold was that one. */
async function toldOf(hold: HoldFigures | null, by: AttemptIdentity = identity): Promise<WriteStall | null> {
  const log = new FakeLog().isExposed();
  const systems = log.systems();
  const state = await systems.traffic.state(someBounds().signal);
  const traffic = { ...systems.traffic, state: () => Promise.resolve({ ...state, hold }) };
  const frozen = { treeId: '200', size: 20, rootHash: 'ab', proof: [] };
  const settled = { ...order, identity: by, frozen, handover: null, forMs: 0 };
  return await soak({ ...systems, traffic }, settled);
}

describe('how writes fared in the gate', () => {
  it('is told of the hold of the attempt', async () => {
    const told = await toldOf({
      number: identity.number,
      ...figures,
      stallMs: 900.4,
      longestWaitMs: 1_199.6,
    });
    expect(told).toEqual(figures);
  });

  it('is told of the hold of an attempt that a recovery or a later try has ended', async () => {
    const ended = { ...identity, fence: laterFence(fenceOf(identity), 10) };
    expect(await toldOf({ number: identity.number, ...figures }, ended)).toEqual(figures);
    expect(await toldOf({ number: identity.number + 2, ...figures }, ended)).toEqual(figures);
  });

  it.each([null, { number: identity.number - 1, ...figures }, { number: identity.number + 2, ...figures }])(
    'is not made up where the last hold was another one: %j',
    async (hold) => {
      expect(await toldOf(hold)).toBeNull();
    },
  );
});
