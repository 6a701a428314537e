import { refusal, type Refusal } from './refusals';

/** Who else writes what a rotation changes, and would write the former values again. */
export interface Ownership {
  readonly parts: readonly OwnedPart[];
  /** Names that the configuration gives as held off, though none of these would take a rotation back by itself. */
  readonly heldOffInVain: readonly string[];
}

/** One object that a rotation changes. */
export interface OwnedPart {
  /** Its kind, namespace and name. */
  readonly object: string;
  /**
   * What of the configuration stands in it; `pods`: nothing of it, but Rekor's pods are made from it; `selector`: it leads
   * clients, and is changed until the end of a rotation alone.
   */
  readonly holds: 'list' | 'tree' | 'pods' | 'selector';
  /** Empty where nothing in the object tells of any. */
  readonly owners: readonly Owner[];
  /**
   * Whether what its owner applies has the value that is in the object now, as far as the object tells: what was applied last
   * had that very value, or another one.
   */
  readonly source: 'agrees' | 'differs' | 'unknown';
  /** What whoever writes it has to have after a rotation. */
  readonly commit: readonly Commit[];
}

/** Somebody who writes an object. */
export interface Owner {
  /** As found, and as the configuration names it to say how it is held off. */
  readonly name: string;
  /** What its next run with the former values does to a rotation, in whole sentences. */
  readonly nextRun: string;
  /** Absent where it only runs when a person, or something that a person started, tells it to. */
  readonly byItself?: {
    /** How a person keeps it from that. */
    readonly pause: string;
    /** How it is held off, as the object or the configuration says; absent where it is not. */
    readonly heldOff?: string;
  };
}

/** One value, and where it belongs. */
export interface Commit {
  readonly where: string;
  /** As it is to be written there; null where it may hold a secret (H28). */
  readonly value: string | null;
  /** How to get a value that is not shown. */
  readonly from?: string;
}

/** Whether what the log's configuration is applied from has what a rotation has made of it. */
export interface SourceOfTruth {
  /** `agreed`: it is known to. `pending`: it has the former values, or nothing tells. */
  readonly state: 'agreed' | 'pending';
  /** Those that are not known to agree, with what to commit. */
  readonly parts: readonly OwnedPart[];
}

/** The same objects, asked whether anything is left to be committed. */
export function sourceOfTruth({ parts }: Ownership): SourceOfTruth {
  const pending = parts.filter(({ source, commit }) => commit.length > 0 && source !== 'agrees');
  return { state: pending.length === 0 ? 'agreed' : 'pending', parts: pending };
}

/** Each owner once, by name, with the objects that it writes. */
export function namedOwners({ parts }: Pick<Ownership, 'parts'>): readonly NamedOwner[] {
  const found = new Map<string, NamedOwner>();
  for (const { object, owners } of parts) {
    for (const owner of owners) {
      const before = found.get(owner.name);
      // Held off is who is so for every object: a mark on one says nothing of another.
      const kept = before && isTakingBack(before.owner) ? before.owner : owner;
      found.set(owner.name, { owner: kept, objects: [...new Set([...(before?.objects ?? []), object])] });
    }
  }
  return [...found.values()];
}

export interface NamedOwner {
  readonly owner: Owner;
  readonly objects: readonly string[];
}

/** Whether it would take a rotation back by itself. */
function isTakingBack({ byItself }: Owner): boolean {
  return byItself !== undefined && byItself.heldOff === undefined;
}

/** What stands against a rotation of a log whose objects somebody else writes. */
export function ownerRefusals(log: string, ownership: Ownership): Refusal[] {
  const owners = namedOwners(ownership);
  return [
    ...owners.flatMap(({ owner, objects }) =>
      isTakingBack(owner) && owner.byItself
        ? [
            refusal('OWNER_TAKES_BACK', {
              ...{ log, owner: owner.name, objects, nextRun: owner.nextRun, pause: owner.byItself.pause },
            }),
          ]
        : [],
    ),
    ...ownership.heldOffInVain.map((owner) =>
      refusal('OWNER_HELD_OFF_IN_VAIN', { log, owner, found: owners.map((one) => one.owner.name) }),
    ),
  ];
}
