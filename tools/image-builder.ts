import { executables } from './on-path';
import { ensureDebianFiles } from './debian-files';
import type { InstallOptions } from './debian-package';

/** Buildah, which builds a Dockerfile without a daemon; any version that has `build` under its older name `bud`. */
export interface ImageBuilder {
  /** A root with its files, which lie beside those of this system when it runs; null when it is installed. */
  readonly files: string | null;
}

/**
 * Finds buildah on PATH, else takes it out of Debian's packages.
 *
 * @throws DebianFilesMissing with the command that installs it.
 */
export async function ensureImageBuilder(options: InstallOptions): Promise<ImageBuilder> {
  if (executables('buildah', options.path ?? process.env['PATH']).length > 0) {
    return { files: null };
  }
  const files = await ensureDebianFiles(
    {
      name: 'buildah',
      packages: ['buildah', 'runc'],
      size: '18 MB',
      neededBy: 'A lab on Kubernetes needs buildah for the image of the worker and the gate.',
    },
    options,
  );
  return { files };
}
