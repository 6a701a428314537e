import { ensureBinaries } from './binaries';
import { ensureClusterBinaries } from './cluster-binaries';
import { interruption } from './interruption';
import { ensureLauncher } from './launcher';

/** `node out/dist/tools/main.js`: finds or builds the pinned programs and prints where each is. */
const signal = interruption(undefined, new Error('Broken off; the next run goes on from here.'));

const report = (line: string) => process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const [binaries, launcher] = await Promise.all([
    ensureBinaries(report, { signal }),
    ensureLauncher({ report, signal }),
    prepareCluster(),
  ]);
  for (const [name, path] of Object.entries({ ...binaries, launcher })) {
    console.log(`${name} ${path}`);
  }
}

/** Where a cluster of the lab can run; what is missing for it keeps nobody from the rest. */
async function prepareCluster(): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return;
  }
  try {
    const { containers, ...built } = await ensureClusterBinaries({ report, signal });
    for (const [name, path] of Object.entries({ ...built, containerd: containers.containerd })) {
      console.log(`${name} ${path}`);
    }
  } catch (error) {
    signal.throwIfAborted();
    report(error instanceof Error ? error.message : String(error));
  }
}

main().catch((thrown: unknown) => {
  const error: unknown = signal.aborted ? signal.reason : thrown;
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
