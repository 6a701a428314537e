import type { Replacement } from '../../../workflows/model/installation';
import { filesOf } from './host-files';
import type { SlotFiles, SlotPair } from './slot-pair';
import { shellLine } from '../../../workflows/model/shell-line';
import type { SlotCommands } from './slot-commands';
import { keptPath, readKept } from './slot-files';
import type { KeptFile } from './slot-files';
import type { SignerVariables } from './slot-signer';

/**
 * What a person does in a shell when rekor-rotate cannot: the same ends as in host-files.ts, without its looks at what
 * someone else may have changed. Each list may be repeated.
 */

/** A slot with the commands of its operator. */
type Slot = SlotFiles & { readonly commands: SlotCommands };

/** Lines that come to what `settleFiles`, the stop of the current slot and `forgetFiles` come to. */
export function settleLines(
  pair: SlotPair & { readonly current: Slot; readonly next: Slot },
  replacement: Replacement,
): string[] {
  const { current, next } = pair;
  const lines = (...commands: (readonly string[] | undefined)[]): string[] =>
    commands.flatMap((command) => (command ? [shellLine(command)] : []));
  return [
    ...lines(next.commands.enable, ['cp', next.shardingFile, current.shardingFile]),
    pair.signerVariables ? copiedVariables(pair, pair.signerVariables) : editedTree(pair, replacement),
    ...lines(current.commands.disable, current.commands.stop, [
      'rm',
      '-f',
      ...filesOf(next, current).map(keptPath),
    ]),
  ];
}

/** Gives the current slot's environment file the next tree. */
function editedTree({ current, treeIdVariable }: SlotPair, { nextTreeId }: Replacement): string {
  const number = `\\([[:blank:]]*${treeIdVariable}[[:blank:]]*=[[:blank:]]*["']\\{0,1\\}\\)[0-9]\\{1,\\}`;
  return shellLine(['sed', '-i', `s/^${number}/\\1${nextTreeId}/`, current.environmentFile]);
}

/**
 * Gives it the next slot's tree and signer, as that slot's file has them: in one step, so that no tree is ever served with the
 * signer of another. The line names no secret (H28).
 */
function copiedVariables({ current, next, treeIdVariable }: SlotPair, signer: SignerVariables): string {
  const names = `names=${[treeIdVariable, ...Object.values(signer)].join(' ')}`;
  const copied = shellLine(['awk', '-v', names, COPY, next.environmentFile, current.environmentFile]);
  const [file, made] = [current.environmentFile, `${current.environmentFile}.by-hand`].map((path) =>
    shellLine([path]),
  );
  return `(umask 077; ${copied} >${made}) && cat ${made} >${file} && rm -f ${made}`;
}

/** All lines of the second file, of which those that set one of the names are the first file's. */
const COPY = [
  'function name(line) { sub(/=.*/, "", line); gsub(/[ \\t]/, "", line); return line }',
  'BEGIN { count = split(names, list, " "); for (i = 1; i <= count; i++) wanted[list[i]] = 1 }',
  'NR == FNR { if (/=/ && name($0) in wanted) line[name($0)] = $0; next }',
  '{ print (/=/ && name($0) in line) ? line[name($0)] : $0 }',
].join('; ');

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
