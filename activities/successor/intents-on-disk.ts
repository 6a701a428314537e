import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, openSync, promises as fs, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isNameFree, takeName } from '../../files/process-name';
import { stepNames } from '../../workflows/rotation';
import type { Intents, OpenIntents, SectionIntents, SectionTask } from './intents';

/** A record is always as long, so that one write replaces it whole: within one page of memory, which no kill splits. */
const RECORD_BYTES = 2_048;

/** Who wrote a record. The name is looked for only on the same host, since it was started, and in the same network namespace. */
const writer = z.object({ boot: z.string(), network: z.string(), name: z.string() });
type Writer = z.infer<typeof writer>;

const record = z.object({
  writer,
  taskToken: z.base64(),
  workflowId: z.string(),
  runId: z.string(),
  ended: z.boolean(),
  began: z.array(z.enum(stepNames)),
  mayLandUntil: z.number(),
  commandRuns: z.boolean(),
});

/**
 * In a directory of this host, a file for each log. They are good for as long as the host runs, so they are written without
 * waiting for a disk: what a killed process has written is there. A directory in memory (tmpfs) serves best.
 *
 * @param directory made if it is not there; readable for this user alone.
 * @throws Error where it cannot be made, or where this system cannot tell that a process has ended: it must be Linux.
 */
export async function intentsOnDisk(directory: string): Promise<SectionIntents> {
  await fs.mkdir(directory, { recursive: true, mode: 0o700 });
  const own: Writer = {
    ...(await whereNamesAreSeen()),
    name: `rekor-rotate worker ${randomBytes(16).toString('hex')}`,
  };
  await takeName(own.name);
  const fileOf = (log: string): string => join(directory, `${log}.section.json`);
  return {
    begin: (log, task) => new Promise((resolve) => resolve(openIn(directory, fileOf(log), own, task))),
    leftBehind: async (log) => {
      const seen = readRecord(fileOf(log));
      if (seen?.writer.boot !== own.boot || seen.writer.network !== own.network) return undefined;
      if (!(await isNameFree(seen.writer.name))) return undefined;
      // Only now it writes nothing more.
      const left = readRecord(fileOf(log));
      return left?.writer.name === seen.writer.name && !left.ended ? left : undefined;
    },
  };
}

/** Where the name of a process can be looked for: on one host since it was started, in one network namespace. */
async function whereNamesAreSeen(): Promise<Omit<Writer, 'name'>> {
  return {
    boot: (await fs.readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim(),
    network: await fs.readlink('/proc/self/ns/net'),
  };
}

/** A file of its own for each section: a process that was stopped in an earlier one goes on writing to the former file. */
function openIn(directory: string, file: string, own: Writer, task: SectionTask): OpenIntents {
  const temporary = join(directory, `.${randomUUID()}.section.json`);
  const descriptor = openSync(temporary, 'wx', 0o600);
  const write = (intents: Intents, ended: boolean): void => {
    const kept = JSON.stringify({ writer: own, ...task, ...intents, ended });
    if (writeSync(descriptor, kept.padEnd(RECORD_BYTES), 0, 'latin1') !== RECORD_BYTES) {
      throw new Error(`What a critical section has begun is longer than ${RECORD_BYTES} bytes, in ${file}.`);
    }
  };
  const nothing: Intents = { began: [], mayLandUntil: 0, commandRuns: false };
  try {
    write(nothing, false);
    renameSync(temporary, file);
  } catch (error) {
    closeSync(descriptor);
    rmSync(temporary, { force: true });
    throw error;
  }
  let isKept = true;
  return {
    keep: (intents) => {
      if (!isKept) return;
      try {
        write(intents, false);
      } catch {
        // What stands there is not true any more.
        rmSync(file, { force: true });
        isKept = false;
      }
    },
    end: () => {
      try {
        if (isKept) write(nothing, true);
      } finally {
        closeSync(descriptor);
      }
    },
    leave: () => closeSync(descriptor),
  };
}

/** Undefined where there is none, or one that nobody here has written. */
function readRecord(file: string): z.infer<typeof record> | undefined {
  try {
    return record.parse(JSON.parse(readFileSync(file, 'latin1')));
  } catch {
    return undefined;
  }
}
