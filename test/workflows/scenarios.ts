import { Context } from '@temporalio/activity';
import { failForFormerWorker } from '../../activities/successor/fail-for-former-worker';
import { CURRENT_TREE } from '../../simulation/world/world';
import type { RotationResult } from '../../workflows/model/result';
import type { Act } from './acts';
import { inMinutes } from '../../workflows/model/times';
import type { Handle, Rotations } from './rotations';
import type { LogOptions, WorldLog } from './world-log';

/** One way in which a workflow of ours ends; its histories are kept and replayed by every later version. */
export interface Scenario {
  readonly name: string;
  readonly options?: LogOptions;
  readonly run: (log: WorldLog, rotations: Rotations) => Promise<readonly Recorded[]>;
}

/** A workflow whose history is kept, by the name of its file behind the scenario's. */
export interface Recorded {
  readonly kind: string;
  readonly workflowId: string;
}

type Outcome = RotationResult['outcome'];

const rotation: Recorded = { kind: 'rotateUnderLock', workflowId: 'log-lab' };
const criticalSection: Recorded = { kind: 'criticalSection', workflowId: 'critical-section-lab' };

/** More time than any machine takes, and none for what nobody waits for here. */
export const unhurried: LogOptions = { criticalSectionMs: 60_000, soakMs: 0, stopCurrentAfterMs: 0 };

function ends(outcome: Outcome, result: RotationResult): void {
  if (result.outcome !== outcome) {
    throw new Error(`it ended ${result.outcome}, not ${outcome}: ${result.reason}`);
  }
}

/** A rotation that a person starts, and what happens to it meanwhile. */
function rotated(
  name: string,
  outcome: Outcome,
  arrange: (log: WorldLog, rotations: Rotations) => unknown,
  { children = [rotation, criticalSection], request = {}, ...options }: RotatedOptions = {},
): Scenario {
  return {
    name,
    options,
    run: async (log, rotations) => {
      const meanwhile = arrange(log, rotations);
      const handle = await rotations.start(request);
      await meanwhile;
      ends(outcome, await handle.result());
      return [{ kind: 'rotateLog', workflowId: handle.workflowId }, ...children];
    },
  };
}

interface RotatedOptions extends LogOptions {
  readonly children?: readonly Recorded[];
  readonly request?: object;
}

/** The recovery of a rotation that was lost behind one of its acts. */
function recovered(name: string, outcome: Outcome, lostIn: Act): Scenario {
  return {
    name,
    run: async (log, rotations) => {
      await log.lostIn(lostIn, rotations);
      const handle = await rotations.startRecovery();
      ends(outcome, await handle.result());
      return [
        { kind: 'recoverLog', workflowId: handle.workflowId },
        { kind: 'recoverUnderLock', workflowId: rotation.workflowId },
      ];
    },
  };
}

const failsFor = (act: Act, times?: number) => (log: WorldLog) => log.fail(act, 'after', times);

const ahead = (ms: number): string => new Date(Date.now() + ms).toISOString();

/** Somebody tells a workflow something that it takes. */
async function told(handle: Handle, update: string, input: object): Promise<void> {
  await handle.executeUpdate(update, { args: [{ ...input, until: inMinutes(Date.now(), 10), ...who }] });
}

const who = { who: 'ada', why: 'a scenario' };

