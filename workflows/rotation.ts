import type { RotationSteps } from './model/step-list';
import type { StepName } from './model/steps';

/**
 * A rotation, step by step, each beside its undo.
 *
 * An undo is registered before its step acts and states an end, so it may run twice, or for a step that never happened. The
 * undos run last first. Who runs this list, and bounds.ts says who tries what again:
 *
 * - attempts.ts: a rotation's attempts, each with a critical section
 * - preparation.ts: what comes before it
 * - critical-section.ts: the section; failed-section.ts undoes it, or goes forward
 * - after-exposure.ts: what comes after it
 * - supersede.ts: the same for a third tree; recover-log.ts: for a rotation that was interrupted
 */
export const rotation = {
  /** Before any write waits. When a step of it fails, both are undone, and the rotation ends rolled back. */
  preparation: [
    {
      name: 'createTree',
      does: 'creates the next tree, closed and marked',
      action: 'createNextTree',
      undo: { action: 'retireNextTree', leaves: 'it is left FROZEN; no tree is deleted' },
    },
    {
      name: 'stage',
      does: 'writes the next release, rehearses its start',
      action: 'stage',
      undo: { action: 'discard', leaves: 'it is stopped, what it replaced is put back' },
    },
  ],

  /**
   * Writes wait in it, so one activity does all of it: from one to the next clients would wait for Temporal. It fails when a
   * step fails, when it is cancelled, or when `rotation.criticalSection` is over. Then all of it is undone while there is a way
   * back, and a new attempt may follow after a pause.
   */
  criticalSection: {
    action: 'holdToExpose',
    steps: [
      {
        name: 'hold',
        does: 'new writes wait in the gate, if there is one',
        undo: { action: 'sendToCurrent', leaves: 'writes go to the current release' },
      },
      {
        name: 'start',
        does: 'the next release starts, while the current tree drains',
        // Last of the section: it gives no writes back, and clients may be waiting for those (H26).
        undo: { action: 'stop', leaves: 'it is stopped, after all other undos', last: true },
      },
      {
        name: 'freeze',
        does: 'the current tree is proven drained, FROZEN, and its end read',
        undo: { action: 'allowWritesToCurrent', leaves: 'the current tree is ACTIVE' },
      },
      {
        name: 'verify',
        does: 'proves the next release, opens its tree',
        // Always first. Then what the closed tree holds decides whether there is a way back (failed-section.ts).
        undo: { action: 'closeNextTree', leaves: 'the next tree is closed again' },
      },
      {
        name: 'expose',
        does: 'sends everything to the next release',
        undo: { leaves: 'those of verify and hold, if there is a way back' },
      },
    ],
  },

  /** Clients write to the next tree, so there is no way back. Each is tried until it succeeds, or a person leaves it out. */
  afterExposure: [
    {
      name: 'confirm',
      does: 'verifies the public log, with independent code',
      action: 'confirm',
      finds: 'verification',
      undo: 'only forward',
    },
    {
      name: 'settle',
      does: 'makes the next release standing, stops the other',
      action: 'settle',
      finds: 'sourceOfTruth',
      undo: 'only forward',
    },
    {
      name: 'soak',
      does: 'watches tree states and loaded lengths',
      action: 'soak',
      lasts: 'soakMs',
      finds: 'writes',
      undo: 'only forward',
    },
  ],
} as const satisfies RotationSteps;

/** Every step in its order. */
export const steps = [...rotation.preparation, ...rotation.criticalSection.steps, ...rotation.afterExposure];

/** A step of the list, by its name. */
export function stepNamed(name: StepName): (typeof steps)[number] {
  const step = steps.find((one) => one.name === name);
  if (!step) {
    throw new Error(`There is no step ${name}.`);
  }
  return step;
}

type Listed = (typeof steps)[number]['name'];

/** The names of the steps in their order. It does not compile when the list above has forgotten one. */
export const stepNames = complete(steps.map(({ name }) => name));

function complete<Names>(listed: [StepName] extends [Listed] ? Names : never): Names {
  return listed;
}

/** After these steps a rotation may be held: no write waits there. */
export const mayHoldAfter: readonly StepName[] = [...rotation.preparation, ...rotation.afterExposure].map(
  ({ name }) => name,
);
