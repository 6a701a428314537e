import type { InitialConfiguration } from '../init/initial-configuration';
import type { Note } from '../init/settings';
import { list, titled, wrap } from './text';

/** What one of the two ways to write a configuration has come to. */
export interface Initial extends InitialConfiguration {
  /** What was found, for people, in so many columns. */
  readonly foundText: (columns: number) => string;
}

/** What a person has to do before the configuration is one. */
export function notesText(notes: readonly Note[], file: string | undefined, columns: number): string {
  const of = (kind: Note['kind']): string[] =>
    list(
      notes.filter((note) => note.kind === kind).map(({ path, remark }) => `${path}: ${remark}`),
      columns,
    );
  const check = `rekor-rotate config check --config ${file ?? 'FILE'}`;
  const written =
    file === undefined ? 'Nothing has been changed.' : `${file} is written. Nothing else has been changed.`;
  return [
    ...titled('Not found, and commented out:', of('missing')),
    ...titled('Beware:', of('beware')),
    ...titled('Assumed; look at each:', of('assumed')),
    '',
    ...wrap(`${written} Fill in what is missing, then: ${check}`, columns),
  ].join('\n');
}
