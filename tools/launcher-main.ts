import { putImageLauncher } from './image-launcher';
import { interruption } from './interruption';

/** `npm run launcher`: puts the launcher into out/launcher of this checkout, for `docker build`. */
const signal = interruption(undefined, new Error('Broken off; the next run goes on from here.'));

const report = (line: string) => process.stderr.write(`${line}\n`);

putImageLauncher(process.cwd(), { report, signal }).then(
  () => report('The launcher is in out/launcher.'),
  (thrown: unknown) => {
    const error: unknown = signal.aborted ? signal.reason : thrown;
    report(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
