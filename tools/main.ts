import { ensureBinaries } from './binaries';
import { interruption } from './interruption';

/** `node out/dist/tools/main.js`: finds or builds the pinned programs and prints where each is. */
const signal = interruption(undefined, new Error('Broken off; the next run goes on from here.'));

async function main(): Promise<void> {
  const report = (line: string) => process.stderr.write(`${line}\n`);
  for (const [name, path] of Object.entries(await ensureBinaries(report, { signal })) as [string, string][]) {
    console.log(`${name} ${path}`);
  }
}

main().catch((thrown: unknown) => {
  const error: unknown = signal.aborted ? signal.reason : thrown;
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
