import type { FoundProgram } from '../programs/found-program';
import type { Difference } from '../init/host/one-log';
import type { Left } from '../init/host/own-trillian';
import { list, titled } from './text';

/** What was found, a program a line, and what was seen and may be another log's. */
export function foundText(programs: readonly FoundProgram[], left: readonly Left[], columns: number): string {
  const item = ({ program, where }: FoundProgram): string => `${program}: ${where}`;
  const taken = programs.filter((program) => left.every((one) => one.program !== program));
  const seen = left.map(({ program, reason }) => `${item(program)}: ${reason}`);
  return [
    ...titled('Found:', list(taken.map(item), columns)),
    ...titled('Seen, and not taken for it:', list(seen, columns)),
  ].join('\n');
}

/** Why no configuration is written: there is no Rekor, or there are those of several logs. */
export function unfitText(rekors: readonly FoundProgram[]): string {
  return rekors.length === 0
    ? 'No rekor-server was found: no process that this user may see runs it, no unit of systemd starts it, and no compose file of the working folder has it. Run it as root, or name it with --unit, --compose or --kube.'
    : [
        `These are ${rekors.length} of rekor-server, and one log has two slots. Name those of one log with --unit, --compose or --kube:`,
        ...rekors.map(({ where }) => where),
      ].join('\n');
}

/** Why no configuration is written: two Rekors differ in what those of one log have in common. */
export function severalLogsText(rekors: readonly FoundProgram[], differences: readonly Difference[]): string {
  const both = rekors.map(({ where }) => where).join(' and ');
  return [
    `${both} are not of one log. Name those of one log, or one alone, with --unit, --compose or --kube. They differ in:`,
    ...differences.map(({ flag, said }) => {
      const each = rekors.map(({ where }, place) => `${said[place] ?? 'another value'} at ${where}`);
      return `${flag}: ${each.join('; ')}`;
    }),
  ].join('\n');
}
