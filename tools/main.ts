import { ensureBinaries } from './binaries';

/** `node out/dist/tools/main.js`: finds or builds the pinned programs and prints where each is. */
const interruption = new AbortController();

async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => interruption.abort(new Error('Broken off; the next run goes on from here.')));
  }
  const report = (line: string) => process.stderr.write(`${line}\n`);
  const binaries = await ensureBinaries(report, { signal: interruption.signal });
  for (const [name, path] of Object.entries(binaries) as [string, string][]) {
    console.log(`${name} ${path}`);
  }
}

main().catch((thrown: unknown) => {
  const error: unknown = interruption.signal.aborted ? interruption.signal.reason : thrown;
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
