import { shellLine } from '../workflows/model/shell-line';
import type { FoundProgram, Unit } from '../programs/found-program';
import { found, missing, type Setting } from './settings';

/** The commands that start, stop and ask a slot. */
export function slotCommands({ run, where }: FoundProgram): Setting[] {
  if (run.by === 'systemd' || (run.by === 'podman' && run.unit)) {
    return run.unit ? ofUnit(run.unit) : [];
  }
  if (run.by === 'compose') {
    const compose = ['docker', 'compose', ...run.files.flatMap((file) => ['-f', file])];
    const running = shellLine([...compose, 'ps', '--status', 'running', '--quiet', run.service]);
    const remark = `${where}.`;
    return [
      // `start` would start the container that is there, with its former environment.
      found('start', [...compose, 'up', '-d', '--no-deps', run.service], remark),
      found('stop', [...compose, 'stop', run.service], ''),
      found('status', ['sh', '-c', `test -n "$(${running})"`], 'compose ps itself exits 0 in any case.'),
    ];
  }
  const example = (verb: string): readonly string[] => ['systemctl', verb, 'rekor@blue'];
  const reason = `what starts ${where} is not known.`;
  return [
    missing('start', example('start'), reason),
    missing('stop', example('stop'), reason),
    missing('status', ['systemctl', 'is-active', '--quiet', 'rekor@blue'], reason),
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
