import { setTimeout as wait } from 'node:timers/promises';
import type { History } from '@temporalio/common/lib/proto-utils';
import { startSagaServer, type SagaServer } from './saga-server';
import { ALWAYS, World } from './world';

let server: SagaServer;

beforeAll(async () => {
  server = await startSagaServer();
}, 600_000);

afterAll(async () => {
  await server.close();
});

/** What a round of tries may add to the history; test/model/patience.test.ts says for how many years that is enough. */
const EVENTS_OF_A_ROUND = 12;

/** How many events each round took: from what told a person about one to what told about the next. */
function eventsOfRounds({ events }: History): number[] {
  const told = (events ?? []).flatMap((event, position) =>
    event.activityTaskScheduledEventAttributes?.activityType?.name === 'byHand' ? [position] : [],
  );
  return told.slice(1).map((position, round) => position - (told[round] ?? 0));
}

describe('a rotation that is held', () => {
  it('adds a few events for many tries, and a person is told what the last of them met', async () => {
    const world = new World();
    world.faults.push({ act: 'expose', when: 'before', times: ALWAYS });
    world.faults.push({ act: 'allowWritesToCurrent', when: 'before', times: ALWAYS });
    await server.withWorker(world, async ({ start, lock, held, resume }) => {
      const handle = await start();
      // Three rounds with one try, then one with two and one with four.
      while ((await held()).tries < 9) {
        await wait(200);
      }
      const history = await lock.fetchHistory();
      const tries = world.calls.filter((act) => act === 'allowWritesToCurrent').length;

      // Before a round of several tries the one with a single try rests, which is a timer more.
      expect(eventsOfRounds(history)).toEqual([EVENTS_OF_A_ROUND + 5, EVENTS_OF_A_ROUND]);
      expect(tries).toBeGreaterThanOrEqual(9);
      world.faults.length = 0;
      await resume({ choice: 'retry', who: 'ada', why: 'mended' });
      expect(await handle.result()).toMatchObject({
        outcome: 'rolledBack',
        interventions: [{ choice: 'retry' }],
      });
    });
  });

  it('goes on by itself in the middle of a round, and its worker may be another one by then', async () => {
    const world = new World();
    world.faults.push({ act: 'expose', when: 'before', times: ALWAYS });
    // Three tries of the critical section, three until a person is told, and one of a round of two.
    world.faults.push({ act: 'sendToCurrent', when: 'before', times: 7 });
    await server.withWorker(world, async ({ start, held }) => {
      const handle = await start();
      await held();
      await server.replaceWorker();
      expect(await handle.result()).toMatchObject({ outcome: 'rolledBack', interventions: [] });
      expect(world.active()).toEqual(['200']);
    });
  });
});
