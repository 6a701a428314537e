import { rekorOfCommand, type CommandProgram } from '../../../../programs/command-program';
import type { SystemdUnit } from '../../../../programs/readers/systemd-unit';
import { UnitFiles } from '../../../../programs/unit-files';
import { UnitPrograms } from '../../../../programs/unit-programs';
import type { ExaminedSlot } from './examined-host';
import { shownOf, startsUnit, type StartsUnit } from './systemd';
import { argumentsOf } from './unit-arguments';

/** What the start command of a slot would start, without starting anything. */
export async function slotProgram({ commands }: ExaminedSlot, signal: AbortSignal): Promise<CommandProgram> {
  const starts = startsUnit(commands.start);
  if (!starts) return rekorOfCommand(commands.start, process.cwd());
  const unit = await unitOf(starts, signal);
  if (!unit) return { unknown: `systemd shows no command of ${starts.unit}` };
  const found = new UnitPrograms(new UnitFiles()).of(unit).find(({ program }) => program === 'rekor-server');
  if (found) return found;
  const run = rekorOfCommand(unit.execStart, unit.folder);
  return 'unknown' in run ? { unknown: `in ${unit.name}.service, ${run.unknown}` } : run;
}

/** As its files say it, with its variables; where they cannot be read, as systemd shows its command. */
async function unitOf(starts: StartsUnit, signal: AbortSignal): Promise<SystemdUnit | undefined> {
  const shown = await shownOf(starts, ['ExecStart'], signal);
  const execStart = argumentsOf(shown?.get('ExecStart') ?? '');
  if (execStart.length === 0) return undefined;
  const name = starts.unit.replace(/\.service$/, '');
  const isUsers = starts.systemctl.includes('--user');
  const ofFiles = isUsers ? undefined : new UnitFiles().unit(name);
  return (
    ofFiles ?? {
      ...{ name, execStart, environmentFiles: [], environment: new Map(), folder: '/', installs: false },
    }
  );
}
