import { relative } from 'node:path';
import { compiledProgram } from '../lab/files';

export interface LeftLab {
  readonly temporalUi: string;
  readonly publicUrl: string;
  readonly configuration: string;
  readonly directory: string;
  /** What `lab down` is told besides, to leave nothing. */
  readonly downOptions?: readonly string[];
}

/** Where a lab that runs on is reached, and commands to copy. */
export function whatToDoNext(left: LeftLab): string {
  const { temporalUi, publicUrl, configuration, directory, downOptions = [] } = left;
  const shown = (path: string): string => relative(process.cwd(), path);
  const command = `  node ${shown(compiledProgram())}`;
  const verbs = ['plan', 'status', 'rotate', 'prune'];
  return [
    'The lab runs on.',
    `  Temporal UI: ${temporalUi}`,
    `  Rekor: ${publicUrl}`,
    '',
    'To look around, and to end it:',
    ...verbs.map((verb) => `${command} ${verb} lab --config ${shown(configuration)}`),
    [`${command} lab down`, ...downOptions, '--directory', shown(directory)].join(' '),
  ].join('\n');
}
