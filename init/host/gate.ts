import { otherPort, portOf } from './slot-ports';
import type { FoundLog } from './search';
import { assumed, type Section } from '../settings';

/** The gate is new: no program tells anything of it but which ports it cannot have. */
export function gate(log: string, { programs }: FoundLog): Section {
  const rekors = programs.filter(({ program }) => program === 'rekor-server');
  const taken = new Set([
    ...programs.flatMap(({ ports }) => (ports === 'host' ? [] : [...ports.values()])),
    ...rekors.flatMap((rekor) => [portOf(rekor), otherPort(rekor)]),
  ]);
  const free = (...ports: readonly number[]): number => ports.find((port) => !taken.has(port)) ?? 3999;
  const [listen, admin] = [free(3000, 3300, 3400), free(3100, 3500, 3600)];
  const folder = `/var/lib/rekor-rotate/${log}`;
  return {
    key: 'gate',
    remark: 'It is new, and stands before both slots: docs/gate.md.',
    lines: [
      assumed('listen', `127.0.0.1:${listen}`, 'no program that was found listens there.'),
      assumed('admin', `127.0.0.1:${admin}`, 'the same. Keep it from the public.'),
      assumed('token', { file: 'secrets/gate-token' }, 'make this file: openssl rand -hex 32.'),
      assumed('stateFile', `${folder}/gate.json`, 'make its folder.'),
      assumed('spoolDirectory', `${folder}/spool`, 'make this folder.'),
    ],
  };
}
