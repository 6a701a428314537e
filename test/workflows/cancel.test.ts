import { SimulatedLog, undos, type Act } from './simulated-log';
import { Context } from '@temporalio/activity';
import type { Progress } from '../../workflows/messages';

/** As a step does: hears of a Cancel by its signs of life. */
async function untilCancelled(): Promise<never> {
  return await Context.current().cancelled;
}

describe('Cancel', () => {
  const takenBack: readonly Act[] = ['createNextTree', 'stage', 'hold', 'start', 'freeze', 'verify'];

  async function cancelledIn(act: Act) {
    const log = new SimulatedLog();
    const result = await log.run(({ rotate, cancel }) => {
      void log.once(act, async () => {
        await cancel();
        await untilCancelled();
      });
      return rotate();
    });
    return { log, result };
  }

  it.each(takenBack)('takes everything back in %s', async (act) => {
    const { log, result } = await cancelledIn(act);
    expect(result).toMatchObject({ outcome: 'rolledBack', refusals: [{ code: 'CANCELLED' }] });
    expect(log.notAsBefore()).toEqual([]);
  });

  it('undoes only what had begun: nobody opens a tree that this attempt had not begun to close', async () => {
    const { log } = await cancelledIn('hold');
    expect(log.calls).toContain('sendToCurrent');
    expect(log.calls).not.toContain('allowWritesToCurrent');
    expect(log.calls).not.toContain('stop');
  });

  it.each<Act>(['expose', 'confirm', 'settle', 'soak'])('changes nothing any more in %s', async (act) => {
    const log = new SimulatedLog();
    const result = await log.run(({ rotate, cancel }) => {
      void log.once(act, cancel);
      return rotate();
    });
    expect(result.outcome).toBe('completed');
    expect(log.active()).toEqual([log.nextTree()]);
  });

  it.each(undos)('stops no undo: everything is as before after one in %s', async (act) => {
    const log = new SimulatedLog({ attempts: 2 });
    log.fail('expose', 'before');
    const result = await log.run(({ rotate, cancel }) => {
      void log.once(act, cancel);
      return rotate();
    });
    expect(result.outcome).toBe('rolledBack');
    expect(log.notAsBefore()).toEqual([]);
  });

  it('ends the pause between two attempts', async () => {
    const log = new SimulatedLog({ attempts: 2, pauseBetweenAttemptsMs: 24 * 3_600_000 });
    log.fail('freeze', 'after', 1);
    const result = await log.run(async ({ start, cancel, lock }) => {
      const handle = await start();
      await log.once('stop', () => undefined, 'after');
      while ((await lock.query<Progress>('progress')).note === null) {
        await log.world.time.pass(50);
      }
      await cancel();
      return await handle.result();
    });
    expect(result).toMatchObject({ outcome: 'rolledBack', attempts: 1, refusals: [{ code: 'CANCELLED' }] });
    expect(log.notAsBefore()).toEqual([]);
  });

  it('of the workflow that a person started takes the rotation back', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async ({ start }) => {
      const handle = await start();
      void log.once('freeze', async () => {
        await handle.cancel();
        await untilCancelled();
      });
      return await handle.result();
    });
    expect(result).toMatchObject({ outcome: 'rolledBack', refusals: [{ code: 'CANCELLED' }] });
    expect(log.notAsBefore()).toEqual([]);
  });

  it('is answered for before it is sent: what it would do now is said in every step', async () => {
    const log = new SimulatedLog();
    const said: Partial<Record<Act, string>> = {};
    await log.run(async ({ rotate, lock, criticalSection }) => {
      log.onCall = async (act, when) => {
        if (when === 'before') {
          const inside = ['hold', 'start', 'freeze', 'verify', 'expose'].includes(act);
          const { cancelDoes } = await (inside ? criticalSection : lock).query<Progress>('progress');
          said[act] = cancelDoes;
        }
      };
      await rotate();
    });
    expect(said).toEqual({
      createNextTree: 'rollBack',
      stage: 'rollBack',
      // Nobody hears how far a section has come: so what is true in all of it is said.
      hold: 'rollBackUnlessUsed',
      start: 'rollBackUnlessUsed',
      freeze: 'rollBackUnlessUsed',
      verify: 'rollBackUnlessUsed',
      expose: 'rollBackUnlessUsed',
      confirm: 'nothing',
      settle: 'nothing',
      soak: 'nothing',
    });
  });
});
