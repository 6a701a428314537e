import type { RotationResult } from '../../workflows/model/result';
import type { Rotations } from './saga-server';
import { ALWAYS, World, type Act } from './world';
import { untilCancelled } from './world-activities';

/** One way in which a workflow of ours ends; its histories are kept and replayed by every later version. */
export interface Scenario {
  readonly name: string;
  readonly timing?: Partial<World['timing']>;
  readonly run: (world: World, rotations: Rotations) => Promise<readonly Recorded[]>;
}

/** A workflow whose history is kept, by the name of its file behind the scenario's. */
export interface Recorded {
  readonly kind: string;
  readonly workflowId: string;
  readonly runId?: string;
}

type Outcome = RotationResult['outcome'];

const LOG = 'production';
const rotation: Recorded = { kind: 'rotateUnderLock', workflowId: `log-${LOG}` };
const criticalSection: Recorded = { kind: 'criticalSection', workflowId: `critical-section-${LOG}` };

/** The world of a scenario: each records the same log. */
export function worldOf({ timing }: Scenario): World {
  return new World(timing, LOG);
}

function ends(outcome: Outcome, result: RotationResult): void {
  if (result.outcome !== outcome) {
    throw new Error(`it ended ${result.outcome}, not ${outcome}: ${result.reason}`);
  }
}

/** A rotation that a person starts, and what happens to it meanwhile. */
function rotated(
  name: string,
  outcome: Outcome,
  arrange: (world: World, rotations: Rotations) => unknown,
  options: {
    readonly timing?: Partial<World['timing']>;
    readonly children?: readonly Recorded[];
    readonly request?: object;
  } = {},
): Scenario {
  const { timing = {}, children = [rotation, criticalSection], request = {} } = options;
  return {
    name,
    timing,
    run: async (world, rotations) => {
      const meanwhile = arrange(world, rotations);
      const handle = await rotations.start(request);
      await meanwhile;
      ends(outcome, await handle.result());
      return [{ kind: 'rotateLog', workflowId: handle.workflowId }, ...children];
    },
  };
}

/** A client writes to the next tree, whose exposure then fails. */
function usedBeforeItFailed(world: World): void {
  world.faults.push({ act: 'expose', when: 'after', times: 1 });
  void world.once('expose', () => world.write('next-1'), 'after');
}

const failsFor = (act: Act, times: number) => (world: World) => {
  world.faults.push({ act, when: 'after', times });
};

const who = { who: 'ada', why: 'a scenario' };

/** A rotation is lost, with its critical section, after one of its acts. */
async function lostAfter(world: World, rotations: Rotations, act: Act): Promise<void> {
  const { start, lock, criticalSection: section } = rotations;
  const starting = start();
  await world.once(
    act,
    async () => {
      await lock.terminate('by the test');
      await section.terminate('by the test').catch(() => undefined);
      for (const next of ['start', 'freeze', 'verify', 'expose'] as const) {
        world.faults.push({ act: next, when: 'before', times: 1 });
      }
    },
    'after',
  );
  await (await starting).result().catch(() => undefined);
  await world.quiet();
  world.faults.length = 0;
}

export const scenarios: readonly Scenario[] = [
  rotated('completed', 'completed', () => undefined),
  rotated('completed-in-the-second-attempt', 'completed', failsFor('verify', 1), { timing: { attempts: 2 } }),
  rotated('completed-forward', 'completed', usedBeforeItFailed),
  rotated('completed-when-resumed-by-retry', 'completed', async (world, { held, resume }) => {
    failsFor('settle', ALWAYS)(world);
    await held();
    await resume({ choice: 'retry', ...who });
    world.faults.length = 0;
  }),
  rotated('completed-when-resumed-by-skip', 'completed', async (world, { held, resume }) => {
    failsFor('confirm', ALWAYS)(world);
    await held();
    await resume({ choice: 'skip', ...who });
  }),
  rotated('rolled-back-after-three-attempts', 'rolledBack', failsFor('freeze', ALWAYS), {
    timing: { attempts: 3 },
  }),
  rotated('rolled-back-in-stage', 'rolledBack', failsFor('stage', ALWAYS), { children: [rotation] }),
  rotated('rolled-back-by-cancel', 'rolledBack', (world, { cancel }) => {
    void world.once('freeze', async () => {
      await cancel();
      await untilCancelled();
    });
  }),
  rotated('rolled-back-after-it-was-visible', 'rolledBack', (world) => {
    world.faults.push({ act: 'expose', when: 'after', times: 1 });
    world.faults.push({ act: 'forward', when: 'before', times: ALWAYS });
  }),
  rotated('rolled-back-when-resumed-by-skip', 'rolledBack', async (world, { held, resume }) => {
    failsFor('verify', 1)(world);
    failsFor('stop', ALWAYS)(world);
    await held();
    await resume({ choice: 'skip', ...who });
  }),
  rotated('superseded', 'superseded', (world) => {
    usedBeforeItFailed(world);
    world.faults.push({ act: 'forward', when: 'before', times: ALWAYS });
  }),
  rotated(
    'held-until-given-up',
    'held',
    async (world, { held, resume }) => {
      usedBeforeItFailed(world);
      world.faults.push({ act: 'forward', when: 'before', times: ALWAYS });
      await held();
      await resume({ choice: 'giveUp', ...who });
    },
    { timing: { ifNextFails: 'hold' } },
  ),
  rotated('planned', 'planned', () => undefined, { request: { dryRun: true }, children: [] }),
  rotated('refused', 'refused', () => undefined, { request: { currentTree: '300' }, children: [] }),
  {
    name: 'recovered-by-taking-back',
    run: async (world, rotations) => {
      await lostAfter(world, rotations, 'freeze');
      const handle = await rotations.startRecovery();
      ends('rolledBack', await handle.result());
      return [
        { kind: 'recoverLog', workflowId: handle.workflowId },
        { kind: 'recoverUnderLock', workflowId: rotation.workflowId },
      ];
    },
  },
  {
    name: 'recovered-by-finishing',
    run: async (world, rotations) => {
      await lostAfter(world, rotations, 'confirm');
      const handle = await rotations.startRecovery();
      ends('completed', await handle.result());
      return [
        { kind: 'recoverLog', workflowId: handle.workflowId },
        { kind: 'recoverUnderLock', workflowId: rotation.workflowId },
      ];
    },
  },
  {
    name: 'guarded',
    run: async (_world, rotations) => {
      const handle = await rotations.startGuard();
      await handle.result();
      return [{ kind: 'guardLog', workflowId: handle.workflowId }];
    },
  },
  {
    name: 'guarded-and-recovered',
    run: async (world, rotations) => {
      await lostAfter(world, rotations, 'confirm');
      const handle = await rotations.startGuard();
      const { recovery } = await handle.result();
      await rotations.environment.client.workflow.getHandle(recovery ?? '').result();
      return [{ kind: 'guardLog', workflowId: handle.workflowId }];
    },
  },
  {
    name: 'pruned',
    run: async (world, rotations) => {
      const mark = { log: world.log, rotationId: 'r', attempt: 1, number: 1 };
      world.trees.set('301', { state: 'FROZEN', size: 0, mark });
      const handle = await rotations.startPrune({ deleteTrees: ['301', '200'] });
      const { deleted } = await handle.result();
      if (deleted.join() !== '301') {
        throw new Error(`it deleted ${deleted.join()}`);
      }
      return [{ kind: 'pruneTrees', workflowId: handle.workflowId }];
    },
  },
];
