import { ensureHelm } from './helm';
import { interruption } from './interruption';

/** `node out/dist/tools/helm-main.js`: finds or builds what only tests on a cluster need, and prints where it is. */
const signal = interruption(undefined, new Error('Broken off; the next run goes on from here.'));

const report = (line: string) => process.stderr.write(`${line}\n`);

ensureHelm({ report, signal }).then(
  (programs) => Object.entries(programs).forEach(([major, path]) => console.log(`helm ${major} ${path}`)),
  (thrown: unknown) => {
    const error: unknown = signal.aborted ? signal.reason : thrown;
    report(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
