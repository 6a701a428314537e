import { readFileSync, readdirSync } from 'node:fs';
import { PATIENCE_MS, until } from './waiting';

/**
 * Stops a process by SIGSTOP, and returns when all of it stands still: on a busy machine one of its threads may answer once more
 * after the signal was sent. `SIGCONT` lets it go on. Linux alone: proc(5) tells.
 */
export async function standStill(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await until(`process ${pid} to stand still`, PATIENCE_MS, () => threadsOf(pid).every(isStopped));
}

function threadsOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}/stat`);
}

/** The state comes after the name, which is in brackets and may hold any. */
function isStopped(file: string): boolean {
  const text = readFileSync(file, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).startsWith('T');
}
