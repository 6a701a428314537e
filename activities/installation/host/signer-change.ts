import type { Content, PlannedSigner, SignerPart } from '../../../workflows/model/installation';
import type { TreeId } from '../../../workflows/model/log';
import { refuse } from '../../errors/refusal-error';
import type { Edit } from '../content';
import { unnamedSigners } from '../listed-signers';
import type { SignerValues } from '../next-signer';
import { signerParts } from '../shard-fields';
import { listedTreeIds } from '../sharding-file';
import { activeTreeId, type Assignment } from './environment-file';
import type { SlotContents, SlotPair } from './slot-pair';
import {
  isPlainWord,
  PLAIN_WORD_ALLOWED,
  sameSigner,
  signerAssignments,
  valuesOf,
  type SignerVariables,
} from './slot-signer';

/** An earlier shard whose signer the next list names for the first time. */
export interface NamedSigner {
  readonly treeId: TreeId;
  readonly values: ReadonlyMap<SignerPart, string>;
  /** The same as places of the file that they stand in: none of them is in a plan (H28). */
  readonly places: ReadonlyMap<SignerPart, Content>;
}

/** What changes about signers with the next release. */
export interface SignerChange {
  readonly named: readonly NamedSigner[];
  /** Of the next slot's environment file. */
  readonly edits: readonly Edit[];
  readonly wanted: SignerValues;
  /** Each part of it as a person may be shown it. */
  readonly shown: SignerValues;
  /** Undefined where the configuration says nothing of it. */
  readonly planned: PlannedSigner | undefined;
}

/** The signer of a slot and where it stands. */
interface SlotSigner {
  readonly path: string;
  readonly assignments: ReadonlyMap<SignerPart, Assignment>;
  readonly values: SignerValues;
}

/**
 * The signers of the next release: that of the next tree, and those that earlier shards must name because theirs is another.
 * Undefined where nothing is to change.
 *
 * Whose a shard is: what the current slot lists or serves is signed with the current slot's signer. A tree beyond is one that
 * the next slot was staged with and could not serve, so it is signed with that slot's (H12). A third tree after such a one keeps
 * its signer, unless the configuration names another.
 *
 * @throws SIGNERS_DIFFER, SIGNER_UNUSABLE, ENVIRONMENT_FILE_INVALID, SECRET_UNREADABLE
 */
export function plannedSigners(
  { current, next, treeIdVariable, signerVariables, nextSigner }: SlotPair,
  before: { readonly current: SlotContents; readonly next: SlotContents },
  { list, earlier }: { readonly list: string; readonly earlier: readonly TreeId[] },
): SignerChange | undefined {
  if (!signerVariables) return undefined;
  const ofCurrent = slotSigner(current.environmentFile, before.current.environment, signerVariables);
  const ofNext = slotSigner(next.environmentFile, before.next.environment, signerVariables);
  const active = activeTreeId(current.environmentFile, before.current.environment, treeIdVariable);
  const served = new Set([...listedTreeIds(current.shardingFile, before.current.sharding), active]);
  const signerOf = (treeId: TreeId): SlotSigner => (served.has(treeId) ? ofCurrent : ofNext);
  const last = earlier.at(-1) ?? active;
  const supersedes = earlier.some((treeId) => treeId !== active);
  if (!nextSigner && !supersedes) {
    requireAlike(signerVariables, ofCurrent, ofNext);
    return undefined;
  }
  const wanted = nextSigner ? configured(signerVariables, nextSigner.values()) : signerOf(last).values;
  const named = unnamedSigners(current.shardingFile, list)
    .filter((treeId) => !sameSigner(signerOf(treeId).values, wanted))
    .map((treeId) => namedSigner(treeId, signerOf(treeId), signerVariables));
  const piecesOf = (part: SignerPart): Content => {
    if (nextSigner) return wanted[part] === '' ? [] : [{ nextSigner: part }];
    const place = signerOf(last).assignments.get(part);
    return place ? [copyOf(signerOf(last).path, place)] : [];
  };
  const edits = [...ofNext.assignments]
    .filter(([part, { value }]) => value !== wanted[part])
    .map(([part, { start, end }]) => ({ start, end, pieces: piecesOf(part) }));
  const hidden = valuesOf((part) => (wanted[part] === '' ? '' : '<hidden>'));
  const planned = nextSigner && {
    ...{ changes: named.length > 0, what: nextSigner.what },
    named: named.map(({ treeId }) => treeId),
  };
  return { named, edits, wanted, shown: nextSigner?.shown ?? hidden, planned };
}

function slotSigner(path: string, text: string, variables: SignerVariables): SlotSigner {
  const assignments = signerAssignments(path, text, variables);
  return { path, assignments, values: valuesOf((part) => assignments.get(part)?.value) };
}

/** Two slots that are to sign alike are given the same words: each may have to stand for the other. */
function requireAlike(variables: SignerVariables, one: SlotSigner, other: SlotSigner): void {
  const part = signerParts.find((name) => one.values[name] !== other.values[name]);
  const variable = part && variables[part];
  if (variable !== undefined) throw refuse('SIGNERS_DIFFER', { variable, one: one.path, other: other.path });
}

/** What the configuration gives, where it can be written. */
function configured(variables: SignerVariables, values: SignerValues): SignerValues {
  for (const part of signerParts) {
    if (!isPlainWord(values[part])) {
      const where = `What nextSigner gives for ${variables[part] ?? part}`;
      const reason = 'it has a sign that not every reader of an environment file takes alike';
      throw refuse('SIGNER_UNUSABLE', { where, reason, allowed: PLAIN_WORD_ALLOWED });
    }
  }
  return values;
}

function namedSigner(
  treeId: TreeId,
  { path, assignments, values }: SlotSigner,
  variables: SignerVariables,
): NamedSigner {
  const { signer } = values;
  if (signer === '' || signer === 'memory') {
    const where = `${variables.signer ?? ''} in ${path}, with which tree ${treeId} is signed,`;
    const reason = signer === '' ? 'it is empty' : 'it is memory, whose key ends with its process';
    const allowed = 'a key that lasts: a file, a KMS URI, or tink';
    throw refuse('SIGNER_UNUSABLE', { where, reason, allowed });
  }
  const parts = [...assignments].filter(([, { value }]) => value !== '');
  return {
    treeId,
    values: new Map(parts.map(([part, { value }]) => [part, value])),
    places: new Map(parts.map(([part, place]) => [part, [copyOf(path, place)]])),
  };
}

function copyOf(path: string, { start, end }: Assignment) {
  return { copy: path, from: start, to: end };
}
