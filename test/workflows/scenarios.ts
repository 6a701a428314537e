import type { RotationRequest, RotationResult } from '../../workflows/model/rotation';
import type { Rotations } from './saga-server';
import { untilCancelled, type World } from './world';

/** One way in which a rotation ends; its histories are kept and replayed by every later version of the workflows. */
export interface Scenario {
  readonly name: string;
  readonly outcome: RotationResult['outcome'];
  readonly arrange: (world: World, rotations: () => Rotations) => void;
  readonly request?: Partial<RotationRequest>;
  /** Which of its workflows exist, besides `rotateLog`. */
  readonly children: readonly ('log/production' | 'log/production/cut-over')[];
}

const bothChildren = ['log/production', 'log/production/cut-over'] as const;

export const scenarios: readonly Scenario[] = [
  { name: 'completed', outcome: 'completed', arrange: () => undefined, children: bothChildren },
  {
    name: 'completed-in-the-second-attempt',
    outcome: 'completed',
    arrange: (world) => world.faults.push({ act: 'verify', when: 'after', times: 1 }),
    children: bothChildren,
  },
  {
    name: 'completed-forward',
    outcome: 'completed',
    arrange: (world) => {
      world.faults.push({ act: 'expose', when: 'after', times: 1 });
      world.onCall = (act) => {
        if (act === 'closeNextTree') {
          world.nextLeaves.push('public');
        }
      };
    },
    children: bothChildren,
  },
  {
    name: 'rolled-back-after-three-attempts',
    outcome: 'rolledBack',
    arrange: (world) => world.faults.push({ act: 'freeze', when: 'after', times: 99 }),
    children: bothChildren,
  },
  {
    name: 'rolled-back-in-stage',
    outcome: 'rolledBack',
    arrange: (world) => world.faults.push({ act: 'stage', when: 'after', times: 99 }),
    children: ['log/production'],
  },
  {
    name: 'rolled-back-by-cancel',
    outcome: 'rolledBack',
    arrange: (world, rotations) => {
      world.onCall = async (act) => {
        if (act === 'freeze') {
          world.onCall = () => undefined;
          await rotations().cancel('production');
          await untilCancelled();
        }
      };
    },
    children: bothChildren,
  },
  {
    name: 'planned',
    outcome: 'planned',
    arrange: () => undefined,
    request: { dryRun: true },
    children: [],
  },
  {
    name: 'refused',
    outcome: 'refused',
    arrange: () => undefined,
    request: { currentTree: '300' },
    children: [],
  },
];
