import { entries } from './counted';
import type { Shard, TreeId } from './log';
import { firstIndexAfter } from './shards';

/** A tree that has ended, and where it stands in the log. */
export interface EndedTree extends Shard {
  /** Lower-case hex; absent where only its length is known. */
  readonly rootHash?: string;
  /** Virtual index of its first entry: the lengths of the shards before it. */
  readonly firstIndex: number;
}

/** What a rotation has changed for whoever reads the log. */
export interface NewShard {
  /** The trees that have ended, in served order: one, or two where the next tree could not serve. */
  readonly ended: readonly EndedTree[];
  readonly nextTreeId: TreeId;
  /** Virtual index of the next tree's first leaf. */
  readonly firstIndex: number;
  /** That leaf is the handover. */
  readonly handover: boolean;
  /** Absent where the key stayed the same, or nobody told it. */
  readonly keyChange?: KeyChange;
}

/** A log signs with another key from some index on. Both are named as SHA-256 over their DER, lower-case hex. */
export interface KeyChange {
  readonly former: string;
  readonly next: string;
  /** Virtual index of the first entry under the next key. */
  readonly fromIndex: number;
}

/** Whether the key changed with the trees that ended, and where; undefined where it did not, or a key is not known. */
export function keyChangeOf(
  ended: readonly EndedTree[],
  next: Pick<NewShard, 'firstIndex'> & { readonly treeId: TreeId },
  keyOf: (treeId: TreeId) => string | undefined,
): KeyChange | undefined {
  const [first] = ended;
  const former = first && keyOf(first.treeId);
  const key = keyOf(next.treeId);
  if (former === undefined || key === undefined || former === key) {
    return undefined;
  }
  const { firstIndex } = ended.find(({ treeId }) => keyOf(treeId) === key) ?? next;
  return { former, next: key, fromIndex: firstIndex };
}

/** The given shards of a log with the index of each one's first entry, of which the last `count` are wanted. */
export function endedTrees(shards: readonly Shard[], count: number): EndedTree[] {
  return shards
    .map((shard, position) => ({ ...shard, firstIndex: firstIndexAfter(shards.slice(0, position)) }))
    .slice(-count);
}

/** Who has to know of a rotation. */
export type Audience =
  'everyone' | 'monitors' | 'mirrors' | 'witnesses' | 'resenders' | 'verifiers' | 'clients';

/** What one of them is told. */
export interface Notice {
  readonly for: Audience;
  readonly text: string;
}

/** The same as sentences, for a result. */
export function downstream(shard: NewShard): string[] {
  return notices(shard).map(({ text }) => text);
}

/**
 * Who must be told of a rotation, and what, with this log's values; docs/operating.md ("Whom to tell") has the commands and
 * the reasons. Sources: rekor-monitor (internal/cmd/common.go, pkg/rekor/v1/identity.go, rekor: pkg/verify/verify.go), rekor-cli
 * (rekor: cmd/rekor-cli/app/log_info.go, verify.go), Rekor itself (pkg/api/entries.go, tlog.go).
 */
export function notices({ ended, nextTreeId, firstIndex, handover, keyChange }: NewShard): Notice[] {
  const last = ended.at(-1);
  // Of an empty tree there is no checkpoint to go on from, and nothing that was searched.
  const watched = ended.filter(({ length }) => length > 0);
  const to = (audience: Audience, ...texts: readonly string[]): Notice[] =>
    texts.map((text) => ({ for: audience, text }));
  return [
    ...to('everyone', ...ended.map(endOf)),
    ...to(
      'monitors',
      ...watched.map(
        ({ treeId, firstIndex: before }) =>
          `rekor-monitor, with a checkpoint of tree ${treeId}: move its checkpoint file away, and set startIndex, for one run, to the last index that it searched. That is the size in its last checkpoint, less 1, plus ${before}.`,
      ),
      'rekor-monitor says nothing by itself: rekor_monitor --once exits 0. Alert on its output "error running consistency check", and in loop mode on the counter log_index_verification_failure.',
      ...watched.map(
        ({ treeId }) =>
          `Monitors, to check the end of tree ${treeId} from a checkpoint of it: write {"${treeId}": "CHECKPOINT"} to .rekor/state.json in a new directory, and run rekor-cli loginfo with that as HOME. It exits with 1 unless that tree extends the checkpoint. It must say "No previous log state stored" once for each other tree: once more, and it has checked nothing.`,
      ),
      ...(keyChange
        ? [
            'rekor-monitor picks the key of the log when it starts: start it again, with a trusted root that has the new key.',
          ]
        : []),
    ),
    ...to(
      'mirrors',
      `Mirrors and crawlers: sum the sizes of all shards; the active tree's size alone has fallen. Name treeID in each GET /api/v1/log/proof: without it tree ${nextTreeId} answers from now on, with 200.`,
    ),
    ...to(
      'witnesses',
      `Witnesses: the checkpoint's origin names tree ${nextTreeId} from now on${keyChange ? `, and its key is ${keyChange.next} (SHA-256 of its DER)` : ''}.`,
    ),
    ...to(
      'resenders',
      `Who sends an entry from before index ${firstIndex} again: it is logged once more, with 201 and a second index, where 409 was the answer. Then rekor-cli verify --artifact fails for it for good ("multiple entries returned"), and so does verify --uuid with 64 digits: verify by the UUID of 80 digits, and send nothing again.`,
    ),
    ...to(
      'verifiers',
      `Verifiers of your own making: from index ${firstIndex} on an entry's logIndex is ${firstIndex} more than the logIndex in its inclusion proof, which counts within tree ${nextTreeId}.`,
      ...(handover && last
        ? [
            `Index ${firstIndex} is the handover: a hashedrekord over the end of tree ${last.treeId}. Its key is made for it alone and is nobody's, and search does not find it. rekor-cli get --log-index ${firstIndex} shows it.`,
          ]
        : []),
    ),
    ...to('clients', ...(keyChange ? newKeyTexts(keyChange, nextTreeId) : [sameKey])),
  ];
}

const sameKey =
  'Sigstore clients and TUF roots: nothing changes; the key is the same, and every index and UUID stays valid.';

function newKeyTexts({ former, next, fromIndex }: KeyChange, nextTreeId: TreeId): string[] {
  return [
    `Sigstore clients and TUF roots: from index ${fromIndex} on entries are signed with the key ${next} (SHA-256 of its DER). Earlier ones keep the key ${former}, and every index and UUID stays valid. The trusted root must have both keys, the former one for good.`,
    `Who has a public key of the log in a file needs both: GET /api/v1/log/publicKey?treeID=${nextTreeId} gives the new one.`,
  ];
}

function endOf({ treeId, length, rootHash, firstIndex }: EndedTree): string {
  const root = rootHash === undefined ? '' : ` and the root ${rootHash} (hex)`;
  const last = firstIndex + length - 1;
  const indexes = length === 0 ? '' : length === 1 ? `, index ${last}` : `, indexes ${firstIndex} to ${last}`;
  return `Tree ${treeId} has ended with ${entries(length)}${root}${indexes}.`;
}
