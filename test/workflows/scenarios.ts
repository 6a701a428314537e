import { Context } from '@temporalio/activity';
import { CURRENT_TREE } from '../../simulation/world/world';
import type { RotationResult } from '../../workflows/model/result';
import type { Act } from './acts';
import type { Rotations } from './rotations';
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

const who = { who: 'ada', why: 'a scenario' };

export const scenarios: readonly Scenario[] = [
  rotated('completed', 'completed', () => undefined),
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
  rotated('rolled-back-after-it-was-visible', 'rolledBack', (log) => {
    log.fail('expose', 'after', 1);
    log.fail('forward', 'before');
  }),
  rotated('rolled-back-when-resumed-by-skip', 'rolledBack', async (log, { held, resume }) => {
    failsFor('verify', 1)(log);
    failsFor('stop')(log);
    await held();
    await resume({ choice: 'skip', ...who });
  }),
  rotated('superseded', 'superseded', (log) => {
    log.usedBeforeItFailed();
    log.fail('forward', 'before');
  }),
  rotated(
    'held-until-given-up',
    'held',
    async (log, { held, resume }) => {
      log.usedBeforeItFailed();
      log.fail('forward', 'before');
      await held();
      await resume({ choice: 'giveUp', ...who });
    },
    { ifNextFails: 'hold' },
  ),
  rotated('planned', 'planned', () => undefined, { request: { dryRun: true }, children: [] }),
  rotated('refused', 'refused', () => undefined, { request: { currentTree: '300' }, children: [] }),
  recovered('recovered-by-taking-back', 'rolledBack', 'freeze'),
  recovered('recovered-by-finishing', 'completed', 'confirm'),
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
