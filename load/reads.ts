import { readEntry } from './entry';
import type { Acknowledgement } from './acknowledgement';
import type { Recorder } from './recorder';

/** One read, and how its answer is judged. */
export interface Read {
  readonly path: string;
  /** What is not true in an answer with status 200, in words; null when nothing is. */
  readonly faultIn: (body: string) => string | null;
}

/**
 * The reads of a load, in equal shares: entry by index, by UUID, by entry id, the log, and a consistency proof, over
 * the acknowledged entries of all shards. Until the first acknowledgement only the log is read.
 */
export function readPlan(recorder: Recorder): () => Read {
  const kinds = [byIndex, byUuid, byEntryId, logInfo, consistencyProof];
  let turn = 0;
  return () => {
    const kind = kinds[turn++ % kinds.length] ?? logInfo;
    const acknowledgements = recorder.acknowledged();
    const one = acknowledgements[Math.floor(Math.random() * acknowledgements.length)];
    return one === undefined ? logInfo() : kind(one);
  };
}

function byIndex(one: Acknowledgement): Read {
  return { path: `/api/v1/log/entries?logIndex=${one.logIndex}`, faultIn: (body) => otherEntry(one, body) };
}

function byUuid(one: Acknowledgement): Read {
  return { path: `/api/v1/log/entries/${one.uuid}`, faultIn: (body) => otherEntry(one, body) };
}

function byEntryId(one: Acknowledgement): Read {
  return { path: `/api/v1/log/entries/${one.entryId}`, faultIn: (body) => otherEntry(one, body) };
}

function logInfo(): Read {
  return {
    path: '/api/v1/log',
    faultIn: (body) => ('treeID' in parse(body) ? null : `the log names no tree: ${body}`),
  };
}

/** Between two sizes that the entry's tree is known to have had; of the entry alone when only its index is known. */
function consistencyProof(one: Acknowledgement): Read {
  if (one.entry === null) return logInfo();
  const { leafIndex, treeSize } = one.entry.proof;
  return {
    path: `/api/v1/log/proof?firstSize=${leafIndex + 1}&lastSize=${treeSize}&treeID=${one.treeId}`,
    faultIn: (body) => ('rootHash' in parse(body) ? null : `the answer is not a proof: ${body}`),
  };
}

function otherEntry(one: Acknowledgement, body: string): string | null {
  try {
    const answered = readEntry(body);
    const same =
      answered.entryId === one.entryId &&
      answered.logIndex === one.logIndex &&
      (one.entry === null || answered.body === one.entry.body);
    return same ? null : `entry ${one.entryId} at ${one.logIndex} was asked for, but the answer is ${body}`;
  } catch (error) {
    return `${String(error)}: ${body}`;
  }
}

function parse(body: string): object {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
