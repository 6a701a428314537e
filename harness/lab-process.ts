import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabTimes } from '../lab/configuration';
import { labFiles, type LabFiles } from '../lab/files';
import {
  readStatus,
  startLab as startRunningLab,
  stopLab,
  type LabOptions,
  type RunningLab,
} from '../lab/lab';
import { ensureBinaries } from '../tools/binaries';
import { identify } from '../tools/process-identity';

/** A lab of its own for one test file, or for chaos: every part but the worker. */
export interface LabProcess extends Pick<
  RunningLab,
  'status' | 'startPart' | 'stopPart' | 'killPart' | 'pidOf'
> {
  readonly files: LabFiles;
  /** Stops every part, checks that none is left, and removes the directory unless something is. */
  end(): Promise<void>;
}

export interface LabWanted extends Partial<
  Pick<LabOptions, 'directory' | 'report' | 'signal' | 'routes' | 'signerFlags' | 'database' | 'gates'>
> {
  /** How long a rotation may take: `patientTimes` unless told otherwise, `null` as on a log with default settings. */
  readonly times?: LabTimes | null;
}

/** The longest that a write waits in the gate of these labs, in milliseconds. */
export const MAX_WAIT_MS = 25_000;

/** How long the critical section of these labs may take, in milliseconds: an outage that ends it is longer. */
export const CRITICAL_SECTION_MS = 10_000;

/**
 * Several times what the slowest machine takes, so that no verdict is a matter of its speed; and no more, because whoever
 * breaks a critical section waits for the rest of it.
 */
export const patientTimes: LabTimes = {
  maxWait: `${MAX_WAIT_MS}ms`,
  criticalSection: `${CRITICAL_SECTION_MS}ms`,
};

/**
 * Starts a lab, in a new temporary directory unless told otherwise; one that is there already was left by a run that came to
 * no end, and is removed. Takes some seconds; the binaries must be there or be built first.
 */
export async function startLab(wanted: LabWanted = {}): Promise<LabProcess> {
  const { times = patientTimes, report = () => undefined, signal, ...more } = wanted;
  const directory = wanted.directory ?? mkdtempSync(join(tmpdir(), 'rekor-rotate-'));
  if (await readStatus(directory)) {
    await stopLab(directory, { keepData: false, report });
  }
  const lab = await startRunningLab({
    ...more,
    directory,
    report,
    binaries: await ensureBinaries(report, signal && { signal }),
    without: ['worker'],
    ...(times && { times }),
    ...(signal && { signal }),
  });
  return {
    get status() {
      return lab.status;
    },
    files: labFiles(directory),
    startPart: (name) => lab.startPart(name),
    stopPart: (name) => lab.stopPart(name),
    killPart: (name) => lab.killPart(name),
    pidOf: (name) => lab.pidOf(name),
    end: async () => {
      const { parts } = lab.status;
      await lab.stop();
      const left = parts.filter(({ pid }) => pid !== null && identify(pid) !== null);
      if (left.length > 0) {
        throw new Error(
          `The lab left processes behind: ${left.map(({ name, pid }) => `${name} ${pid}`).join(', ')}.`,
        );
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
