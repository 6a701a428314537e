import { z } from 'zod';
import type { Checkpoint } from '../activities/verification/checkpoint';
import type { LogKey } from '../activities/verification/log-key';
import { TreeHeads } from '../activities/verification/tree-heads';
import { shown } from '../workflows/model/shown';
import { Checking } from './checking';
import { checkFirstLeaf, checkHandover } from './checks/first-leaf';
import { checkInstances } from './checks/instances';
import { treesByKey, trustedKeys } from './checks/keys';
import { checkShards } from './checks/shards';
import type { Failure } from './failures';
import { isWhole } from './seal';
import { FORMAT, receiptSchema, type Receipt } from './schema';

/** What came of a look at a receipt. */
export interface Verdict {
  /** Null for a file that is none. */
  readonly receipt: Receipt | null;
  /** Everything that does not hold; empty when the receipt holds. */
  readonly failures: readonly Failure[];
  /** The keys that verified something, with the trees that each signed. */
  readonly used: readonly { readonly logId: string; readonly trees: readonly string[] }[];
  /** How many signed notes were proven. */
  readonly notes: number;
}

/**
 * Proves a receipt without any network, against the keys that its reader trusts. A key that stands in the receipt alone proves
 * nothing. Says all that does not hold, and not only the first of it.
 */
export function verifyReceipt(text: string, given: readonly LogKey[]): Verdict {
  const checking = new Checking();
  const receipt = readReceipt(text, checking);
  if (!receipt) {
    return { receipt, failures: checking.failures, used: [], notes: 0 };
  }
  const what = 'its content does not have the digest that it was sealed with';
  checking.requires(isWhole(receipt), 'DAMAGED', 'The receipt', what);
  const keyOf = trustedKeys(receipt, given, checking);
  const notes = [
    ...checkShards(receipt, keyOf, checking),
    ...checkFirstLeaf(receipt, keyOf, checking),
    ...checkInstances(receipt, keyOf, checking),
  ];
  checkHandover(receipt, checking);
  checkNotes(notes, checking);
  const used = [...treesByKey(receipt)]
    .filter(([logId]) => keyOf(logId) !== undefined)
    .map(([logId, trees]) => ({ logId, trees }));
  return { receipt, failures: checking.failures, used, notes: notes.length };
}

/** All notes are of one log, which has signed no tree twice with one size. */
function checkNotes(notes: readonly Checkpoint[], checking: Checking): void {
  const names = [...new Set(notes.map(({ hostname }) => hostname))];
  const found = names.map((name) => shown(name)).join(', ');
  checking.requires(names.length <= 1, 'NAMES_DIFFER', 'The notes', `they are signed as ${found}`);
  const trees = new Map<string, TreeHeads>();
  for (const note of notes) {
    const heads = trees.get(note.treeId) ?? new TreeHeads(note.treeId);
    trees.set(note.treeId, heads);
    checking.proving(`Tree ${note.treeId}`, () => heads.see(note));
  }
}

function readReceipt(text: string, checking: Checking): Receipt | null {
  const where = 'The file';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    checking.add('NOT_A_RECEIPT', where, 'it is no JSON');
    return null;
  }
  const format = typeof json === 'object' && json !== null && 'format' in json ? json.format : undefined;
  if (typeof format === 'number' && format !== FORMAT) {
    checking.add('FORMAT_UNKNOWN', where, `its format is ${format}; this version reads ${FORMAT}`);
    return null;
  }
  const parsed = receiptSchema.safeParse(json);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      checking.add('NOT_A_RECEIPT', path.length > 0 ? z.core.toDotPath(path) : where, message);
    }
    return null;
  }
  return parsed.data;
}
