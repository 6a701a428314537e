import { SimulatedLog } from './simulated-log';

/** Clients write this often, in milliseconds. */
const WRITE_EVERY_MS = 40;

/** A killed worker comes back only long after every rotation. */
const AWAY_MS = 120_000;

/** Rotates while clients write, and says how many writes were refused. */
async function refusedIn(
  log: SimulatedLog,
  meanwhile: () => void,
): Promise<{ refused: number; held: number }> {
  return await log.run(async ({ rotate }) => {
    const { traffic, time, gate } = log.world;
    const over = new AbortController();
    const writing = (async () => {
      while (!over.signal.aborted) {
        void traffic.write();
        await time.pass(WRITE_EVERY_MS);
      }
    })();
    meanwhile();
    const result = await rotate();
    over.abort();
    await writing;
    await time.pass(1_000);
    expect(result.outcome).toBe('completed');
    return { refused: traffic.failedWrites, held: gate.state()?.writesWaiting ?? 0 };
  });
}

describe('a worker that is lost in the critical section', () => {
  const timing = { attempts: 2, pauseBetweenAttemptsMs: 5_000 };

  it.each(['hold', 'freeze', 'start', 'verify', 'expose'] as const)(
    'costs no client a write where another one stands by: lost behind %s',
    async (act) => {
      const log = new SimulatedLog({ ...timing, workers: 2 });
      let lost = false;
      const { refused, held } = await refusedIn(log, () => {
        void log.killedIn(act, AWAY_MS).then(() => (lost = true));
      });
      expect({ lost, refused, held }).toEqual({ lost: true, refused: 0, held: 0 });
    },
  );

  it('costs clients writes where it is alone', async () => {
    const log = new SimulatedLog({ ...timing, workers: 1 });
    const { refused } = await refusedIn(log, () => {
      void log.killedIn('freeze', 4_000);
    });
    expect(refused).toBeGreaterThan(0);
  });

  it('is no loss where it only stood by', async () => {
    const log = new SimulatedLog({ ...timing, workers: 2 });
    const { refused } = await refusedIn(log, () => {
      void log.once('hold', () => {
        const standing = log.world.temporal.workers.find((worker) => worker !== log.actingWorker());
        if (standing) log.kill(standing, AWAY_MS);
      });
    });
    expect(refused).toBe(0);
  });
});

describe('a worker that is killed in the critical section and started again at once', () => {
  const timing = {
    ...{ attempts: 2, pauseBetweenAttemptsMs: 5_000, criticalSectionMs: 2_500 },
    ...{ workers: 1 as const, keepsIntents: true },
  } as const;
  /** Before Temporal gives the former one up. */
  const AGAIN_MS = 200;

  it.each(['hold', 'freeze', 'start', 'verify', 'expose'] as const)(
    'costs no client a write, as it says how far the former one came: behind %s',
    async (act) => {
      const log = new SimulatedLog(timing);
      let lost = false;
      const { refused, held } = await refusedIn(log, () => {
        void log.killedIn(act, AGAIN_MS).then(() => (lost = true));
      });
      expect({ lost, refused, held }).toEqual({ lost: true, refused: 0, held: 0 });
    },
  );

  it('keeps a next tree that the former one had not begun to open', async () => {
    const log = new SimulatedLog(timing);
    await refusedIn(log, () => void log.killedIn('freeze', AGAIN_MS));
    expect(log.nextTrees()).toHaveLength(1);
    const opening = new SimulatedLog(timing);
    await refusedIn(opening, () => void opening.killedIn('verify', AGAIN_MS));
    expect(opening.nextTrees()).toHaveLength(2);
  });

  it.each([
    ['at once, where no command of the former one runs', 'freeze', false],
    ['once a command of the former one must have ended, which outlives it', 'start', true],
  ] as const)('stops the next release %s', async (_, killedIn, waits) => {
    const log = new SimulatedLog(timing);
    const at: Partial<Record<'hold' | 'sendToCurrent' | 'stop', number>> = {};
    await refusedIn(log, () => {
      const { time } = log.world;
      for (const act of ['hold', 'sendToCurrent', 'stop'] as const)
        void log.once(act, () => (at[act] = time.now), 'before');
      if (killedIn === 'freeze') void log.killedIn('freeze', AGAIN_MS);
      else
        void log.once('start', () => {
          const worker = log.actingWorker();
          // In the middle of the command.
          time.after(2, () => log.kill(worker, AGAIN_MS), null);
        });
    });
    const { hold = NaN, sendToCurrent = NaN, stop = NaN } = at;
    const sectionEnds = hold + timing.criticalSectionMs;
    expect(sendToCurrent).toBeLessThan(sectionEnds);
    expect(stop > sectionEnds).toBe(waits);
  });
});
