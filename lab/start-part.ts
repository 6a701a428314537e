import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Binaries } from '../tools/binaries';
import { gateConfiguration, labLog, taskQueue } from './configuration';
import type { LabDatabase } from './database/lab-database';
import { compiledProgram, type LabFiles, type SlotName } from './files';
import type { Gates } from './gates';
import type { Part, PartName } from './parts';
import { isFree, type Ports } from './ports';
import { recorded, startProcess } from './process';
import { gateAnswers, httpAnswers, temporalAnswers, workerPolls } from './readiness';
import type { Routes } from './routes';
import { enabledSlots, runSlotCommand, writeFirstTree } from './slots';

export interface Surroundings {
  readonly files: LabFiles;
  readonly gates: Gates;
  readonly ports: Ports;
  readonly routes: Routes;
  readonly parts: Readonly<Record<PartName, Part>>;
  readonly binaries: Binaries;
  readonly database: LabDatabase;
  readonly signerFlags: readonly string[];
  readonly databaseFlags: readonly string[];
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Long, because a laptop may start all of this at once while it compiles something else. */
const readinessMs = 90_000;

/** Starts one part and waits until it serves. The parts before it in `partNames` must run. */
export async function startPart(lab: Surroundings, name: PartName): Promise<void> {
  const part = lab.parts[name];
  if (recorded(part.pidFile)) {
    return;
  }
  for (const port of part.ports) {
    if (!(await isFree(port))) {
      throw new Error(
        `Port ${port} of the lab's ${name} is taken by another program. End that program, or remove this lab ` +
          `(rekor-rotate lab down --directory ${lab.files.directory}) and start a new one, which chooses new ports.`,
      );
    }
  }
  const startedAt = Date.now();
  await start(lab, part);
  await untilReady(lab, part, startedAt);
  if (name === 'database') {
    await lab.database.createTrillianDatabase(lab.files, lab.binaries);
  }
  if (name === 'trillian-log-server') {
    await writeFirstTree(lab.files, lab.ports);
  }
  lab.report(`${name} is ready${part.address === null ? '' : ` at ${part.address}`}`);
}

async function start(lab: Surroundings, part: Part): Promise<void> {
  const { files, ports, routes, binaries } = lab;
  const launch = (command: string, ...args: string[]) =>
    startProcess({ ...part, command, args, environment: { RUNTIME_DIRECTORY: files.runtime } });
  switch (part.name) {
    case 'database':
      await lab.database.start(files, { ...part, flags: lab.databaseFlags }, lab.report);
      return;
    case 'trillian-log-server':
      await launchTrillian(lab, part, {
        program: binaries.trillianLogServer,
        database: routes.logServer.database,
        calls: ports.trillian,
        metrics: ports.trillianMetrics,
      });
      return;
    case 'trillian-log-signer':
      // Without an election: there is no other signer.
      await launchTrillian(lab, part, {
        program: binaries.trillianLogSigner,
        database: routes.signer.database,
        calls: ports.signer,
        metrics: ports.signerMetrics,
        more: ['--force_master', ...lab.signerFlags],
      });
      return;
    case 'temporal':
      await mkdir(files.temporalData, { recursive: true });
      launch(
        binaries.temporal,
        ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(ports.temporal)],
        ...['--ui-port', String(ports.temporalUi), '--db-filename', join(files.temporalData, 'temporal.db')],
      );
      return;
    case 'rekor-blue':
      await runSlotCommand(files, 'start', 'blue');
      return;
    case 'rekor-green':
      await runSlotCommand(files, 'start', 'green');
      return;
    case 'gate':
    case 'gate-2': {
      const slot: SlotName = enabledSlots(files)[0] ?? 'blue';
      launch(
        process.execPath,
        ...[compiledProgram(), 'gate', '--config', gateConfiguration(lab, part.name), '--log', labLog],
        ...['--first-instance', `http://127.0.0.1:${routes.gate[slot]}`],
      );
      return;
    }
    case 'worker':
      launch(process.execPath, compiledProgram(), 'worker', '--config', files.configuration);
      return;
  }
}

/** So many leaves of all trees may be queued before Trillian's quota refuses more; some minutes of a lab's load. */
export const MOST_QUEUED_LEAVES = 5_000;

interface TrillianServer {
  readonly program: string;
  /** Ports: where it finds the database, and where it listens. */
  readonly database: number;
  readonly calls: number;
  readonly metrics: number;
  readonly more?: readonly string[];
}

async function launchTrillian(
  { files, database }: Surroundings,
  part: Part,
  server: TrillianServer,
): Promise<void> {
  const password = (await readFile(files.databasePassword, 'utf8')).trim();
  // The quota as Trillian has it by default, with a limit that a test can reach.
  const told = database.trillianFlags(server.database, password, MOST_QUEUED_LEAVES);
  const { flags, flagsInFile = [], environment } = told;
  const flagsFile = join(files.running, `${part.name}.flags`);
  await mkdir(files.running, { recursive: true });
  await writeFile(flagsFile, flagsInFile.join('\n'));
  startProcess({
    ...part,
    command: server.program,
    args: [
      ...(flagsInFile.length > 0 ? [`--config=${flagsFile}`] : []),
      ...flags,
      `--rpc_endpoint=127.0.0.1:${server.calls}`,
      `--http_endpoint=127.0.0.1:${server.metrics}`,
      ...(server.more ?? []),
    ],
    environment,
  });
}

async function ready(
  { files, ports, database }: Surroundings,
  part: Part,
  startedAt: number,
): Promise<boolean> {
  const at = (port: number, path: string) => `http://127.0.0.1:${port}${path}`;
  const isOk = (status: number) => status === 200;
  switch (part.name) {
    case 'database':
      return await database.answers(files);
    case 'trillian-log-server':
      return await httpAnswers(at(ports.trillianMetrics, '/healthz'), isOk);
    case 'trillian-log-signer':
      return await httpAnswers(at(ports.signerMetrics, '/healthz'), isOk);
    case 'temporal':
      return await temporalAnswers(`127.0.0.1:${ports.temporal}`);
    case 'rekor-blue':
      return await httpAnswers(at(ports.blue, '/api/v1/log'), isOk);
    case 'rekor-green':
      return await httpAnswers(at(ports.green, '/api/v1/log'), isOk);
    case 'gate':
      return await gateAnswers(at(ports.gate, ''), at(ports.gateAdmin, ''));
    case 'gate-2':
      return await gateAnswers(at(ports.secondGate, ''), at(ports.secondGateAdmin, ''));
    case 'worker':
      return await workerPolls(`127.0.0.1:${ports.temporal}`, taskQueue, startedAt);
  }
}

async function untilReady(lab: Surroundings, part: Part, startedAt: number): Promise<void> {
  const deadline = performance.now() + readinessMs;
  while (!(await ready(lab, part, startedAt))) {
    lab.signal.throwIfAborted();
    if (!recorded(part.pidFile)) {
      throw new Error(`${part.name} ended at once. ${await lastLines(part.logFile)}`);
    }
    if (performance.now() > deadline) {
      throw new Error(
        `${part.name} is not ready after ${readinessMs / 1_000} s. ${await lastLines(part.logFile)}`,
      );
    }
    await pause(25);
  }
}

async function lastLines(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  const lines = text.trimEnd().split('\n').slice(-8).join('\n');
  return lines === '' ? `Its log ${logFile} is empty.` : `Its log ${logFile} ends so:\n${lines}`;
}
