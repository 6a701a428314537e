import { shellLine } from '../../workflows/model/shell-line';
import type { FoundProgram, Unit } from '../../programs/found-program';
import { found, missing, type Setting } from '../settings';

/**
 * The commands that start, stop and ask a slot. What would start another slot, too, is none of its commands: two Rekors may be in one
 * unit.
 *
 * @param slot its name, which the examples have.
 * @param others the Rekors of the other slots.
 */
export function slotCommands(slot: string, rekor: FoundProgram, others: readonly FoundProgram[]): Setting[] {
  const own = ownCommands(rekor);
  if (own.length === 0) return examples(slot, `what starts ${rekor.where} is not known.`);
  const startOf = (commands: readonly Setting[]): string => JSON.stringify(commands[0]?.value);
  const shared = others.find((other) => startOf(ownCommands(other)) === startOf(own));
  return shared
    ? examples(slot, `what starts ${rekor.where} starts ${shared.where}, too. Each slot needs its own.`)
    : own;
}

/** None where it is not known what starts it. */
function ownCommands({ run, where }: FoundProgram): Setting[] {
  if (run.by === 'systemd' || run.by === 'podman') return run.unit ? ofUnit(run.unit) : [];
  if (run.by !== 'compose') return [];
  const compose = ['docker', 'compose', ...run.files.flatMap((file) => ['-f', file])];
  const running = shellLine([...compose, 'ps', '--status', 'running', '--quiet', run.service]);
  return [
    // `start` would start the container that is there, with its former environment.
    found('start', [...compose, 'up', '-d', '--no-deps', run.service], `${where}.`),
    found('stop', [...compose, 'stop', run.service], ''),
    found('status', ['sh', '-c', `test -n "$(${running})"`], 'compose ps itself exits 0 in any case.'),
  ];
}

/**
 * The commands of a Rekor that is to be made beside one, as that one has them. None where it is not known what starts it.
 *
 * @param other the name that a unit or a service gets there.
 */
export function twinCommands(
  { run, where, ...rest }: FoundProgram,
  other: (name: string) => string,
): Setting[] {
  const unitOf = (unit: Unit): Unit => ({ ...unit, name: other(unit.name) });
  if (run.by === 'compose') {
    return ownCommands({ ...rest, where, run: { ...run, service: other(run.service) } });
  }
  const unit = run.by === 'systemd' || run.by === 'podman' ? run.unit : undefined;
  return unit ? ofUnit(unitOf(unit)) : [];
}

/** Commands of a slot as they often are. */
export function examples(slot: string, reason: string): Setting[] {
  const unit = `rekor@${slot}`;
  return [
    missing('start', ['systemctl', 'start', unit], reason),
    missing('stop', ['systemctl', 'stop', unit], reason),
    missing('status', ['systemctl', 'is-active', '--quiet', unit], reason),
  ];
}

function ofUnit({ name, installs }: Unit): Setting[] {
  const words = (...verb: string[]): readonly string[] => ['systemctl', ...verb, name];
  return [
    found('start', words('start'), `${name}.service.`),
    found('stop', words('stop'), ''),
    found('status', words('is-active', '--quiet'), ''),
    ...(installs ? [found('enable', words('enable'), ''), found('disable', words('disable'), '')] : []),
  ];
}
