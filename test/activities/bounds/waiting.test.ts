import { allEnded, restMs } from '../../../activities/bounds/waiting';

describe('waiting for several acts', () => {
  it('ends when all have ended, with the first error, though another one acts on (H8)', async () => {
    let release = (): void => undefined;
    let acts = true;
    const slow = new Promise<void>((resolve) => (release = resolve)).then(() => void (acts = false));
    const waited = allEnded([Promise.reject(new Error('it broke')), slow]).catch((error: unknown) => ({
      error,
      acts,
    }));
    await new Promise((resolve) => setImmediate(resolve));
    release();

    await expect(waited).resolves.toEqual({ error: new Error('it broke'), acts: false });
  });

  it('gives each result in its place', async () => {
    await expect(allEnded([Promise.resolve('one'), Promise.resolve(2)])).resolves.toEqual(['one', 2]);
  });
});

it.each([
  [0, 5],
  [500, 5],
  [10_000, 100],
  [3_600_000, 1_000],
])(
  'rests longer between two looks the longer it has waited: after %d ms for %d ms',
  (waitedMs, expectedMs) => {
    expect(restMs(5, waitedMs)).toBe(expectedMs);
  },
);
