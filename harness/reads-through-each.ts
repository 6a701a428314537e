import type { Acknowledgement } from '../load/acknowledgement';
import { readEntry } from '../load/entry';
import type { GateUnderTest } from './gates';

/** Whoever was acknowledged an entry reads it at once through each gate. */
export interface ReadsThroughEach {
  /** Reads what was just acknowledged. */
  read(acknowledged: Acknowledgement): void;
  /** Waits for all reads that were begun, and says what they found; then forgets it. */
  results(): Promise<FoundThroughEach>;
}

export interface FoundThroughEach {
  /** How many reads found the entry. */
  readonly found: number;
  /** How many were answered by no log: the gate was away, or said that it does not know where to send. */
  readonly unanswered: number;
  /** One line for each read that a log answered, and not with the entry. */
  readonly missing: readonly string[];
}

/** Long, because a read that never ends shows elsewhere. Milliseconds. */
const READ_WITHIN_MS = 30_000;

/** Reads past the balancer, so that each gate is asked for each entry. */
export function readsThroughEach(gates: readonly Pick<GateUnderTest, 'name' | 'url'>[]): ReadsThroughEach {
  let reads: Promise<string | null | true>[] = [];
  return {
    read: (acknowledged) => {
      reads.push(...gates.map((gate) => readThrough(gate, acknowledged)));
    },
    results: async () => {
      const all = await Promise.all(reads);
      reads = [];
      return {
        found: all.filter((each) => each === true).length,
        unanswered: all.filter((each) => each === null).length,
        missing: all.filter((each) => typeof each === 'string'),
      };
    },
  };
}

/** True: found. Null: no log has answered. Else what was answered instead. */
async function readThrough(
  { name, url }: Pick<GateUnderTest, 'name' | 'url'>,
  { uuid, entryId }: Acknowledgement,
): Promise<string | null | true> {
  let status: number;
  let text: string;
  try {
    const response = await fetch(`${url}/api/v1/log/entries/${uuid}`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(READ_WITHIN_MS),
    });
    ({ status } = response);
    text = await response.text();
  } catch {
    return null;
  }
  if (status === 503) return null;
  try {
    if (status === 200 && readEntry(text).entryId === entryId) return true;
  } catch {
    // It is said below.
  }
  return `${name} answers ${status} for entry ${entryId}: ${text.slice(0, 200)}`;
}
