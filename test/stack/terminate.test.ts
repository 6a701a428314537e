import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { criticalSectionId, RECOVER_LOG } from '../../workflows/messages';
import { stepNames } from '../../workflows/rotation';
import type { StepName } from '../../workflows/model/steps';
import { activeTrees, type LogState } from '../../harness/log-state';
import type { LogUnderTest, Serving } from '../../harness/log-under-test';
import { caughtIn, caughtRows } from '../../harness/moments';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { expectAsBefore, expectOutcome } from './outcome';
import { useLog } from './use-log';

/** The shortest that a configuration may say. */
const GUARD_EVERY = '10s';

/** From here on the rotation is finished by whoever finds it. */
const exposed: readonly StepName[] = stepNames.slice(stepNames.indexOf('expose'));

describe('a rotation that is terminated', () => {
  const log = useLog({ guard: { every: GUARD_EVERY } });
  const writableAfter: string[] = [];

  afterAll(() => {
    process.stdout.write(`From Terminate to the first acknowledged write:\n${writableAfter.join('')}`);
  });

  interface Interrupted {
    readonly before: LogState;
    readonly serving: Serving;
    readonly said: number;
    readonly writable: Promise<void>;
  }

  /** Takes the rotation away from itself in the middle of a step: with its critical section, if told so. */
  async function interruptedIn(
    step: StepName,
    how: (log: LogUnderTest) => Promise<unknown>,
    what: string = step,
  ): Promise<Interrupted> {
    await log.expectWritable();
    const before = await log.snapshot();
    const serving = await log.serving();
    const said = log.worker.output().length;
    const catching = caughtIn(log, step, serving);
    const rotation = await log.start();
    rotation.result().catch(() => undefined);
    const held = await catching;
    const began = Date.now();
    await how(log);
    // Before the exposure the call goes unanswered, so that what is left of the rotation must take itself back.
    if (exposed.includes(step)) {
      held.release();
    }
    const writable = log.expectWritable().then(() => {
      writableAfter.push(`  ${what}: ${Date.now() - began} ms\n`);
    });
    writable.catch(() => undefined);
    return { before, serving, said, writable };
  }

  const terminated = (of: LogUnderTest) => of.lock().terminate('by the test');

  /** Nobody undoes anything: the rotation and its critical section are both gone. */
  const terminatedWhole = async (of: LogUnderTest): Promise<void> => {
    await of.lock().terminate('by the test');
    await of.temporal.workflow.getHandle(criticalSectionId(of.name)).terminate('by the test');
  };

  async function nothingLeft(): Promise<boolean> {
    await log.idle();
    return (await log.recover({ dryRun: true })).outcome === 'notNeeded';
  }

  /** Waits for the guardian; lets it look at once unless it is to come by itself. */
  async function guarded({ byItself = false } = {}): Promise<void> {
    await until('the end of what the rotation left', PATIENCE_MS, async () => {
      if (!byItself) {
        await log.guardLooks();
      }
      return await nothingLeft();
    });
  }

  async function expectFinished({ before, serving }: Interrupted): Promise<void> {
    const after = await log.snapshot();
    const { current, activeTreeId } = await log.serving();
    expect(current).toBe(serving.next);
    expect(activeTrees(after)).toEqual([activeTreeId]);
    expect(activeTreeId).not.toBe(serving.activeTreeId);
    expect(after.shards.inactive.at(-1)).toContain(serving.activeTreeId);
    expect(after.gate.mode).toBe('pass');
    expect(after.runningSlots).toEqual([serving.next]);
    // Nothing is kept beside the slots any more; which of them starts at boot has changed, and nothing else.
    const files = ({ files: found }: LogState) =>
      Object.keys(found).filter((path) => !path.endsWith('.enabled'));
    expect(files(after)).toEqual(files(before));
  }

  /** How it ended; either is whole. */
  async function ended(interrupted: Interrupted): Promise<'finished' | 'taken back'> {
    const { current } = await log.serving();
    if (current === interrupted.serving.next) {
      await expectFinished(interrupted);
      return 'finished';
    }
    expectAsBefore(interrupted.before, await log.snapshot());
    return 'taken back';
  }

  function alarmsOf({ said }: Interrupted): string {
    return log.worker.output().slice(said);
  }

  it.each(caughtRows(stepNames))('in $step is ended by the guardian: $where (H23)', async ({ step }) => {
    const interrupted = await interruptedIn(step, terminated);
    await guarded();
    await interrupted.writable;

    expect(await ended(interrupted)).toBe(exposed.includes(step) ? 'finished' : 'taken back');
    // What runs in these two goes on to its end, and may leave nothing for the guardian to find.
    if (step !== 'settle' && step !== 'soak') {
      expect(alarmsOf(interrupted)).toContain('ALARM: A rotation of lab was not carried to its end');
    }
    await log.expectNothingLost();
  });

  it.each(['freeze', 'verify', 'expose'] as const)(
    'with its critical section in %s is taken back by the guardian that comes by itself (H23)',
    async (step) => {
      const interrupted = await interruptedIn(step, terminatedWhole, `${step}, and its critical section`);
      await guarded({ byItself: true });
      await interrupted.writable;

      expect(await ended(interrupted)).toBe(step === 'expose' ? 'finished' : 'taken back');
      expect(alarmsOf(interrupted)).toContain('ALARM: A rotation of lab was not carried to its end');
      await log.expectNothingLost();
    },
  );

  it('is left to a person where the policy says so: alarm, refusal of the next one, recovery by hand (H23)', async () => {
    await log.reconfigure((section) => (section.guard = { ...section.guard, recover: false }));
    try {
      const interrupted = await interruptedIn('freeze', terminatedWhole, 'freeze, with recovery by hand');
      const recoveries = (): Promise<number> =>
        log.temporal.workflow.count(`WorkflowType = '${RECOVER_LOG}'`).then(({ count }) => count);
      const recoveredBefore = await recoveries();
      await until('the alarm', PATIENCE_MS, async () => {
        await log.guardLooks();
        await log.idle();
        return alarmsOf(interrupted).includes('ALARM: A rotation of lab was not carried to its end');
      });
      expect(await recoveries()).toBe(recoveredBefore);

      const refused = await log.rotate();
      expect(refused.outcome).toBe('refused');
      expect(refused.refusals.map(({ code }) => code)).toContain('LEFTOVERS');
      expect(refused.reason).toContain('keeps what rotation ');
      const shown = await log.recover({ dryRun: true });
      expectOutcome(shown, 'planned');

      expectOutcome(await log.recover(), 'rolledBack');
      await interrupted.writable;
      expectAsBefore(interrupted.before, await log.snapshot());
      await log.expectNothingLost();
    } finally {
      await log.reconfigure();
    }
  });

  it("with Temporal's whole database is found and ended by the guardian (H23)", async () => {
    const interrupted = await interruptedIn(
      'freeze',
      async ({ lab }) => {
        lab.killPart('temporal');
        await until('the end of Temporal', PATIENCE_MS, () => lab.pidOf('temporal') === null);
        for (const file of readdirSync(lab.files.temporalData)) {
          rmSync(join(lab.files.temporalData, file), { recursive: true });
        }
        await lab.startPart('temporal');
      },
      'freeze, with the whole database of Temporal',
    );
    // A worker that starts makes the guardian anew, which the lost database has taken with it.
    await log.reconfigure();
    await guarded({ byItself: true });
    await interrupted.writable;

    expectAsBefore(interrupted.before, await log.snapshot());
    expect(alarmsOf(interrupted)).toContain('ALARM: A rotation of lab was not carried to its end');
    expectOutcome(await log.rotate(), 'completed');
    await log.expectNothingLost();
  });

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  });
});
