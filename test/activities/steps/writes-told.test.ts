import { sendBack } from '../../../activities/steps/writes-told';
import type { TrafficState } from '../../../activities/traffic/traffic';
import type { WriteStall } from '../../../workflows/model/evidence';
import { fenceOf } from '../../../workflows/model/fencing';
import { FakeLog, identity, order } from '../fake-log';

const figures = {
  stallMs: 900,
  longestWaitMs: 800,
  held: 8,
  refused: 4,
  turnedAway: 1,
  resent: 2,
  dropped: 1,
};
const { act, undo } = fenceOf(identity);

interface Told {
  readonly told: WriteStall | null;
  /** How often the gate was asked after the order. */
  readonly asked: number;
  readonly done: readonly string[];
}

/** What the undo of a hold tells when the gate says this, one after the other; the last for good. */
async function toldWhen(says: readonly (Partial<TrafficState> | Error)[]): Promise<Told> {
  const log = new FakeLog();
  const systems = log.systems();
  const before = await systems.traffic.state(systems.bounds.signal);
  let asked = 0;
  const traffic = {
    ...systems.traffic,
    state: () => {
      if (!log.done.some((what) => what.startsWith('send'))) {
        return Promise.resolve(before);
      }
      const next = says[Math.min(asked, says.length - 1)];
      asked += 1;
      return next instanceof Error ? Promise.reject(next) : Promise.resolve({ ...before, ...next });
    },
  };
  return { told: await sendBack({ ...systems, traffic }, order), asked, done: log.done };
}

describe('what the undo of a hold tells of the writes', () => {
  it.each([act, undo])('is what the gate has counted under the number %d of the attempt', async (number) => {
    expect(await toldWhen([{ hold: { number, ...figures } }])).toEqual({
      ...{ told: figures, asked: 1, done: [`send ${undo}`] },
    });
  });

  it('waits for the end of the stall, and for the last write that waits', async () => {
    const hold = { number: act, ...figures };
    const { told, asked } = await toldWhen([
      { hold: { ...hold, stallMs: null } },
      { hold, writesWaiting: 3 },
      { hold: { ...hold, longestWaitMs: 950 } },
    ]);
    expect([told, asked]).toEqual([{ ...figures, longestWaitMs: 950 }, 3]);
  });

  it('says after a second what it knows, where no write is acknowledged', async () => {
    const began = performance.now();
    const { told } = await toldWhen([{ hold: { number: act, ...figures, stallMs: null } }]);
    expect(told).toEqual({ ...figures, stallMs: null });
    expect(performance.now() - began).toBeGreaterThanOrEqual(1_000);
  });

  it('waits for nothing where no write had to', async () => {
    const none = {
      stallMs: null,
      longestWaitMs: 0,
      held: 0,
      refused: 0,
      turnedAway: 0,
      resent: 0,
      dropped: 0,
    };
    expect(await toldWhen([{ hold: { number: act, ...none } }])).toMatchObject({ told: none, asked: 1 });
  });

  it.each([
    ['the last hold was of another attempt', { hold: { number: act - 1, ...figures } }],
    ['nothing counts writes', { hold: null }],
    ['the gate does not answer', new Error('gone')],
  ])('is nothing, and the undo succeeds, where %s', async (_, says) => {
    expect(await toldWhen([says])).toEqual({ told: null, asked: 1, done: [`send ${undo}`] });
  });
});
