import { SimulatedLog } from './simulated-log';
import { valueOf } from '../../simulation/temporal/conversion';
import type { Handle } from './rotations';

/** What the Temporal UI writes on the bar of each activity and child, in their order; empty for one without. */
function summariesOf(log: SimulatedLog, { workflowId }: Handle): string[] {
  const { history = [] } = log.world.temporal.latest(workflowId) ?? {};
  return history
    .flatMap(({ commands }) => commands)
    .filter((command) => command.scheduleActivity ?? command.startChildWorkflowExecution)
    .map(({ userMetadata }) => (valueOf(userMetadata?.summary) ?? '') as string);
}

describe('the timeline in the Temporal UI', () => {
  it('names the steps of a rotation as `status` does, and begins its result with the outcome', async () => {
    const log = new SimulatedLog();
    await log.run(async ({ start, lock, criticalSection }) => {
      const asked = await start();
      const result = await asked.result();

      expect(summariesOf(log, lock)).toEqual([
        'preflight',
        'createTree',
        'stage',
        'critical section: hold, start, freeze, verify, expose (attempt 1)',
        'confirm',
        'settle',
        'soak',
      ]);
      expect(summariesOf(log, criticalSection)).toEqual(['hold, start, freeze', 'verify, expose']);
      expect(summariesOf(log, asked)).not.toContain('');
      expect(Object.keys(result).slice(0, 2)).toEqual(['outcome', 'reason']);
      expect(Object.keys(result).at(-1)).toBe('plan');
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

  it('names undos as `status` does', async () => {
    const log = new SimulatedLog();
    log.fail('expose', 'before');
    await log.run(async ({ rotate, lock, criticalSection }) => {
      await rotate();

      expect(summariesOf(log, lock)).toEqual(
        expect.arrayContaining(['undo stage', 'undo createTree', 'look back']),
      );
      expect(summariesOf(log, criticalSection)).toEqual(
        expect.arrayContaining(['undo verify', 'undo freeze', 'undo hold', 'undo start']),
      );
    });
  });
});
