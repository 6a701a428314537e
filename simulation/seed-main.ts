import { mutantNames } from './mutants';
import { becomeSeedProcess } from './seed-process';

/** The program of a process that runs seeds: it gets lists of them and sends each one's result. */
const ready = becomeSeedProcess(mutantNames.find((name) => name === process.argv[2]));

process.on('message', (seeds: readonly number[]) => {
  void (async () => {
    const run = await ready;
    for (const seed of seeds) {
      process.send?.(await run(seed));
    }
  })();
});
