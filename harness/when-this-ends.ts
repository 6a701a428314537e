import { spawn } from 'node:child_process';

/**
 * Runs a command once this process is gone, however that ended: jest ends at once when it is interrupted, and runs no `afterAll`
 * then. It is told by a pipe that closes, so no signal that ends this process ends it, too.
 *
 * @returns takes it back.
 */
export function whenThisEnds(program: string, ...options: readonly string[]): () => void {
  const watcher = spawn('sh', ['-c', 'read -r _; exec "$@"', 'sh', program, ...options], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Neither keeps this process from ending.
  watcher.unref();
  const { stdin } = watcher;
  if ('unref' in stdin) (stdin as unknown as { unref(): void }).unref();
  return () => {
    watcher.kill('SIGKILL');
    stdin.destroy();
  };
}
