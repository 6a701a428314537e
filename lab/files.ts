import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where a lab keeps what; everything is below its directory, but for the database of a lab that root runs. */
export interface LabFiles {
  readonly directory: string;
  /** Ports and choices: what makes a directory a lab. */
  readonly record: string;
  /** Names the process that starts, runs or stops the lab. */
  readonly owner: string;
  readonly configuration: string;
  readonly databaseUrl: string;
  /** Of Trillian's own user, who made the database. */
  readonly databasePassword: string;
  /** Of the user as whom the worker reads the database. */
  readonly readerPassword: string;
  readonly gateToken: string;
  readonly gateState: string;
  readonly gateSpool: string;
  /** What a worker keeps for the one after it. */
  readonly runtime: string;
  /** Of each gate where there are two, by its part's name; one alone has the log's. */
  readonly gateConfiguration: string;
  readonly secondGateConfiguration: string;
  readonly secondGateState: string;
  readonly secondGateSpool: string;
  readonly signerKey: string;
  /** Of a key that the log is to have from its next rotation on, where it is to have one. */
  readonly nextSignerKey: string;
  readonly nextSignerPublicKey: string;
  readonly temporalData: string;
  readonly slots: string;
  readonly slotScript: string;
  readonly logs: string;
  readonly running: string;
}

export type SlotName = 'blue' | 'green';
export const slotNames: readonly SlotName[] = ['blue', 'green'];

export function labFiles(directory: string): LabFiles {
  return {
    directory,
    record: join(directory, 'lab.json'),
    owner: join(directory, 'owner'),
    configuration: join(directory, 'rekor-rotate.yaml'),
    databaseUrl: join(directory, 'database-url'),
    databasePassword: join(directory, 'database-password'),
    readerPassword: join(directory, 'reader-password'),
    gateToken: join(directory, 'gate-token'),
    gateState: join(directory, 'gate-state.json'),
    gateSpool: join(directory, 'gate-spool'),
    runtime: join(directory, 'runtime'),
    gateConfiguration: join(directory, 'gate.yaml'),
    secondGateConfiguration: join(directory, 'gate-2.yaml'),
    secondGateState: join(directory, 'gate-2-state.json'),
    secondGateSpool: join(directory, 'gate-2-spool'),
    signerKey: join(directory, 'rekor-key.pem'),
    nextSignerKey: join(directory, 'rekor-key-2.pem'),
    nextSignerPublicKey: join(directory, 'rekor-key-2.pub'),
    temporalData: join(directory, 'temporal'),
    slots: join(directory, 'slots'),
    slotScript: join(__dirname, 'slot.sh'),
    logs: join(directory, 'logs'),
    running: join(directory, 'running'),
  };
}

export function slotFiles(files: LabFiles, slot: SlotName) {
  return {
    environment: join(files.slots, `${slot}.env`),
    sharding: join(files.slots, `${slot}-sharding.yaml`),
    enabled: join(files.slots, `${slot}.enabled`),
    record: join(files.slots, `${slot}.pid`),
    log: join(files.slots, `${slot}.log`),
  };
}

/** Where the lab is when no directory is named: with the other state of this user's programs. */
export function defaultLabDirectory(): string {
  const configured = process.env['XDG_STATE_HOME'];
  const state =
    configured ??
    (process.platform === 'darwin'
      ? join(homedir(), 'Library', 'Application Support')
      : join(homedir(), '.local', 'state'));
  return join(state, 'rekor-rotate', 'lab');
}

/** The compiled program, also when this file itself runs from its TypeScript source, as in tests. */
export function compiledProgram(): string {
  const compiled = __filename.endsWith('.ts') ? join(__dirname, '..', 'out', 'dist') : join(__dirname, '..');
  return join(compiled, 'cli', 'main.js');
}
