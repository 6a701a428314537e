import { becomeSeedProcess, type SeedsOf } from './seed-process';

/** The program of a process that runs seeds: it gets lists of them and sends each one's result. */
const ready = becomeSeedProcess(JSON.parse(process.argv[2] ?? '{}') as SeedsOf);

process.on('message', (seeds: readonly number[]) => {
  void (async () => {
    const run = await ready;
    for (const seed of seeds) {
      process.send?.(await run(seed));
    }
  })();
});
