import { chmod, copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildOptions } from './build-tool';
import { ensureLauncher } from './launcher';

/**
 * Puts the launcher for Linux where the Dockerfile of a checkout takes it from, `out/launcher`. It is there whole or not at
 * all, also when two put it there at a time.
 *
 * @throws as {@link ensureLauncher} does.
 */
export async function putImageLauncher(checkout: string, options: BuildOptions): Promise<void> {
  const built = await ensureLauncher({ ...options, system: 'linux' });
  const out = join(checkout, 'out');
  const partial = join(out, `launcher.${process.pid}`);
  await mkdir(out, { recursive: true });
  try {
    await copyFile(built, partial);
    await chmod(partial, 0o555);
    await rename(partial, join(out, 'launcher'));
  } finally {
    await rm(partial, { force: true });
  }
}
