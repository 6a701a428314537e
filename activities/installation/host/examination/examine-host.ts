import type { Check } from '../../../../workflows/model/checks';
import { examineCommands, examineStatus } from './commands';
import type { ExaminedHost } from './examined-host';
import { examineFiles } from './files';
import { examineNextSlot } from './next-slot';
import { examineProcess } from './serving-process';
import { examineStartLimit } from './start-limit';
import { examineUnitArguments } from './unit-arguments';

/** What a person would look at on the host before the first rotation. */
export async function examineHost(host: ExaminedHost): Promise<Check[]> {
  const checks = [
    examineCommands,
    examineStatus,
    examineStartLimit,
    examineUnitArguments,
    examineFiles,
    examineProcess,
    examineNextSlot,
  ];
  return (await Promise.all(checks.map((examine) => examine(host)))).flat();
}
