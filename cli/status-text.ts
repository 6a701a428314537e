import type { Progress } from '../workflows/messages';
import type { RotationResult } from '../workflows/model/rotation';
import { heldLines } from './held-text';
import { stepLine, resultText } from './result-text';
import { field, wrap } from './text';

/** What is known of a log's rotations; what `status --json` prints. */
export interface LogStatus {
  readonly log: string;
  readonly state: 'never' | 'preparing' | 'running' | 'ended';
  /** Whether it is, or was, the recovery of an interrupted rotation. */
  readonly what?: 'rotation' | 'recovery';
  /** The workflow to look at in the Temporal UI. */
  readonly workflowId?: string;
  readonly startedBy?: string;
  /** When it ended; ISO 8601. */
  readonly endedAt?: string;
  /** Null when no worker answers. */
  readonly progress?: Progress | null;
  /** Of the last rotation that ended with one. */
  readonly result?: RotationResult;
  /** Why it ended without a result, or why nothing is heard of it. */
  readonly problem?: string;
}

/** One log's state for people. */
export function statusText(status: LogStatus, columns: number): string {
  const { log, state, what = 'rotation', workflowId, startedBy, endedAt, progress, result, problem } = status;
  const trouble = problem === undefined ? [] : wrap(problem, columns, '  ');
  switch (state) {
    case 'never':
      return wrap(`${log}: no rotation that Temporal remembers.`, columns).join('\n');
    case 'ended': {
      const last = `${log}: the last ${what} ended${endedAt === undefined ? '' : ` at ${endedAt}`}`;
      return result
        ? [`${last}.`, '', resultText(result, columns)].join('\n')
        : [
            `${last}, without a result.`,
            ...trouble,
            ...wrap(
              `What it left half way is found by \`rekor-rotate recover ${log} --dry-run\`.`,
              columns,
              '  ',
            ),
          ].join('\n');
    }
    case 'preparing':
    case 'running':
      return [
        `${log}: a ${what} ${state === 'running' ? 'runs' : 'is being prepared'}.`,
        ...field('  Workflow', workflowId ?? '', columns),
        ...(startedBy === undefined ? [] : field('  Started by', startedBy, columns)),
        ...trouble,
        ...(progress ? progressLines(progress, columns) : []),
      ].join('\n');
  }
}

function progressLines(progress: Progress, columns: number): string[] {
  return [
    ...field('  Rotation', progress.rotation ?? 'not named yet', columns),
    ...field('  Step', `${progress.phase}, attempt ${progress.attempt}`, columns),
    ...(progress.note === null ? [] : field('  Note', progress.note, columns)),
    ...field('  Cancel', progress.cancelWould, columns),
    ...progress.steps.map((step) => `  ${stepLine(step, progress.attempt > 1)}`),
    ...(progress.held === null ? [] : ['', ...heldLines(progress.log, progress.held, columns)]),
  ];
}
