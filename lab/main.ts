import { Interrupted, labCommandLine } from './command-line';

labCommandLine()
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof Interrupted ? 130 : 1;
  });
