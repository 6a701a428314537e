import type { Pause } from '../workflows/model/executions';
import { refusal } from '../workflows/model/refusals';

/** That a workflow of a log is paused, by whom, and how it goes on. */
export function pausedText(log: string, pause: Pause): string {
  const { message, remedy } = refusal('ROTATION_PAUSED', { log, ...pause });
  return `${message} ${remedy}`;
}
