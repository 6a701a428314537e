import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Starts a process that goes on without its first thread, as each that is killed does for a moment. */
export async function startWithoutFirstThread(directory: string): Promise<ChildProcess> {
  const program = join(directory, 'without-first-thread');
  execFileSync('cc', ['-pthread', '-o', program, join(__dirname, 'without-first-thread.c')]);
  const child = spawn(program, { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  return child;
}
