import { relative } from 'node:path';
import { compiledProgram } from '../lab/files';

export interface LeftLab {
  readonly temporalUi: string;
  readonly publicUrl: string;
  readonly configuration: string;
  /** What `lab down` is told to end it. */
  readonly down: readonly string[];
}

/** Where a lab that runs on is reached, and commands to copy. */
export function whatToDoNext({ temporalUi, publicUrl, configuration, down }: LeftLab): string {
  const shown = (path: string): string => (path.startsWith('/') ? relative(process.cwd(), path) : path);
  const command = `  node ${shown(compiledProgram())}`;
  const verbs = ['plan', 'status', 'rotate', 'prune'];
  return [
    'The lab runs on.',
    `  Temporal UI: ${temporalUi}`,
    `  Rekor: ${publicUrl}`,
    '',
    'To look around, and to end it:',
    ...verbs.map((verb) => `${command} ${verb} lab --config ${shown(configuration)}`),
    `${command} lab down ${down.map(shown).join(' ')}`,
  ].join('\n');
}
