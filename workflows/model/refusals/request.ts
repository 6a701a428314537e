import type { Pause } from '../executions';
import { withoutCredentials } from '../without-credentials';
import type { Text } from './text';

/** What is wrong with a request. */
export const requestRefusals = {
  UNKNOWN_LOG: (found: { log: string; known: readonly string[]; nearest?: string }): Text => ({
    message: `There is no log named "${withoutCredentials(found.log)}" in the configuration, whose logs are ${found.known.join(', ')}.`,
    remedy: found.nearest
      ? `Did you mean "${found.nearest}"? Otherwise add it under logs: and restart the worker.`
      : 'Use one of these names, or add the log under logs: and restart the worker.',
  }),
  REQUEST_INVALID: (found: { field: string; value: string; allowed: string }): Text => ({
    message: `The request's ${found.field} is ${found.value}; allowed is ${found.allowed}.`,
    remedy: 'Start it again with {"log": "NAME"} and the fields that are wanted besides.',
  }),
  NOT_THE_ACTIVE_TREE: (found: { log: string; asked: string; active: string }): Text => ({
    message: `Tree ${found.asked} was asked to be rotated, but the active tree of ${found.log} is ${found.active}.`,
    remedy: 'Ask for the active tree, or leave currentTree out.',
  }),
  PLAN_CHANGED: (found: { log: string; asked: string; now: string }): Text => ({
    message: `The plan of ${found.log} is not the one that was shown: it was ${found.asked.slice(0, 12)}, it is ${found.now.slice(0, 12)}.`,
    remedy: 'Somebody changed trees, or how the log is run, meanwhile. Look at the plan again.',
  }),
  PLAN_FILE_INVALID: (found: { field: string; value: string; allowed: string }): Text => ({
    message: `The plan file's ${found.field} is ${found.value}; allowed is ${found.allowed}.`,
    remedy:
      'Mend it in the file; a setting under edit may be taken out, and is as planned then. Or write the plan anew with `rekor-rotate plan NAME --out FILE`.',
  }),
  PLAN_FILE_TOO_LONG: (found: { bytes: number; most: number }): Text => ({
    message: `The plan file has ${found.bytes} bytes as JSON; allowed are ${found.most}, since each step of its history keeps it.`,
    remedy: 'Rotate without a plan file, with `rekor-rotate rotate`, which asks after showing the plan.',
  }),
  PLAN_FILE_EDITED_OUTSIDE: (found: { log: string; differences: readonly string[] }): Text => ({
    message: `The plan file of ${found.log} was edited where it may not be: ${found.differences.join('; ')}.`,
    remedy: `Only what stands under edit may be changed. Put the rest back, or write the plan anew with \`rekor-rotate plan ${found.log} --out FILE\`.`,
  }),
  PLAN_FILE_OUTDATED: (found: { log: string; differences: readonly string[] }): Text => ({
    message: `The log ${found.log} has moved on since the plan file was written: ${found.differences.join('; ')}.`,
    remedy: `Look at what has changed, write the plan anew with \`rekor-rotate plan ${found.log} --out FILE\`, and edit that.`,
  }),
  ROTATION_IN_PROGRESS: (found: { log: string; rotation: string; startedBy: string }): Text => ({
    message: `The log ${found.log} is being rotated already, by rotation ${found.rotation}, started as workflow "${found.startedBy}".`,
    remedy:
      'Wait for it, or cancel it with `rekor-rotate cancel`. When `rekor-rotate status` says that it is held, answer with `rekor-rotate resume`.',
  }),
  LOCK_LOST: (found: { log: string }): Text => ({
    message: `Another rotation or recovery of ${found.log} was started a moment earlier, and has ended already.`,
    remedy: 'Look with `rekor-rotate status` at how it ended, and start again if that is still wanted.',
  }),
  DATABASE_NOT_CONFIGURED: (found: { log: string }): Text => ({
    message: `The size of the database of ${found.log} cannot be read: logs.${found.log}.trillian.database is not configured.`,
    remedy: 'Configure how it is read, or let due name entries or ageDays instead of databaseBytes.',
  }),
  NOT_DUE: (found: { log: string; found: string }): Text => ({
    message: `A rotation of ${found.log} is not due. ${found.found}`,
    remedy: 'No action is needed: its schedule looks again in the next window.',
  }),
  NO_WINDOW_OPEN: (found: { log: string; now: string; last: string | null; next: string | null }): Text => ({
    message: [
      `No window of ${found.log} is open at ${found.now}, and none opens soon.`,
      found.last === null ? '' : ` The last one was ${found.last}.`,
      found.next === null ? ' None opens within a year.' : ` The next one is ${found.next}.`,
    ].join(''),
    remedy:
      'If this run was due in the last one, Temporal or the worker was away then: rotate by hand, or leave it to the next. If its schedule fires at such times by itself, let it fire when a window opens.',
  }),
  ROTATED_IN_WINDOW: (found: { log: string; since: string; window: string }): Text => ({
    message: `The active shard of ${found.log} has its first entry since ${found.since}, in the window ${found.window}: it is of this window already.`,
    remedy: 'No action is needed: a window sees one rotation, whoever starts it.',
  }),
  SCHEDULED_ALREADY: (found: { log: string; workflowId: string }): Text => ({
    message: `Another scheduled rotation of ${found.log} waits or runs, as workflow ${found.workflowId}.`,
    remedy:
      'No action is needed: it does what this one would have done. If two schedules name this log, delete one of them.',
  }),
  ROTATION_PAUSED: (found: { log: string } & Pause): Text => ({
    message: `The workflow ${found.workflowId} of ${found.log} is paused in Temporal${found.since === null ? '' : ` since ${found.since}`}${found.by === '' ? '' : ` by ${found.by}`}${found.reason === '' ? '' : `: ${found.reason.replace(/\.+$/, '')}`}.`,
    remedy: `Nothing goes on in it until somebody unpauses it: \`temporal workflow unpause --workflow-id ${found.workflowId}\`, or Unpause in the Temporal UI.`,
  }),
  LEFTOVERS: (found: { log: string; leftovers: readonly string[] }): Text => ({
    message: `A rotation of ${found.log} was not carried to its end, and left behind: ${found.leftovers.join('; ')}.`,
    remedy: `Look with \`rekor-rotate recover ${found.log} --dry-run\`, then let \`rekor-rotate recover ${found.log}\` end it.`,
  }),
  LEFT_BY_SOMEONE: (found: { log: string; leftovers: readonly string[] }): Text => ({
    message: `What is left over in ${found.log} belongs to no rotation that could be ended: ${found.leftovers.join('; ')}.`,
    remedy:
      'Somebody changed trees, or how the log is run, by hand. Put them in order by hand; nothing was changed here.',
  }),
  NOT_PRUNABLE: (found: { tree: string; reason: string }): Text => ({
    message: `Tree ${found.tree} is not deleted: ${found.reason}.`,
    remedy: 'Only a tree that a rotation made and retired, and that nothing names, can be deleted here.',
  }),
} as const;
