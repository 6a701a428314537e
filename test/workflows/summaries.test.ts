import { SimulatedLog } from './simulated-log';
import { valueOf } from '../../simulation/temporal/conversion';
import type { Handle } from './rotations';
import { inSeconds } from '../../workflows/model/times';

/** What the Temporal UI writes on the bar of each activity, child and timer, in their order; empty for one without. */
function summariesOf(log: SimulatedLog, { workflowId }: Handle): string[] {
  const { history = [] } = log.world.temporal.latest(workflowId) ?? {};
  return history
    .flatMap(({ commands }) => commands)
    .filter(({ scheduleActivity, startChildWorkflowExecution, startTimer }) =>
      Boolean(scheduleActivity ?? startChildWorkflowExecution ?? startTimer),
    )
    .map(({ userMetadata }) => (valueOf(userMetadata?.summary) ?? '') as string);
}

describe('the timeline in the Temporal UI', () => {
  it('says what each step does, and begins its result with the outcome', async () => {
    const log = new SimulatedLog();
    await log.run(async ({ start, lock, criticalSection }) => {
      const asked = await start();
      const result = await asked.result();

      expect(summariesOf(log, lock)).toEqual([
        'looks at everything, changes nothing',
        'createTree: creates the next tree, closed and marked',
        'writes the next release, rehearses its start',
        'asks which workers are there',
        'critical section: hold, start, freeze, verify, expose (attempt 1)',
        'verifies the public log, with independent code',
        'makes the next release standing, stops the other',
        'watches tree states and loaded lengths',
      ]);
      expect(summariesOf(log, criticalSection)).toEqual(['hold, start, freeze, verify, expose']);
      expect(summariesOf(log, asked)).not.toContain('');
      expect(Object.keys(result).slice(0, 2)).toEqual(['outcome', 'reason']);
      expect(Object.keys(result).at(-1)).toBe('plan');
    });
  });

  it('names every timer: of a wait, a pause between attempts and the next try', async () => {
    const log = new SimulatedLog({ attempts: 2, pauseBetweenAttemptsMs: 60_000 });
    log.fail('verify', 'before', 1);
    log.fail('settle', 'before', 1);
    await log.run(async ({ start, lock }) => {
      const notBefore = new Date(Date.now() + 60_000).toISOString();
      const asked = await start({ begin: { notBefore } });
      await asked.result();

      expect(summariesOf(log, asked)).toContain(`until ${inSeconds(Date.parse(notBefore))}`);
      expect(summariesOf(log, lock)).toEqual(
        expect.arrayContaining(['pause between attempts', 'until the next try, or a decision']),
      );
      expect([...summariesOf(log, asked), ...summariesOf(log, lock)]).not.toContain('');
    });
  });

  it('names every activity of a rotation that is superseded', async () => {
    const log = new SimulatedLog();
    log.fail('expose', 'before', 1);
    log.fail('forward', 'before');
    void log.once('verify', () => log.world.traffic.writePast('green'), 'after');
    await log.run(async ({ rotate, lock }) => {
      expect((await rotate()).outcome).toBe('superseded');

      expect(summariesOf(log, lock)).toContain('supersede');
      expect(summariesOf(log, lock)).not.toContain('');
    });
  });

  it('says what each undo leaves', async () => {
    const log = new SimulatedLog();
    log.fail('expose', 'before');
    await log.run(async ({ rotate, lock, criticalSection }) => {
      await rotate();

      expect(summariesOf(log, lock)).toEqual(
        expect.arrayContaining([
          'undo stage: it is stopped, what it replaced is put back',
          'undo createTree: it is left FROZEN; no tree is deleted',
          'look back: is all as before',
        ]),
      );
      expect(summariesOf(log, criticalSection)).toEqual(
        expect.arrayContaining([
          'undo verify: the next tree is closed again',
          'undo freeze: the current tree is ACTIVE',
          'undo hold: writes go to the current release',
          'undo start: it is stopped, after all other undos',
        ]),
      );
    });
  });
});
