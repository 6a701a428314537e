import { entries } from '../../workflows/model/counted';
import type { Shard, TreeId } from '../../workflows/model/log';
import { verifyCheckpoint } from './checkpoint';
import { proveLeaf, readLeaf } from './entry-reading';
import type { LogAnswer, TreeAnswer } from './log-api';
import type { LogKey } from './log-key';
import type { LogReader } from './log-reader';
import { prove } from './not-proven';
import { proveShardList, proveTreeHead, ServedShard } from './served-shard';

/** What all processes of a log must have in common, beside their shards. */
export interface LogIdentity {
  /** Under which checkpoints are signed: Rekor's `--rekor_server.hostname`. */
  readonly hostname: string;
  /** SHA-256 over the active tree's public key in DER, lower-case hex. */
  readonly logId: string;
  /** In served order, the active one last; the checkpoint of each is signed with its key. */
  readonly shards: readonly SignedShardHead[];
}

/** With which key a shard is signed, and what was signed: its length as the process has loaded it, and its root. */
export interface SignedShardHead extends Shard {
  /** SHA-256 over its key in DER, lower-case hex. */
  readonly logId: string;
  /** Lower-case hex. */
  readonly rootHash: string;
}

/** The shards that an address serves, as Trillian knows them. */
export interface ExpectedShards {
  readonly activeTreeId: TreeId;
  /** In served order, with their lengths. */
  readonly inactive: readonly Shard[];
}

/**
 * An active tree of one entry may have nothing but the handover leaf of a rotation that was interrupted, and is still taken
 * back: then a client gets its index. Rekor signs what it is asked for, so nobody asks for that (H4).
 */
const MAY_GO = 1;

/** The UUID of no entry. */
const nobody = '0'.repeat(64);

/**
 * Makes each kind of request that a verification makes, at least once: so what keeps one from being made is known before
 * anything depends on it. Bounded, whatever the size of the log: one key and one checkpoint for each tree, and one entry.
 *
 * Where the shards are expected, they are proven too, with their checkpoints and the newest entry. A process whose current
 * tree still grows is asked without them: what it loaded of that tree is right to be less. Throws NotProven.
 */
export async function rehearse(
  reader: LogReader,
  expected: ExpectedShards | undefined,
  signal: AbortSignal,
): Promise<LogIdentity> {
  const answer = await reader.log(signal);
  if (expected) {
    proveShardList(answer, expected.activeTreeId, expected.inactive);
  }
  const trees = [...answer.inactive, answer.active];
  const keys = await Promise.all(trees.map(({ treeId }) => reader.logKey(treeId, signal)));
  const heads = trees.map((tree, position) => headOf(tree, keys[position]));
  const { treeId } = answer.active;
  await Promise.all([
    // The one index that is right whatever lengths the process has loaded: Rekor signs it again when it is read (H4).
    reader.entryAt(mayGo(answer) ? MAY_GO : 0, signal),
    reader.entryByUuid(nobody, signal),
    reader.entryById(treeId, nobody, signal),
    reader.servesProofs(treeId, signal),
  ]);
  if (expected) {
    await proveNewest(reader, { trees, keys }, expected, signal);
  }
  const active = heads.at(-1);
  return {
    hostname: active?.hostname ?? '',
    logId: active?.shard.logId ?? '',
    shards: heads.map(({ shard }) => shard),
  };
}

/** Whether the very first entry of the log is in an active tree that may have nothing but a handover leaf. */
function mayGo({ active, inactive }: LogAnswer): boolean {
  return active.size <= MAY_GO && inactive.every(({ size }) => size === 0);
}

function headOf({ treeId, checkpoint }: TreeAnswer, key: LogKey | undefined) {
  prove(key !== undefined, 'ANSWER_UNREADABLE', `the log gives no key of tree ${treeId}`);
  const { hostname, size, root } = verifyCheckpoint(checkpoint, treeId, key);
  const { logId } = key;
  const shard: SignedShardHead = { treeId, length: size, logId, rootHash: root.toString('hex') };
  return { hostname, shard };
}

/** Every head, and the newest entry: by index, by entry id and by UUID, as a verification proves each. */
async function proveNewest(
  reader: LogReader,
  { trees, keys }: { readonly trees: readonly TreeAnswer[]; readonly keys: readonly LogKey[] },
  { inactive }: ExpectedShards,
  signal: AbortSignal,
): Promise<void> {
  const shards: ServedShard[] = [];
  let firstIndex = 0;
  for (const [position, tree] of trees.entries()) {
    const key = keys[position];
    prove(key !== undefined, 'ANSWER_UNREADABLE', `the log gives no key of tree ${tree.treeId}`);
    const { treeId } = tree;
    const head = proveTreeHead(tree, key);
    const length = inactive[shards.length]?.length;
    prove(
      length === undefined || head.size === length,
      'LENGTH_DIFFERS',
      `tree ${treeId} has ${entries(head.size)}, not ${length ?? ''}`,
    );
    const shard = new ServedShard(
      { treeId, firstIndex, key },
      head.size,
      length === undefined,
      tree.checkpoint,
    );
    shard.see(head);
    shards.push(shard);
    firstIndex += head.size;
  }
  const newest = shards.findLast(({ size }, position) => size > (position < inactive.length ? 0 : MAY_GO));
  if (newest) {
    const leaf = { shard: newest, leafIndex: newest.size - 1 };
    await proveLeaf(reader, shards, leaf, await readLeaf(reader, leaf, signal), signal);
  }
}
