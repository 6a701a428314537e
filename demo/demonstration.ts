import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { Binaries } from '../tools/binaries';
import { labLog, taskQueue } from '../lab/configuration';
import type { LabStatus } from '../lab/lab';
import { startLoad } from '../load/load';
import type { Acknowledgement } from '../load/acknowledgement';
import { createRecorder } from '../load/recorder';
import { floorLab, measureFloor } from './floor';
import { runRotation, type RotationRun } from './rotation-run';
import { summarise, type Summary } from './summary';

/** A log that runs, wherever that is. */
export interface DemonstratedLab {
  readonly status: Pick<LabStatus, 'publicUrl' | 'temporalAddress' | 'temporalUi'>;
  /** With the addresses at which this machine reaches its parts. */
  readonly configurationFile: string;
}

export interface DemonstrationOptions {
  readonly lab: DemonstratedLab;
  readonly binaries: Binaries;
  readonly writesPerSecond: number;
  readonly readsPerSecond: number;
  readonly rotations: number;
  /** Done before each of them, which are counted from 1; the load goes on meanwhile. */
  readonly before?: (rotation: number) => Promise<void>;
  /** How often the floor is measured; the median counts. */
  readonly floorRuns: number;
  /** Where acknowledgements, failed requests and findings are written, one file each. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** Gets one line for each thing that happens. */
  readonly report: (line: string) => void;
}

/** How long the load goes on before, between and after rotations. Milliseconds. */
const BEFORE_MS = 5_000;
const BETWEEN_MS = 3_000;
const AFTER_MS = 5_000;

/** What a demonstration has measured, and every acknowledgement that its clients got. */
export interface Demonstration {
  readonly summary: Summary;
  readonly acknowledged: readonly Acknowledgement[];
}

/** Rotates the lab's log under load, several times in a row, and asks afterwards for every single entry. */
export async function demonstrate(options: DemonstrationOptions): Promise<Demonstration> {
  const { lab, binaries, writesPerSecond, readsPerSecond, signal, report, directory } = options;
  const { publicUrl, temporalAddress, temporalUi } = lab.status;
  await mkdir(directory, { recursive: true });

  report(`Measuring the floor: the same calls by a straight script, ${options.floorRuns} times`);
  const floor = floorLab(lab.configurationFile, binaries.rekorServer);
  const { floorMs } = await measureFloor(floor, { ...options, runs: options.floorRuns });
  report(`The floor is ${Math.round(floorMs)} ms`);

  const connection = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection });
  const recorder = createRecorder({ file: join(directory, 'acknowledged.jsonl') });
  const load = startLoad({
    url: publicUrl,
    recorder,
    writesPerSecond,
    readsPerSecond,
    rekorCli: binaries.rekorCli,
  });
  report(`Load at ${publicUrl}, from clients that never retry:`);
  report(`${writesPerSecond} writes/s, ${readsPerSecond} reads/s, rekor-cli every 2 s`);
  try {
    const rotations: RotationRun[] = [];
    await pause(BEFORE_MS, undefined, { signal });
    for (let number = 1; number <= options.rotations; number += 1) {
      await options.before?.(number);
      report(`Rotation ${number} of ${options.rotations} starts; watch it at ${temporalUi}`);
      const run = await runRotation(client, { taskQueue, log: labLog, signal });
      rotations.push(run);
      // Why it did not complete is told in the summary, in full.
      report(`Rotation ${number} ended: ${run.result.outcome}`);
      report(`${load.acknowledged()} writes acknowledged, ${load.failures().length} requests failed so far`);
      if (run.result.outcome !== 'completed') break;
      await pause(number < options.rotations ? BETWEEN_MS : AFTER_MS, undefined, { signal });
    }
    const summary = await load.stop();
    report(`Checking each of ${recorder.acknowledged().length} entries by UUID, index and proof`);
    const check = await recorder.check(publicUrl);
    await writeFile(join(directory, 'failures.json'), JSON.stringify(summary.failures, null, 2));
    await writeFile(join(directory, 'findings.json'), JSON.stringify(check.wrong, null, 2));
    const acknowledged = recorder.acknowledged();
    return { summary: summarise({ floorMs, rotations, load: summary, check, acknowledged }), acknowledged };
  } finally {
    await load.stop();
    recorder.close();
    await connection.close();
  }
}
