import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { criticalSectionId, lockId } from '../workflows/messages';
import type { DatabaseName, Gates } from '../lab/lab';
import { runCell, type CellOptions, type CellRecord } from './cell';
import { nameOf, type Cell } from './matrix';
import { progressLine } from './report';
import { startRig, type Rig } from './rig';

export interface ChaosOptions extends CellOptions {
  /** Gets the log under chaos and, of failed cells, what is to be looked at. */
  readonly directory: string;
  /** What its Trillian runs on. */
  readonly database: DatabaseName;
  /** How many gates stand side by side before it. */
  readonly gates: Gates;
  /** Trees pile up, and each Rekor reads them all when it starts: after so many cells a new log is taken. */
  readonly cellsPerLog: number;
  readonly signal: AbortSignal;
  /** Gets one line for each cell. */
  readonly report: (line: string) => void;
  /** Gets each record as soon as there is one. */
  readonly record: (record: CellRecord) => Promise<void>;
}

/** Runs one cell after the other, on one log as long as nothing is wrong with it; ends early at the signal. */
export async function runCells(cells: readonly Cell[], options: ChaosOptions): Promise<void> {
  let rig: Rig | null = null;
  let done = 0;
  let onThisLog = 0;
  try {
    for (const cell of cells) {
      if (options.signal.aborted) return;
      rig ??= await newRig(options);
      const began = performance.now();
      const record = await attempted(rig, cell, options);
      done += 1;
      onThisLog += 1;
      await options.record(record);
      options.report(progressLine(done, cells.length, record, (performance.now() - began) / 1000));
      const failed = record.problems.length > 0;
      if (failed) {
        record.problems.forEach((problem) => options.report(`    ${problem}`));
        await keepEvidence(rig, record, options);
      }
      if (failed || onThisLog >= options.cellsPerLog) {
        const last = rig;
        rig = null;
        onThisLog = 0;
        await last.end();
      }
    }
  } finally {
    await rig?.end();
  }
}

async function newRig({ directory, database, gates, signal }: ChaosOptions): Promise<Rig> {
  return await startRig({ directory: join(directory, 'log'), database, gates, signal });
}

/** A cell that could not be run is a failed one. */
async function attempted(rig: Rig, cell: Cell, options: ChaosOptions): Promise<CellRecord> {
  try {
    return await runCell(rig, cell, options);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return {
      ...cell,
      outcome: 'none',
      reason: '',
      attempts: 0,
      steps: [],
      clients: {
        writes: {},
        reads: {},
        longestWaitMs: 0,
        firstAcknowledgedMs: null,
        longestUnwritableMs: 0,
        acknowledged: 0,
      },
      lostEntries: 0,
      signedTwice: 0,
      rotationMs: 0,
      afterFaultMs: 0,
      problems: [problem],
    };
  }
}

/** Keeps what every part wrote, the histories of the rotation and the record, for whoever looks into it. */
async function keepEvidence(rig: Rig, record: CellRecord, { directory }: ChaosOptions): Promise<void> {
  const kept = join(directory, 'failed', nameOf(record).replaceAll(/[^\w-]+/g, '-'));
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, 'record.json'), `${JSON.stringify(record, null, 2)}\n`);
  for (const file of rig.logFiles().filter((path) => existsSync(path))) {
    copyFileSync(file, join(kept, basename(file)));
  }
  for (const workflowId of [lockId(rig.name), criticalSectionId(rig.name)]) {
    const history = await historyOf(rig.temporal, workflowId);
    if (history !== null) writeFileSync(join(kept, `${workflowId.replaceAll('/', '-')}.json`), history);
  }
}

async function historyOf(temporal: Client, workflowId: string): Promise<string | null> {
  try {
    return historyToJSON(await temporal.workflow.getHandle(workflowId).fetchHistory());
  } catch {
    return null; // There is none, or the server is what failed.
  }
}
