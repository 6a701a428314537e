import { counted } from '../counted';
import type { Text, Words } from './text';

/** What may go wrong in a rotation. */
export const rotationRefusals = {
  INTERRUPTED: (found: { log: string; leftovers: readonly string[] }): Text => ({
    message: `A rotation of ${found.log} was not carried to its end, and had left behind: ${found.leftovers.join('; ')}.`,
    remedy: 'This recovery has ended it. Find out what interrupted it before you rotate again.',
  }),
  NOT_OURS: (found: { rotation: string; number: number; later: number }): Text => ({
    message: `Attempt ${found.rotation} with number ${found.number} no longer owns the log: number ${found.later} came after it.`,
    remedy:
      'No action is needed: a later rotation or recovery owns the log, and this one changes nothing more.',
  }),
  ALREADY_ROTATED: (found: { log: string; tree: string }): Text => ({
    message: `Tree ${found.tree}, which this attempt made, serves ${found.log} already.`,
    remedy: 'No action is needed: an earlier run of this rotation got there, and nothing was changed.',
  }),
  ATTEMPT_REPEATED: (found: { rotation: string; found: string }): Text => ({
    message: `The critical section of attempt ${found.rotation} was begun before: ${found.found}.`,
    remedy: 'No action is needed: it was reset, and is ended by what Trillian says of its trees.',
  }),
  EARLIER_RUN_MAY_ACT: (found: { rotation: string }): Text => ({
    message: `The workflow of rotation ${found.rotation} was reset, and a step that it had begun before may still act.`,
    remedy: 'No action is needed: it waits until that is over.',
  }),
  GIVEN_UP: (found: { step: string; who: string; why: string }): Text => ({
    message: `${found.who} gave up the step ${found.step}: ${found.why}.`,
    remedy:
      'The result lists what is left and the commands that finish it. The guardian of the log recovers it in its next look, unless `guard.recover` is false; `rekor-rotate recover` does so at once.',
  }),
  NOT_AS_BEFORE: (found: { log: string; differences: readonly string[] }): Text => ({
    message: `The rotation of ${found.log} was taken back, but this is not as it was: ${found.differences.join('; ')}.`,
    remedy: 'It is taken back once more. If it repeats, somebody else changes the log: find out who.',
  }),
  ROTATION_STUCK: (found: {
    log: string;
    rotation: string;
    workflowId: string;
    taskAttempts: number;
    quietForMs: number;
  }): Text => ({
    message: `The rotation ${found.rotation} of ${found.log} makes no progress: nothing for ${Math.round(found.quietForMs / 1000)} s, and its next workflow task was tried ${found.taskAttempts} times.`,
    remedy: `If it is held, it waits for a person. Else look at the worker's log. If its version cannot go on with it, start the version that began it; or terminate the workflow ${found.workflowId}, and the guardian ends the rotation.`,
  }),
  GUARDIAN_SILENT: (found: {
    log: string;
    schedule: 'runs' | 'paused' | 'missing';
    note: string;
    silentForMs: number | null;
    everyMs: number;
  }): Text => {
    const id = `guard-${found.log}`;
    const last =
      found.silentForMs === null
        ? 'no look is known to have ended'
        : `the last look ended ${Math.round(found.silentForMs / 1000)} s ago`;
    const why = {
      runs: `although one is due every ${Math.round(found.everyMs / 1000)} s`,
      paused: `and its schedule ${id} is paused${found.note === '' ? '' : ` (${found.note})`}`,
      missing: `and there is no schedule ${id}`,
    }[found.schedule];
    const what = {
      runs: `See that a worker runs and reaches Temporal. If one does, the schedule has stopped: delete it (\`temporal schedule delete --schedule-id ${id}\`), and the worker makes it again within a minute.`,
      paused: `Unpause it when that is over: \`temporal schedule toggle --unpause --schedule-id ${id}\`.`,
      missing: 'Start a worker: it makes the schedule. If one runs, its log says why it could not.',
    }[found.schedule];
    return { message: `Nobody guards ${found.log}: ${last}, ${why}.`, remedy: what };
  },
  WRITES_IN_FLIGHT: (found: { waitedMs: number; inFlight: number }): Text => ({
    message: `${counted(found.inFlight, 'write')} ${found.inFlight === 1 ? 'was' : 'were'} still in flight after ${found.waitedMs} ms.`,
    remedy: 'The attempt is taken back. If it repeats, look at the signer and the database.',
  }),
  BUDGET_EXCEEDED: (found: { step: string; budgetMs: number }): Text => ({
    message:
      found.budgetMs > 0
        ? `${found.budgetMs} ms were not enough: the time was over in the step ${found.step}.`
        : `No time was left for the step ${found.step}.`,
    remedy:
      'The attempt is taken back, and writes go on to the Rekor that serves now. If it repeats, the times of the steps show which one is slow.',
  }),
  VERIFICATION_FAILED: (found: { what: string; reason: string }): Text => ({
    message: `${found.what} could not be verified: ${found.reason}.`,
    remedy: 'Do not retry before it is understood: compare with another instance and with Trillian.',
  }),
  CLOCKS_APART: (found: Words<'tree' | 'last' | 'next' | 'first'> & { clockDifferenceMs: number }): Text => ({
    message: `By the clocks of their signers the last entry of tree ${found.tree} (${found.last}) is younger than the first of tree ${found.next} (${found.first}), by more than clockDifference says (${found.clockDifferenceMs} ms).`,
    remedy:
      "Set the signers' clocks right, slowly: one that is set back signs nothing until it is past its last root. Or let logs.NAME.trillian.clockDifference say how far they are apart. Everybody could read it as two trees that took writes at once; nobody was sent there.",
  }),
  HANDOVER_NOT_SEEN: (found: { tree: string; reason: string }): Text => ({
    message: `The handover leaf of tree ${found.tree} was not seen through the next Rekor: ${found.reason}.`,
    remedy: 'The attempt is taken back. Another one uses a new tree.',
  }),
  CANCELLED: (found: { step: string }): Text => ({
    message: `The rotation was cancelled in the step ${found.step}.`,
    remedy: 'No action is needed: the log serves as before. Start it again when wanted.',
  }),
  TERMINATED: (found: { step: string }): Text => ({
    message: `Somebody terminated the workflow that ran the step ${found.step}.`,
    remedy:
      'No action is needed: what it had begun was ended without it. Cancel a rotation instead of terminating it: that is sooner over.',
  }),
  NO_SIGN_OF_LIFE: (found: { step: string; timeout: string }): Text => ({
    message: `The worker that ran the step ${found.step} gave no sign of life in time (${found.timeout}).`,
    remedy:
      'What follows waits until no call of the step can land any more. Look whether the worker runs and reaches Temporal, and what else its host is busy with.',
  }),
  WORKER_ENDED: (found: { step: string }): Text => ({
    message: `The worker that ran the step ${found.step} ended. The one that was started after it found what it had begun.`,
    remedy:
      'No action is needed: what it had begun was taken back. Look in the log of the host for why the worker ended.',
  }),
  INTERNAL: (found: { step: string; reason: string }): Text => ({
    message: `The step ${found.step} failed: ${found.reason}.`,
    remedy: 'The log of the worker says what kind of error it was, and where.',
  }),
} as const;
