import { SimulatedLog } from './simulated-log';
import type { CompletedTask } from '../../simulation/temporal/execution';

/** What a round of tries may add to the history; test/model/patience.test.ts says for how many years that is enough. */
const EVENTS_OF_A_ROUND = 12;

/**
 * How many events each round took: from what told a person about one to what told about the next. A workflow task has three
 * events, an activity two behind the one with which it is scheduled, and a timer one behind that of its start.
 */
function eventsOfRounds(history: readonly CompletedTask[]): number[] {
  const told: number[] = [];
  let events = 0;
  for (const { jobs, commands } of history) {
    events += 3 + jobs.reduce((sum, job) => sum + (job.resolveActivity ? 2 : job.fireTimer ? 1 : 0), 0);
    for (const { scheduleActivity } of commands) {
      if (scheduleActivity?.activityType === 'byHand') {
        told.push(events);
      }
      events += 1;
    }
  }
  return told.slice(1).map((event, round) => event - (told[round] ?? 0));
}

describe('a rotation that is held', () => {
  it('adds a few events for many tries, and a person is told what the last of them met', async () => {
    const log = new SimulatedLog();
    log.fail('expose', 'before');
    log.fail('allowWritesToCurrent', 'before');
    await log.run(async ({ start, lock, held, resume }) => {
      const handle = await start();
      // Three rounds with one try, then one with two and one with four.
      while ((await held()).tries < 9) {
        await log.world.time.pass(200);
      }
      const { history = [] } = log.world.temporal.latest(lock.workflowId) ?? {};
      const tries = log.calls.filter((act) => act === 'allowWritesToCurrent').length;

      // Before a round of several tries the one with a single try rests, which is a timer more.
      expect(eventsOfRounds(history)).toEqual([EVENTS_OF_A_ROUND + 5, EVENTS_OF_A_ROUND]);
      expect(tries).toBeGreaterThanOrEqual(9);
      log.faults.length = 0;
      await resume({ choice: 'retry', who: 'ada', why: 'mended' });
      expect(await handle.result()).toMatchObject({
        outcome: 'rolledBack',
        interventions: [{ choice: 'retry' }],
      });
    });
  });

  it('goes on by itself in the middle of a round, and its worker may be another one by then', async () => {
    const log = new SimulatedLog();
    log.fail('expose', 'before');
    // Three tries of the critical section, three until a person is told, and one of a round of two.
    log.fail('sendToCurrent', 'before', 7);
    await log.run(async ({ start, held }) => {
      const handle = await start();
      await held();
      log.replaceWorker();
      expect(await handle.result()).toMatchObject({ outcome: 'rolledBack', interventions: [] });
      expect(log.active()).toHaveLength(1);
    });
  });
});
