import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabTimes } from '../../lab/configuration';
import { labFiles, type LabFiles } from '../../lab/files';
import { startLab as startRunningLab, type LabOptions, type RunningLab } from '../../lab/lab';
import { ensureBinaries } from '../../tools/binaries';

/** A lab of its own for one test file: every part but the worker. */
export interface LabProcess extends Pick<RunningLab, 'startPart' | 'stopPart' | 'killPart' | 'pidOf'> {
  readonly files: LabFiles;
  /** Stops every part, checks that none is left, and removes the directory unless something is. */
  end(): Promise<void>;
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

/** Starts a lab in a new temporary directory. Takes some seconds; the binaries must be there or be built first. */
export async function startLab(wanted: Pick<LabOptions, 'routes' | 'signerFlags'> = {}): Promise<LabProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'rekor-rotate-'));
  const report = () => undefined;
  const binaries = await ensureBinaries(report);
  const lab = await startRunningLab({
    directory,
    binaries,
    report,
    without: ['worker'],
    times: patientTimes,
    ...wanted,
  });
  return {
    files: labFiles(directory),
    startPart: (name) => lab.startPart(name),
    stopPart: (name) => lab.stopPart(name),
    killPart: (name) => lab.killPart(name),
    pidOf: (name) => lab.pidOf(name),
    end: async () => {
      const { parts } = lab.status;
      await lab.stop();
      const left = parts.filter(({ pid }) => pid !== null && isAlive(pid));
      if (left.length > 0) {
        throw new Error(
          `The lab left processes behind: ${left.map(({ name, pid }) => `${name} ${pid}`).join(', ')}.`,
        );
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    // A process that has ended but was not yet waited for is "Z": it runs nothing and holds nothing.
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .charAt(0);
    return state !== 'Z';
  } catch {
    return false;
  }
}
