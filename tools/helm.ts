import { ensureTool } from './binaries';
import type { BuildOptions } from './build-tool';
import { helmTools } from './pinned';

/** The program of each release of Helm, by its major version. */
export type HelmPrograms = Readonly<Record<keyof typeof helmTools, string>>;

/** Finds both or builds them, one after the other: the second takes most of its packages from what the first has compiled. */
export async function ensureHelm(options: BuildOptions): Promise<HelmPrograms> {
  const program = async (major: keyof typeof helmTools): Promise<string> => {
    const files = await ensureTool(helmTools[major], options);
    return files.get('helm') ?? '';
  };
  return { 3: await program(3), 4: await program(4) };
}
