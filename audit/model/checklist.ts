import { counted, entries } from '../../workflows/model/counted';
import { catalogue, type AuditCode, type CheckName, checkNames } from './catalogue';
import type { Audit } from './facts';
import type { AuditFinding } from './finding';

/** `unasked`: there was nothing to look at. */
export type CheckState = 'ok' | 'fault' | 'note' | 'unasked';

/** One line of the checklist. */
export interface Check {
  readonly name: CheckName;
  readonly state: CheckState;
  /** What was looked at, in words. */
  readonly said: string;
  readonly found: readonly Found[];
}

/** What was found of one kind. */
export interface Found {
  readonly code: AuditCode;
  readonly fault: boolean;
  /** How often; of these `some` are kept. */
  readonly count: number;
  readonly some: readonly AuditFinding[];
  readonly remedy: string;
}

/** Everything that was looked at, in the order of the catalogue. */
export function checklist(audit: Audit): Check[] {
  return checkNames.map((name) => {
    const found = audit.findings.counts
      .filter(([code]) => catalogue[code].check === name)
      .map(([code, count]): Found => {
        const { fault, remedy } = catalogue[code];
        return { code, fault, count, some: audit.findings.kept.filter((one) => one.code === code), remedy };
      });
    const { asked, said } = lookedAt[name](audit);
    const worst = found.some(({ fault }) => fault) ? 'fault' : found.length > 0 ? 'note' : undefined;
    return { name, state: worst ?? (asked ? 'ok' : 'unasked'), said, found };
  });
}

interface LookedAt {
  readonly asked: boolean;
  readonly said: string;
}

/** What each check is about, in this audit. */
const lookedAt: Readonly<Record<CheckName, (audit: Audit) => LookedAt>> = {
  shards: (audit) => {
    const { instances, shards } = audit;
    return {
      asked: shards.length > 0 || instances > 1,
      said:
        instances > 1
          ? `${counted(instances, 'address', 'addresses')} asked for the same shards in the same order`
          : unlessRead(audit, `${counted(shards.length, 'shard')}, each named once`),
    };
  },
  lengths: (audit) => {
    const { lengthsSeen, lengthsSignedAnew } = audit;
    const seen = `indexes of ${counted(lengthsSeen, 'inactive shard')} computed with the length that its tree has`;
    const anew = `of ${counted(lengthsSignedAnew, 'inactive shard')} the length cannot be seen: its checkpoint is signed anew for each answer, as before Rekor 1.3.9`;
    return {
      asked: lengthsSeen > 0,
      said:
        [...(lengthsSeen > 0 ? [seen] : []), ...(lengthsSignedAnew > 0 ? [anew] : [])].join('; ') ||
        unlessRead(audit, 'no inactive shard'),
    };
  },
  keys: ({ keys, notes, notesProven }) => ({
    asked: notesProven > 0,
    said: `${of(notesProven, notes)} ${notes === 1 ? 'checkpoint' : 'checkpoints'} signed by the key of the shard; ${counted(keys, 'key')} in all`,
  }),
  boundaries: (audit) => ({
    asked: audit.boundariesRead > 0,
    said:
      audit.boundaries > 0
        ? `the entries on both sides of ${of(audit.boundariesRead, audit.boundaries)} ${audit.boundaries === 1 ? 'boundary' : 'boundaries'}`
        : unlessRead(audit, 'none: one shard'),
  }),
  times: (audit) => ({
    asked: audit.neighboursCompared > 0,
    said:
      audit.neighboursCompared > 0
        ? `${counted(audit.neighboursCompared + 1, 'shard')} with entries, each of which ends before the next one begins`
        : unlessRead(audit, 'no two shards with entries to compare'),
  }),
  handovers: ({ handovers: { handedOver, boundaries } }) => ({
    asked: handedOver > 0,
    said:
      handedOver > 0
        ? `at ${handedOver} of ${counted(boundaries, 'boundary', 'boundaries')} a shard begins with the end of the one before`
        : 'none: no shard begins with the end of the one before',
  }),
  entries: ({ entriesRead, entriesByEveryPath }) => ({
    asked: entriesRead > 0,
    said: `${entries(entriesRead)} read and proven, ${entriesByEveryPath} of them by every path`,
  }),
  indexes: ({ compared, notCompared }) => ({
    asked: compared > 0,
    said:
      `one entry at each index, and one index for each of ${entries(compared)}` +
      (notCompared > 0 ? `; ${notCompared} more were not compared` : ''),
  }),
  consistency: ({ consistencyProofs, checkpoints, checkpointsProven }) => ({
    asked: checkpoints > 0 ? checkpointsProven > 0 : consistencyProofs > 0,
    said:
      checkpoints > 0
        ? `the log extends ${of(checkpointsProven, checkpoints)} ${checkpoints === 1 ? 'checkpoint' : 'checkpoints'} of yours; ${counted(consistencyProofs, 'proof')} of growth in all`
        : `no checkpoint was given; ${counted(consistencyProofs, 'proof')} of growth while it was read`,
  }),
  search: ({ searched, idsNotAsked }) => ({
    asked: searched > 0,
    said:
      searched > 0
        ? `${entries(searched)} looked up in the search index` +
          (idsNotAsked > 0 ? `; of the entries that it names, ${idsNotAsked} more were not asked for` : '')
        : 'no search index to ask',
  }),
};

/** How many of how many, where not all. */
function of(done: number, all: number): string {
  return done === all ? String(all) : `${done} of ${all}`;
}

/** Why there was nothing to look at. */
function unlessRead({ shards }: Audit, otherwise: string): string {
  return shards.length > 0 ? otherwise : 'nothing was compared, for no address could be read as one process';
}
