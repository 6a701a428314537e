import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { compiledProgram, labFiles, type LabFiles } from '../../lab/files';

/** A lab of its own for one test file: every part but the worker. */
export interface LabProcess {
  readonly files: LabFiles;
  /** Stops every part, checks that none is left, and removes the directory unless the tests failed. */
  end(): Promise<void>;
}

interface LabPart {
  readonly name: string;
  readonly pid: number | null;
}

const run = promisify(execFile);

/** Starts a lab in a new temporary directory. Takes some seconds; the binaries must be there or be built first. */
export async function startLab(): Promise<LabProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'rekor-rotate-'));
  const lab = async (...args: string[]): Promise<string> => {
    try {
      const { stdout } = await run(
        process.execPath,
        [compiledProgram(), 'lab', ...args, '--directory', directory],
        {
          maxBuffer: 16 * 1024 * 1024,
        },
      );
      return stdout;
    } catch (error) {
      const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
      throw new Error(`lab ${args.join(' ')} failed:\n${stderr}${stdout}`, { cause: error });
    }
  };
  await lab('up', '--detach', '--json', '--without', 'worker');
  return {
    files: labFiles(directory),
    end: async () => {
      const parts = (JSON.parse(await lab('status', '--json')) as { parts: LabPart[] }).parts;
      await lab('down');
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
