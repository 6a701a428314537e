import type { Replacement } from '../../../workflows/model/installation';
import { filesOf } from './host-files';
import type { SlotFiles, SlotPair } from './host-files';
import { shellLine } from '../../../workflows/model/shell-line';
import type { SlotCommands } from './slot-commands';
import { keptPath, readKept } from './slot-files';
import type { KeptFile } from './slot-files';

/**
 * What a person does in a shell when rekor-rotate cannot: the same ends as in host-files.ts, without its looks at what
 * someone else may have changed. Each list may be repeated.
 */

/** A slot with the commands of its operator. */
type Slot = SlotFiles & { readonly commands: SlotCommands };

/** Lines that come to what `settleFiles`, the stop of the current slot and `forgetFiles` come to. */
export function settleLines(
  { current, next, treeIdVariable }: SlotPair & { readonly current: Slot; readonly next: Slot },
  replacement: Replacement,
): string[] {
  const number = `\\([[:blank:]]*${treeIdVariable}[[:blank:]]*=[[:blank:]]*["']\\{0,1\\}\\)[0-9]\\{1,\\}`;
  const assignment = `s/^${number}/\\1${replacement.nextTreeId}/`;
  return [
    next.commands.enable,
    ['cp', next.shardingFile, current.shardingFile],
    ['sed', '-i', assignment, current.environmentFile],
    current.commands.disable,
    current.commands.stop,
    ['rm', '-f', ...filesOf(next, current).map(keptPath)],
  ].flatMap((command) => (command ? [shellLine(command)] : []));
}

/** Lines that come to what the stop of the next slot and `discardFiles` come to. */
export async function discardLines(next: Slot, replacement: Replacement): Promise<string[]> {
  const lines = [shellLine(next.commands.stop)];
  for (const path of [next.environmentFile, next.shardingFile]) {
    const kept = await readKept(path);
    if (kept?.mark === replacement.attemptId) lines.push(...putBackLines(path, kept));
  }
  return lines;
}

function putBackLines(path: string, { before, superseded }: KeptFile): string[] {
  const [file, keeps] = [shellLine([path]), shellLine([keptPath(path)])];
  const kept = (printed: string): string =>
    `${shellLine(['node', '-e', `process.stdout.write(${printed})`])} <${keeps}`;
  const inFile = 'JSON.parse(fs.readFileSync(0))';
  return [
    before === null ? `rm -f ${file}` : `${kept(`${inFile}.before`)} >${file}`,
    superseded
      ? `${kept(`JSON.stringify(${inFile}.superseded)`)} >${keeps}.new && mv ${keeps}.new ${keeps}`
      : `rm -f ${keeps}`,
  ];
}
