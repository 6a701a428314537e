import { counted } from './counted';
import type { Instance, Shard, TreeId } from './log';
import type { Ownership } from './ownership';
import type { PlannedRoom } from './room';

/** A configuration with the instances that run it, as its installation finds it again. */
export interface Release {
  /** For the installation alone: the name of a slot, or of an object. */
  readonly id: string;
  /** For people, in a sentence: "slot green". */
  readonly name: string;
}

/** Which release is which. */
export interface Roles {
  /** Clients are sent to its instances. */
  readonly current: Release;
  /** What a rotation would make now, or has begun to make. */
  readonly next: Release;
  /** Whose place the current one took when clients were sent to it: the current release of the attempt that made it. */
  readonly replaced: Release;
}

/** What a release is configured with. */
export interface ConfiguredShards {
  readonly activeTreeId: TreeId;
  /** The inactive shards' trees in served order, as its sharding list names them. */
  readonly inactiveTreeIds: readonly TreeId[];
}

/** How the log is run now; no secret value is in it (H28). The shards are those of the current release. */
export interface InstallationState extends Roles, ConfiguredShards {
  readonly currentInstances: readonly Instance[];
  readonly nextInstances: readonly Instance[];
  /** Instances of the next release run already: leftovers that a rotation must not adopt. */
  readonly nextIsRunning: boolean;
  readonly unfinishedOn: UnfinishedOn;
}

/** Where a release will be reached, in words; one that a rotation makes has no address before. */
export function addressesInWords(instances: readonly Instance[]): string {
  return instances.map(({ url }) => url).join(', ') || 'addresses that it gets when it is made';
}

/** For each release the attempt that is recorded on it as not ended, as `<rotation>/<attempt>`; null without one. */
export interface UnfinishedOn {
  /** One that was exposed. */
  readonly current: string | null;
  readonly next: string | null;
}

/** The attempt that has not ended; where each release has one, that of the next release. */
export function unfinishedAttempt({ unfinishedOn }: Pick<InstallationState, 'unfinishedOn'>): string | null {
  return unfinishedOn.next ?? unfinishedOn.current;
}

/** The steps in which a rotation changes its installation. */
export type ChangingStep = 'stage' | 'start' | 'settle';

/** One thing that a rotation will write or run. */
export interface Change {
  readonly step: ChangingStep;
  readonly kind: 'file' | 'command' | 'object';
  /** What is written or done, in words: "sharding list of slot green". */
  readonly what: string;
  /** A path, a command as a line for a shell, or an object's kind and name. */
  readonly target: string;
  /** What differs, in lines; secret values are replaced by `<hidden>`. Empty for a command. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
  /** What staging writes. Absent for a command, and in `settle`, which keeps what an operator changed meanwhile. */
  readonly content?: Content;
}

/** How many of each kind, in words: "4 files to write, 6 commands to run". */
export function countedChanges(changes: readonly Change[]): string {
  const counts = (['file', 'object', 'command'] as const).flatMap((kind) => {
    const count = changes.filter((change) => change.kind === kind).length;
    const end = kind === 'command' ? 'to run' : 'to write';
    return count === 0 ? [] : [`${counted(count, kind)} ${end}`];
  });
  return counts.join(', ') || 'nothing to write or run';
}

/**
 * Text to be written, in pieces: what is said here, what is copied from where it stands, and the place for the id that
 * Trillian gives to the next tree. What is copied may be secret, so only its place is named (H28).
 */
export type Content = readonly Piece[];

export type Piece =
  | { readonly text: string }
  /** From one character of another target's text to before another one, as JavaScript counts them (UTF-16). */
  | { readonly copy: string; readonly from: number; readonly to: number }
  | { readonly nextTreeId: true }
  /** What `nextSigner` of the configuration gives for a part of the signer. */
  | { readonly nextSigner: SignerPart };

/** What tells Rekor which key to sign with: its flags `--rekor_server.signer`, `signer-passwd`, `tink_kek_uri`, `tink_keyset_path`. */
export type SignerPart = 'signer' | 'password' | 'tinkKekUri' | 'tinkKeyset';

/** The signer that shards from the next one on are to have; no secret is in it. */
export interface PlannedSigner {
  /** It is not the one that the current tree has: the earlier shards' signers are named in the list then. */
  readonly changes: boolean;
  /** For people: "the key file /etc/rekor/key-2.pem". */
  readonly what: string;
  /** The earlier shards whose signer the next list names for the first time, in served order. */
  readonly named: readonly TreeId[];
}

/** What a rotation will change, and what tells that nobody has changed what that is derived from. */
export interface PlannedChanges {
  /** In the order in which they are made. */
  readonly changes: readonly Change[];
  /** SHA-256 over everything that the next release is derived from or replaces; a change by someone else changes it. */
  readonly fingerprint: string;
  /** Absent where the configuration says nothing of the next signer. */
  readonly signer?: PlannedSigner;
  /** Who else writes what is changed; absent where nothing can tell, as on a host. */
  readonly ownership?: Ownership;
  /** What the next release takes from the current one; absent where it has room of its own. */
  readonly room?: PlannedRoom;
}

/** A key, and the shards that are signed with it. */
export interface ShardsOfKey {
  /** SHA-256 over its DER, lower-case hex. */
  readonly logId: string;
  readonly trees: readonly TreeId[];
}

/** The next release in place of the current one: what an attempt stages, runs, settles or discards. */
export interface Replacement extends Pick<Roles, 'current' | 'next'> {
  /** Names this attempt in marks and backups: `<rotation>/<attempt>`. */
  readonly attemptId: string;
  readonly currentTreeId: TreeId;
  readonly nextTreeId: TreeId;
  /** Inactive shards of the current release, in served order. */
  readonly inactive: readonly Shard[];
  readonly patience: InstallationPatience;
  /** Absent where the current tree served when the rotation began. */
  readonly supersedes?: Superseded;
  /** The key of each shard, as the rehearsal found and proved it; absent before that, and where nobody told it. */
  readonly keys?: readonly ShardsOfKey[];
}

/** What an attempt supersedes: the current tree was itself a next one and took entries, but could not serve. */
export interface Superseded {
  /** All such trees of its rotation, in served order; the current one is the last. They are frozen already. */
  readonly trees: readonly TreeId[];
  /** How many of these, from the last one back, the current release does not name: they were never exposed there. */
  readonly unnamed: number;
  /** The keys that the last of them was rehearsed with; absent where nobody told them. */
  readonly keys?: readonly ShardsOfKey[];
}

/**
 * How long an installation may take for its part of a step, in milliseconds. The bounds of the activities follow it: what
 * takes a host a second takes a cluster minutes, where an image must be pulled first.
 */
export interface InstallationPatience {
  /** The whole step `stage`: writing, the rehearsed start, and its end. */
  readonly stageMs: number;
  /** From a rehearsed start to the first answer. */
  readonly rehearsalMs: number;
  /** From a start until whoever runs the instances says that they run. */
  readonly startMs: number;
  /** The whole undo of `start`. */
  readonly stopMs: number;
  /** The whole undo of `stage`. */
  readonly discardMs: number;
  /** The step `settle`, but for the wait until the current release stops. */
  readonly settleMs: number;
}
