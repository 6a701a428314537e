import type { InitialConfiguration } from '../initial-configuration';
import { gate } from './gate';
import type { FoundProgram } from '../../programs/found-program';
import type { FoundLog } from './search';
import { assumed, found, missing, notesOf, written, type Line, type Setting } from '../settings';
import { namedSlots } from './slot-names';
import { installation } from './slots';
import { trillian } from './trillian';
import { valueOf } from '../../programs/variables';

const HOSTNAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;
const FLAG = '--rekor_server.hostname';

/**
 * Writes a configuration of one log from one or two Rekors and their Trillian.
 *
 * @param name of the log.
 */
export function initialConfiguration(name: string, log: FoundLog): InitialConfiguration {
  const slots = namedSlots(log.programs.filter(({ program }) => program === 'rekor-server'));
  const rekors = slots.map(({ rekor }) => rekor);
  const lines: readonly Line[] = [
    {
      key: 'temporal',
      lines: [assumed('address', '127.0.0.1:7233', 'TEMPORAL_ADDRESS and profiles of Temporal win.')],
    },
    {
      key: 'logs',
      lines: [{ key: name, lines: [...names(rekors), trillian(log), gate(name, log), installation(slots)] }],
    },
  ];
  return { yaml: `${[...head(), ...written(lines)].join('\n')}\n`, notes: notesOf(lines) };
}

function head(): string[] {
  return [
    '# Written by `rekor-rotate init --host` from what this host runs. A line that begins with "#" and a key',
    '# is missing: give it its value and take the "#" away. Then look at what is assumed.',
    '# `rekor-rotate config check` says what is wrong; examples/rekor-rotate.yaml has every key.',
  ];
}

/** Where clients reach the log, and the name in its checkpoints, which is the nearest thing to that of which a program is told. */
function names(rekors: readonly FoundProgram[]): Line[] {
  const told = new Set(rekors.flatMap((rekor) => valueOf(rekor, 'rekor_server.hostname') ?? []));
  const hostname = [...told].find((one) => HOSTNAME.test(one));
  const example = 'rekor.example.com';
  if (hostname === undefined) {
    return [
      missing('publicUrl', `https://${example}`, 'no program is told where clients reach the log.'),
      missing('hostname', example, `no slot has ${FLAG}. Give both the name that clients know.`),
    ];
  }
  const publicUrl: Setting = assumed(
    'publicUrl',
    `https://${hostname}`,
    `from ${FLAG}. Is it where clients reach the log?`,
  );
  return [publicUrl, found('hostname', hostname, `${FLAG}.`)];
}
