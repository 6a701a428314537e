import { chmod, mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFile } from '../files/atomic-file';
import { hasCode } from '../tools/error-code';
import type { DatabaseName } from './database/databases';
import { databaseHome } from './database/home';
import type { LabFiles } from './files';
import type { Gates } from './gates';
import type { PartName } from './parts';
import { portNames, withNewPorts, type Ports } from './ports';
import { notALabs, recordedText } from './recorded-text';

/** What a lab keeps about itself: it is what makes a directory a lab's. */
export interface LabRecord {
  readonly ports: Ports;
  /** Whether the log, its database and Temporal's history stay when the lab is stopped. */
  readonly keepData: boolean;
  /** Whether the last start was one that leaves the lab running without its starter. */
  readonly detached: boolean;
  /** Parts that the last start left out. */
  readonly without: readonly PartName[];
  /** What Trillian runs on; it stays so as long as the data does. */
  readonly database: DatabaseName;
  readonly gates: Gates;
}

export type LabChoices = Omit<LabRecord, 'ports' | 'database' | 'gates'> &
  Partial<Pick<LabRecord, 'database' | 'gates'>>;

/** The record of the lab in this directory; null when there is none. */
export async function readRecord(files: LabFiles): Promise<LabRecord | null> {
  const text = await recordedText(files.record);
  if (text === null) {
    return null;
  }
  const record = JSON.parse(text) as Partial<LabRecord>;
  const ports = withNewPorts(record.ports ?? {});
  if (portNames.some((name) => !Number.isInteger(ports[name]))) {
    throw notALabs(files.record, files.directory);
  }
  return {
    ports: ports as Ports,
    keepData: record.keepData === true,
    detached: record.detached === true,
    without: record.without ?? [],
    database: record.database ?? 'postgresql',
    gates: record.gates ?? 1,
  };
}

/** Makes the directory a lab's, or takes the lab that is there. */
export async function prepareRecord(files: LabFiles, choices: LabChoices, ports: Ports): Promise<LabRecord> {
  const found = await readRecord(files);
  requireSameDatabase(files.directory, found?.database, choices.database);
  const database = choices.database ?? found?.database ?? 'postgresql';
  const record = {
    ...choices,
    database,
    gates: choices.gates ?? found?.gates ?? 1,
    ports,
    keepData: choices.keepData || found?.keepData === true,
  };
  await writeRecord(files, record);
  return record;
}

/** A lab keeps the database that it was made with; `asked` is what somebody names now, if anything. */
export function requireSameDatabase(
  directory: string,
  kept: DatabaseName | undefined,
  asked: DatabaseName | undefined,
): void {
  if (kept !== undefined && asked !== undefined && kept !== asked) {
    throw new Error(
      `The lab in ${directory} runs on ${kept}, and not on ${asked}. Remove it with ` +
        `\`rekor-rotate lab down --remove-data --directory ${directory}\`, or name another directory.`,
    );
  }
}

export async function writeRecord(files: LabFiles, record: LabRecord): Promise<void> {
  await replaceFile(files.record, `${JSON.stringify(record, null, 2)}\n`);
}

/** Makes the directory if it is absent; refuses one that holds anything but a lab. */
export async function claimDirectory(files: LabFiles): Promise<void> {
  await mkdir(dirname(files.directory), { recursive: true });
  try {
    await mkdir(files.directory);
    await chmod(files.directory, 0o755); // Whatever the umask: a database that root starts runs as another user.
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) {
      throw error;
    }
    const content = await readdir(files.directory);
    if (content.some((name) => name !== 'owner') && (await readRecord(files)) === null) {
      throw new Error(`${files.directory} holds files that are no lab's. Name an empty or a new directory.`, {
        cause: error,
      });
    }
  }
}

/** Removes what the lab wrote, and the directory when nothing else is in it. */
export async function removeData(files: LabFiles): Promise<void> {
  const home = await databaseHome(files);
  if (home !== files.directory) {
    await rm(home, { recursive: true, force: true });
    await removeIfEmpty(dirname(home));
  }
  const { directory, owner, record } = files;
  const keep = new Set([directory, owner, record, files.slotScript]);
  const written = Object.values<string>({ ...files }).filter((path) => !keep.has(path));
  const alsoWritten = ['database', 'postgresql'].map((name) => join(directory, name));
  for (const path of [...written, ...alsoWritten]) {
    await rm(path, { recursive: true, force: true });
  }
  // Last, so that an aborted removal leaves a directory that the next one still knows as a lab's.
  await rm(record, { force: true });
}

export async function removeIfEmpty(directory: string): Promise<void> {
  try {
    await rmdir(directory);
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) {
      throw error;
    }
  }
}
