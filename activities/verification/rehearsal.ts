import { entries } from '../../workflows/model/counted';
import type { Shard, TreeId } from '../../workflows/model/log';
import { verifyCheckpoint } from './checkpoint';
import { proveLeaf, readLeaf } from './entry-reading';
import type { LogAnswer, LogReader } from './log-reader';
import { prove } from './not-proven';
import { proveShardList, proveTreeHead, ServedShard } from './served-shard';

/** What all processes of a log must have in common, beside their shards. */
export interface LogIdentity {
  /** Under which checkpoints are signed: Rekor's `--rekor_server.hostname`. */
  readonly hostname: string;
  /** SHA-256 over the active tree's public key in DER, lower-case hex. */
  readonly logId: string;
}

/** The shards that an address serves, as Trillian knows them. */
export interface ExpectedShards {
  readonly activeTreeId: TreeId;
  /** In served order, with their lengths. */
  readonly inactive: readonly Shard[];
}

/** The UUID of no entry. */
const nobody = '0'.repeat(64);

/**
 * Makes each kind of request that a verification makes, at least once: so what keeps one from being made is known before
 * anything depends on it. Bounded, whatever the size of the log: one key for each tree, and one entry.
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
  const { treeId, checkpoint } = answer.active;
  const key = await reader.logKey(treeId, signal);
  const { hostname } = verifyCheckpoint(checkpoint, treeId, key);
  await Promise.all([
    // The one index that is right whatever lengths the process has loaded: Rekor signs it again when it is read (H4).
    reader.entryAt(0, signal),
    reader.entryByUuid(nobody, signal),
    reader.entryById(treeId, nobody, signal),
    reader.servesProofs(treeId, signal),
  ]);
  if (expected) {
    await proveNewest(reader, answer, expected, signal);
  }
  return { hostname, logId: key.logId };
}

/** Every head, and the newest entry: by index, by entry id and by UUID, as a verification proves each. */
async function proveNewest(
  reader: LogReader,
  answer: LogAnswer,
  { inactive }: ExpectedShards,
  signal: AbortSignal,
): Promise<void> {
  const shards: ServedShard[] = [];
  let firstIndex = 0;
  const trees = [...answer.inactive, answer.active].map(async (tree) => ({
    tree,
    key: await reader.logKey(tree.treeId, signal),
  }));
  for (const { tree, key } of await Promise.all(trees)) {
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
  const newest = shards.findLast(({ size }) => size > 0);
  if (newest) {
    const leaf = { shard: newest, leafIndex: newest.size - 1 };
    await proveLeaf(reader, shards, leaf, await readLeaf(reader, leaf, signal), signal);
  }
}
