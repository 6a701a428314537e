import type { FoundProgram } from '../programs/found-program';
import type { Note } from '../init/settings';
import { list, titled, wrap } from './text';

/** What was found, a program a line. */
export function foundText(programs: readonly FoundProgram[], columns: number): string {
  const items = programs.map(({ program, where }) => `${program}: ${where}`);
  return titled('Found:', list(items, columns)).join('\n');
}

/** What a person has to do before the configuration is one. */
export function notesText(notes: readonly Note[], file: string | undefined, columns: number): string {
  const of = (kind: Note['kind']): string[] =>
    list(
      notes.filter((note) => note.kind === kind).map(({ path, remark }) => `${path}: ${remark}`),
      columns,
    );
  const check = `rekor-rotate config check --config ${file ?? 'FILE'}`;
  return [
    ...titled('Not found, and commented out:', of('missing')),
    ...titled('Beware:', of('beware')),
    ...titled('Assumed; look at each:', of('assumed')),
    '',
    ...wrap(`Nothing has been changed. Fill in what is missing, then: ${check}`, columns),
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