export const scenarios: readonly Scenario[] = [
  rotated('completed', 'completed', () => undefined),
  rotated('rehearsed', 'rehearsed', () => undefined, {
    children: [rotation],
    request: { rehearse: true },
  }),
  rotated('completed-in-the-second-attempt', 'completed', failsFor('verify', 1), { attempts: 2 }),
  rotated('completed-forward', 'completed', (log) => log.usedBeforeItFailed()),
  rotated('completed-when-resumed-by-retry', 'completed', async (log, { held, resume }) => {
    failsFor('settle')(log);
    await held();
    await resume({ choice: 'retry', ...who });
    log.faults.length = 0;
  }),
  rotated('completed-when-resumed-by-skip', 'completed', async (log, { held, resume }) => {
    failsFor('confirm')(log);
    await held();
    await resume({ choice: 'skip', ...who });
  }),
  rotated('rolled-back-after-three-attempts', 'rolledBack', failsFor('freeze'), {
    attempts: 3,
  }),
  rotated('rolled-back-in-stage', 'rolledBack', failsFor('stage'), { children: [rotation] }),
  rotated('rolled-back-by-cancel', 'rolledBack', (log, { cancel }) => {
    void log.once('freeze', async () => {
      await cancel();
      await Context.current().cancelled;
    });
  }),
  rotated(
    'rolled-back-after-its-worker-ended',
    'rolledBack',
    (log) => {
      void log.once('freeze', async () => {
        const { client, info, cancelled, cancellationSignal } = Context.current();
        const { base64TaskToken: taskToken, workflowExecution } = info;
        if (!workflowExecution) throw new Error('No workflow has asked for it.');
        const began = ['hold', 'start', 'freeze'] as const;
        const left = { taskToken, ...workflowExecution, began, mayLandUntil: 0, commandRuns: true };
        // As the worker that is started after it says.
        await failForFormerWorker(client, left, cancellationSignal);
        await cancelled;
      });
    },
    { criticalSectionMs: 10_000 },
  ),
  rotated('rolled-back-after-it-was-visible', 'rolledBack', (log) => {
    log.fail('expose', 'after', 1);
    log.cannotGoForward();
  }),
  rotated('rolled-back-when-resumed-by-skip', 'rolledBack', async (log, { held, resume }) => {
    failsFor('verify', 1)(log);
    failsFor('stop')(log);
    await held();
    await resume({ choice: 'skip', ...who });
  }),
  rotated('rolled-back-when-told', 'rolledBack', async (log, rotations) => {
    const { plan } = await rotations.rotate({ dryRun: true });
    await log.once('stage', () => told(rotations.lock, 'rollBack', { plan: plan?.hash }));
  }),
  rotated('superseded', 'superseded', (log) => {
    log.usedBeforeItFailed();
    log.cannotGoForward();
  }),
  rotated(
    'held-until-given-up',
    'held',
    async (log, { held, resume }) => {
      log.usedBeforeItFailed();
      log.cannotGoForward();
      await held();
      await resume({ choice: 'giveUp', ...who });
    },
    { ifNextFails: 'hold' },
  ),
  {
    name: 'approved-and-postponed',
    options: { approvals: { required: 'one', expireMs: 3_600_000, approvers: [] } },
    run: async (_log, rotations) => {
      const handle = await rotations.start({ begin: { notBefore: ahead(600_000) } });
      const { takes } = await rotations.waits(handle, 'approvals');
      const input = takes[0]?.input ?? '{}';
      const { approval } = JSON.parse(input) as { approval: string };
      await handle.executeUpdate('approve', { args: [{ approval, who: 'ada' }] });
      await rotations.waits(handle, 'time');
      const [, plan] = /plan=(\w+)/.exec(approval) ?? [];
      await told(handle, 'postpone', { plan, to: ahead(900_000) });
      await told(handle, 'goNow', { plan });
      ends('completed', await handle.result());
      return [{ kind: 'rotateLog', workflowId: handle.workflowId }, rotation];
    },
  },
  {
    name: 'skipped',
    run: async (_log, rotations) => {
      const handle = await rotations.start({ begin: { notBefore: ahead(60_000) } });
      await rotations.waits(handle, 'time');
      const { plan } = await rotations.rotate({ dryRun: true });
      await rotations.rotate();
      await told(handle, 'goNow', { plan: plan?.hash });
      ends('skipped', await handle.result());
      return [{ kind: 'rotateLog', workflowId: handle.workflowId }];
    },
  },
  rotated('planned', 'planned', () => undefined, { request: { dryRun: true }, children: [] }),
  rotated('refused', 'refused', () => undefined, { request: { currentTree: '300' }, children: [] }),
  recovered('recovered-by-taking-back', 'rolledBack', 'freeze'),
  recovered('recovered-by-finishing', 'completed', 'confirm'),
  {
    name: 'scheduled',
    run: async (_log, rotations) => {
      const handle = await rotations.startScheduled({ due: { entries: 1 } });
      const { outcome, reason } = await handle.result();
      if (outcome !== 'completed') {
        throw new Error(`it ended ${outcome}: ${reason}`);
      }
      return [{ kind: 'scheduledRotation', workflowId: handle.workflowId }];
    },
  },
  {
    name: 'scheduled-and-skipped',
    run: async (_log, rotations) => {
      const handle = await rotations.startScheduled({ due: { ageDays: 30 } });
      const { outcome, reason } = await handle.result();
      if (outcome !== 'skipped') {
        throw new Error(`it ended ${outcome}: ${reason}`);
      }
      return [{ kind: 'scheduledRotation', workflowId: handle.workflowId }];
    },
  },
  {
    name: 'guarded',
    run: async (_log, rotations) => {
      const handle = await rotations.startGuard();
      await handle.result();
      return [{ kind: 'guardLog', workflowId: handle.workflowId }];
    },
  },
  {
    name: 'guarded-and-recovered',
    run: async (log, rotations) => {
      await log.lostIn('confirm', rotations);
      const handle = await rotations.startGuard();
      const { recovery } = await handle.result();
      await rotations.getHandle(recovery ?? '').result();
      return [{ kind: 'guardLog', workflowId: handle.workflowId }];
    },
  },
  {
    name: 'pruned',
    run: async (log, rotations) => {
      log.plantRetired('301', 1, []);
      const handle = await rotations.startPrune({ deleteTrees: ['301', CURRENT_TREE] });
      const { deleted } = await handle.result();
      if (deleted.join() !== '301') {
        throw new Error(`it deleted ${deleted.join()}`);
      }
      return [{ kind: 'pruneTrees', workflowId: handle.workflowId }];
    },
  },
];
