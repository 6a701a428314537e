import type { Binaries } from '../tools/binaries';
import { readStatus, startLab, stopLab, type DatabaseName } from '../lab/lab';
import { configureNewKey } from './new-key';
import { whatToDoNext } from './next-steps';
import type { Stage, StageOptions } from './stage';

/** A log in two slots on this machine, whose second rotation begins a new key. */
export async function stageOnHost(
  { directory, keep, report, signal }: StageOptions,
  binaries: Binaries,
  database: DatabaseName,
): Promise<Stage> {
  if (await readStatus(directory)) {
    report('A lab of an earlier demo is there: it is removed');
    await stopLab(directory, { keepData: false, report });
  }
  const lab = await startLab({
    ...{ directory, database, binaries, report, signal },
    ...{ detached: keep, keepData: keep },
  });
  return {
    lab,
    before: async (rotation) => {
      if (rotation === 2) {
        await configureNewKey(lab);
        report('The log is to have a new key: nextSigner is configured, and the worker was started again');
      }
    },
    leave: async () => {
      await lab.leave();
      return whatToDoNext({ ...lab.status, downOptions: ['--remove-data'] });
    },
    stop: () => lab.stop(),
  };
}
