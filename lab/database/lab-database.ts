import type { Binaries } from '../../tools/binaries';
import type { LabFiles } from '../files';

/** A part that is started: where it listens, and where its process and its output are recorded. */
export interface DatabasePart {
  readonly ports: readonly number[];
  readonly pidFile: string;
  readonly logFile: string;
  /** More of the server's flags. */
  readonly flags: readonly string[];
}

/** How Trillian is told of a database. */
export interface TrillianFlags {
  readonly flags: readonly string[];
  /** Flags that need a variable of the environment: Trillian fills it in when it reads them from a file, and only then. */
  readonly flagsInFile?: readonly string[];
  /** Has the password, which any user could read among the arguments of a process. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A database server of the lab. Its files are made when they are not there. */
export interface LabDatabase {
  /** The `kind` of `trillian.database` that reads it. */
  readonly kind: 'postgresql' | 'mysql';
  /** Ends its clients' sessions and then itself. */
  readonly stopSignal: NodeJS.Signals;
  /** Finds its programs, or installs them, which is reported; throws an error that says how to install them. */
  ensurePrograms(report: (line: string) => void): Promise<void>;
  start(files: LabFiles, part: DatabasePart, report: (line: string) => void): Promise<void>;
  /** True when it takes connections. */
  answers(files: LabFiles): Promise<boolean>;
  /**
   * Creates Trillian's database with its schema unless it is there whole; a half made one is made again. Then the user who
   * reads it has its password and its rights.
   */
  createTrillianDatabase(files: LabFiles, binaries: Binaries): Promise<void>;
  /** For a server that finds the database at this port, and refuses more leaves than so many queued ones. */
  trillianFlags(port: number, password: string, mostQueued: number): TrillianFlags;
}
