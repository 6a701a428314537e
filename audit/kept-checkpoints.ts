import { z } from 'zod';
import { parseJson } from '../activities/clients/parse-json';
import { type Checkpoint, parseCheckpoint, verifyCheckpoint } from '../activities/verification/checkpoint';
import type { MerkleHead } from '../activities/verification/merkle';
import type { TreeId } from '../workflows/model/log';
import type { Instance } from './instance';
import type { Findings } from './model/finding';

/** A checkpoint that somebody has kept, as the signed note that it is. */
export interface KeptCheckpoint extends Checkpoint {
  readonly note: string;
}

/**
 * The checkpoints in a file: signed notes one after the other, the same with `\n` written out as rekor-monitor keeps them, or the
 * JSON object of rekor-cli's state.json. Throws NotProven for anything else.
 */
export function readCheckpoints(text: string): KeptCheckpoint[] {
  const json = z.record(z.string(), z.string()).safeParse(parseJson(text));
  const texts = json.success ? [...new Set(Object.values(json.data))] : [text];
  return texts.flatMap(notesIn).map((note) => ({ ...parseCheckpoint(note), note }));
}

function notesIn(text: string): string[] {
  const lines = text.replaceAll('\r\n', '\n').replaceAll('\\n', '\n').trim();
  // A note ends with the last of its lines of signatures.
  return lines.split(/(?<=\n— [^\n]+)\n+(?!— )/).map((note) => `${note.trim()}\n`);
}

/** Proves of each checkpoint that it is one of a served tree, signed by its key; gives the heads that this holds for. */
export async function proveKept(
  { address, log, keys, view }: Instance,
  kept: readonly KeptCheckpoint[],
  findings: Findings,
  signal: AbortSignal,
): Promise<{ readonly treeId: TreeId; readonly head: MerkleHead }[]> {
  const active = view.trees.at(-1)?.treeId;
  const most = Math.max(...kept.filter(({ treeId }) => treeId === active).map(({ size }) => size));
  // Whoever kept it may have asked a process that is a moment ahead.
  const sizeOfActive = async (): Promise<number> =>
    (await log.trees(signal)).find(({ treeId }) => treeId === active)?.size ?? 0;
  const activeSize = await log.eventually(sizeOfActive, (size) => size >= most, signal);
  return kept.flatMap((checkpoint) => {
    const { treeId, size, note } = checkpoint;
    const tree = view.trees.find((one) => one.treeId === treeId);
    const key = keys.get(treeId);
    const place = { address, where: `Your checkpoint of tree ${treeId} with size ${size}` };
    if (!tree) {
      const what = 'the log serves no such tree';
      findings.add({ code: 'CHECKPOINT_UNSERVED', ...place, what });
      return [];
    }
    const live = treeId === active ? Math.max(activeSize, tree.live) : tree.live;
    if (size > live) {
      const what = `the tree has ${live} entries now`;
      findings.add({ code: 'CHECKPOINT_BEYOND_END', ...place, what });
      return [];
    }
    if (!key) return [];
    if (!isSigned(note, treeId, key)) {
      const what = `the key that the log now gives for this tree (${key.logId.slice(0, 16)}...) has not signed it`;
      findings.add({ code: 'CHECKPOINT_OF_OTHER_KEY', ...place, what });
      return [];
    }
    return [{ treeId, head: checkpoint }];
  });
}

function isSigned(...[note, treeId, key]: Parameters<typeof verifyCheckpoint>): boolean {
  try {
    verifyCheckpoint(note, treeId, key);
    return true;
  } catch {
    return false;
  }
}
