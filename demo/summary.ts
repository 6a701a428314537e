import type { Acknowledgement } from '../load/acknowledgement';
import type { CheckReport } from '../load/check';
import type { Figures } from '../load/figures';
import type { LoadSummary } from '../load/load';
import { seenIn, type Seen } from '../load/seen';
import type { RotationRun } from './rotation-run';
import type { RunbookSummary } from './runbook-summary';

/** `maxWait`: the longest that any write may wait in the gate. Milliseconds. */
export const MAX_WAIT_MS = 3_500;

/** What `out/demo/summary.json` holds. Times in milliseconds; tree ids are strings. */
export interface Summary {
  readonly rotations: readonly RotationSummary[];
  readonly writes: Figures;
  readonly reads: Figures;
  readonly acknowledged: number;
  readonly lostEntries: number;
  readonly duplicateIndexes: number;
  readonly proofsVerified: number;
  readonly longestWaitMs: number;
  readonly floorMs: number;
  /** The scripted runbook on the same cluster; absent on a host, and where the rotations did not complete. */
  readonly runbook?: RunbookSummary;
}

/** Failed requests and the longest gap are those of its time, from the order to the result. */
export interface RotationSummary extends Seen {
  readonly outcome: string;
  readonly reason: string;
  readonly currentTreeId: string | null;
  readonly nextTreeId: string | null;
  readonly frozenSize: number | null;
  /** The key of the next tree, where it is a new one: SHA-256 over its DER, lower-case hex. */
  readonly newKey: string | null;
  readonly writeStallMs: number | null;
  /** Write stall / floor. */
  readonly ratio: number | null;
  readonly longestWaitMs: number;
  readonly steps: readonly { readonly name: string; readonly ms: number }[];
  readonly historyEvents: number;
  readonly wholeMs: number;
}

/** Everything that a demonstration measured, as one page of figures. */
export function summarise(measured: {
  readonly floorMs: number;
  readonly rotations: readonly RotationRun[];
  readonly load: LoadSummary;
  readonly check: CheckReport;
  readonly acknowledged: readonly Pick<Acknowledgement, 'at'>[];
}): Summary {
  const { floorMs, load, check } = measured;
  const clients = { failures: load.failures, acknowledged: measured.acknowledged };
  const rotations = measured.rotations.map((run) => ({
    ...rotationSummary(run, floorMs),
    ...seenIn({ from: run.startedAt, to: run.startedAt + run.wholeMs }, clients),
  }));
  const { acknowledged, lostEntries, duplicateIndexes, proofsVerified } = check;
  return {
    rotations,
    writes: load.writes,
    reads: load.reads,
    acknowledged,
    lostEntries,
    duplicateIndexes,
    proofsVerified,
    longestWaitMs: Math.max(0, ...rotations.map(({ longestWaitMs }) => longestWaitMs)),
    floorMs: rounded(floorMs),
  };
}

function rotationSummary(
  { result, historyEvents, wholeMs }: RotationRun,
  floorMs: number,
): Omit<RotationSummary, keyof Seen> {
  const stallMs = result.writes?.stallMs ?? null;
  return {
    outcome: result.outcome,
    reason: result.reason,
    currentTreeId: result.currentTree?.treeId ?? null,
    nextTreeId: result.nextTree?.treeId ?? null,
    frozenSize: result.frozen?.size ?? null,
    newKey: result.keyChange?.next ?? null,
    writeStallMs: stallMs === null ? null : rounded(stallMs),
    ratio: stallMs === null ? null : Math.round((100 * stallMs) / floorMs) / 100,
    longestWaitMs: rounded(result.writes?.longestWaitMs ?? 0),
    steps: result.steps.map(({ name, ms }) => ({ name, ms: rounded(ms) })),
    historyEvents,
    wholeMs: rounded(wholeMs),
  };
}

/**
 * Why a demonstration of so many rotations is not clean, one line for each reason; the ratio is not judged here.
 */
export function complaints(summary: Summary, rotations = 2): string[] {
  const found: string[] = [];
  const complain = (is: boolean, text: string): void => {
    if (is) found.push(text);
  };
  summary.rotations.forEach(({ outcome, reason }, position) => {
    complain(outcome !== 'completed', `rotation ${position + 1} ended "${outcome}": ${reason}`);
  });
  const ran = summary.rotations.length;
  complain(ran < rotations, `${ran} of ${rotations} rotations ran`);
  complain(summary.acknowledged === 0, 'no write was acknowledged');
  complain(summary.writes.failed > 0, `${summary.writes.failed} writes failed`);
  complain(summary.reads.failed > 0, `${summary.reads.failed} reads failed`);
  complain(summary.lostEntries > 0, `${summary.lostEntries} acknowledged entries are lost`);
  complain(summary.duplicateIndexes > 0, `${summary.duplicateIndexes} indexes were acknowledged twice`);
  const unproven = summary.acknowledged - summary.proofsVerified;
  complain(unproven !== 0, `${unproven} entries have no valid proof`);
  const longest = summary.longestWaitMs;
  complain(longest > MAX_WAIT_MS, `a write waited ${longest} ms, longer than ${MAX_WAIT_MS} ms`);
  return found;
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
