import { ensureBinaries } from './binaries';

/** `node out/dist/tools/main.js`: finds or builds the pinned programs and prints where each is. */
async function main(): Promise<void> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => interruption.abort(new Error('Broken off; the next run goes on from here.')));
  }
  const report = (line: string) => process.stderr.write(`${line}\n`);
  const binaries = await ensureBinaries(report, { signal: interruption.signal });
  for (const [name, path] of Object.entries(binaries) as [string, string][]) {
    console.log(`${name} ${path}`);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
