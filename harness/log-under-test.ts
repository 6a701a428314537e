import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import type { GrpcProxy } from '../faults/grpc-proxy';
import { startHttpProxy, type HttpProxy } from '../faults/http-proxy';
import { directNetwork, workerNames, type Network } from '../faults/network';
import { slotNames, type SlotName } from '../lab/files';
import { gateNames, type Gates, type PartName } from '../lab/lab';
import type { Ports } from '../lab/ports';
import { directRoutes, type Routes } from '../lab/routes';
import { createRecorder, type Recorder } from '../load/recorder';
import { ANSWERED_BY, startBalancer, type Balancer } from './balancer';
import { catching, type Catching } from './catching';
import { clientsOf, type Clients } from './clients';
import {
  copyOf,
  onlyLog,
  readConfiguration,
  writeConfiguration,
  type ApprovalsSection,
  type GateSection,
  type GuardSection,
  type LogSection,
  type RotationSection,
} from './configuration';
import { startWithEnds, type Ends } from './ends';
import type { GateAdmin } from './gate-admin';
import { gateUnderTest, type GateUnderTest } from './gates';
import { startLab, type LabProcess, type LabWanted } from './lab-process';
import { contentsOf, shardsAt, type LogState } from './log-state';
import { readsThroughEach, type ReadsThroughEach } from './reads-through-each';
import { rotationsOf, type Rotations } from './rotations';
import { slotCommands, type SlotCommands } from './slot-commands';
import { trillianTrees, type TrillianTrees } from './trillian-trees';
import { startWorkerCalls, type Way, type WorkerCalls } from './worker-calls';
import { workerProcess, type WorkerProcess } from './worker-process';

/** Which slot serves now, and which would be next. */
export interface Serving {
  readonly current: SlotName;
  readonly next: SlotName;
  readonly activeTreeId: string;
}

/**
 * A real log: Trillian with its database, Rekor in two slots, the gate, Temporal and workers, with a proxy before everything
 * that a worker speaks to. Nothing in the code under test knows of the faults.
 */
export interface LogUnderTest extends Rotations, Clients {
  readonly name: string;
  /** Where clients reach it. */
  readonly publicUrl: string;
  /** The log's section of the first worker's configuration, with the proxies' addresses. */
  readonly section: LogSection;
  readonly workers: readonly (WorkerCalls & { readonly process: WorkerProcess })[];
  /** The first of the workers, and its ways to Trillian and to the gate's admin address. Rekor has its own way to Trillian. */
  readonly worker: WorkerProcess;
  readonly trillian: GrpcProxy;
  readonly gate: HttpProxy;
  /** Between the gate and the workers on one side and Rekor on the other. */
  readonly rekor: Readonly<Record<SlotName, HttpProxy>>;
  readonly slots: SlotCommands;
  readonly slotUrls: Readonly<Record<SlotName, string>>;
  readonly catching: Catching;
  /** Past the proxies. */
  readonly trees: TrillianTrees;
  readonly gateItself: GateAdmin;
  readonly gates: readonly GateUnderTest[];
  /** Before two gates; null where there is one. */
  readonly balancer: Balancer | null;
  /** Of what is acknowledged, where there are two gates. */
  readonly readsThroughEach: ReadsThroughEach;
  readonly temporal: Client;
  readonly recorder: Recorder;
  /** The parts that all of this runs on. */
  readonly lab: LabProcess;

  snapshot(): Promise<LogState>;
  serving(): Promise<Serving>;
  /** An upload straight to a slot, past the gate; recorded when it is acknowledged. Throws when it is not. */
  uploadTo(slot: SlotName): Promise<void>;
  /** Runs a slot's own command, as its operator would by hand. */
  byHand(slot: SlotName, verb: 'start' | 'stop'): Promise<void>;
  /** Starts the first worker again, with a changed configuration; without `change`, with the good one. */
  reconfigure(change?: (section: LogSection) => void): Promise<void>;
  /** An empty directory for files that a changed configuration names. */
  newDirectory(): string;
  /** No rule, no record of calls; slot commands work. */
  clearFaults(): void;
  /** Before a test: no fault, a worker, and no rotation that an earlier test left unfinished. */
  settle(): Promise<void>;
  /** Ends everything that was started, and fails when something is left. */
  end(): Promise<void>;
}

/** What is to be otherwise than usual. */
export interface Wanted {
  readonly rotation?: RotationSection;
  readonly guard?: GuardSection;
  readonly approvals?: ApprovalsSection;
  readonly lab?: Omit<LabWanted, 'directory' | 'routes'>;
  /** Where parts look for others, but for the gate, which always finds Rekor behind its proxy. */
  readonly routes?: (ports: Ports) => Promise<Partial<Routes>>;
  /** How many gates stand before the log, behind a balancer if there are two. Default 1. */
  readonly gates?: Gates;
  /** How many workers there are. Default 1. */
  readonly workers?: 1 | 2;
  /** Connections that can be cut, on the way of every call of the gate, of Rekor's clients and of the workers. */
  readonly network?: Network;
  /** Told of all that Rekor answers, whoever asked. */
  readonly answered?: (body: string) => void;
  /** Everything is below it; by default a new temporary one. It is removed in the end. */
  readonly directory?: string;
}

/** Quick, and few attempts: what fails for good fails for good at once. Nothing in it changes what a rotation does. */
const quick: RotationSection = {
  attempts: 2,
  pauseBetweenAttempts: '1s',
  soak: '1200ms',
  stopCurrentAfter: '500ms',
};

export async function startLogUnderTest(wanted: Wanted = {}): Promise<LogUnderTest> {
  return await startWithEnds('The log under test', (ends) => assemble(ends, wanted));
}

const run = promisify(execFile);

async function assemble(ends: Ends, wanted: Wanted): Promise<Omit<LogUnderTest, 'end'>> {
  const { network = directNetwork } = wanted;
  const directory = wanted.directory ?? mkdtempSync(join(tmpdir(), 'rekor-rotate-'));
  ends.push(() => rmSync(directory, { recursive: true, force: true }));
  const { lab, rekor, slotUrls } = await startLabBehindProxies(directory, network, wanted, ends);

  const original = readConfiguration(lab.files.configuration);
  const { name, section: itself } = onlyLog(original);
  const workers: (WorkerCalls & { process: WorkerProcess })[] = [];
  const gates = gatesOf(lab, itself.gate, (position) =>
    workers.flatMap(({ gateWays }) => gateWays[position] ?? []),
  );
  const balancer =
    gates.length > 1
      ? await startBalancer(gates.map((gate) => ({ ...gate, wire: network.wire(gate.name) })))
      : null;
  if (balancer) ends.push(() => balancer.end());
  const changed = copyOf(original);
  const section = onlyLog(changed).section;
  if (balancer) section.publicUrl = balancer.url;
  section.rotation = { ...section.rotation, ...quick, ...wanted.rotation };
  section.guard = { ...section.guard, ...wanted.guard };
  if (wanted.approvals) {
    section.approvals = wanted.approvals;
  }

  const slots = slotCommands(join(directory, 'slot-commands'));
  for (const workerName of workerNames.slice(0, wanted.workers ?? 1)) {
    const options = {
      name: workerName,
      configuration: changed,
      network,
      slotUrls,
      commands: slots,
      directory,
    };
    const calls = await startWorkerCalls(options, ends);
    const process = workerProcess(workerName, calls.configurationFile, directory);
    ends.push(() => process.stop());
    process.start();
    workers.push({ ...calls, process });
  }
  const [first] = workers as [(typeof workers)[number]];

  const [{ admin: gateItself }] = gates as [GateUnderTest];
  const trees = trillianTrees(itself.trillian.address);
  ends.push(() => trees.close());
  const { address, namespace = 'default', taskQueue = 'rekor-rotate' } = original.temporal;
  const connection = await Connection.connect({ address });
  ends.push(() => connection.close());
  const temporal = new Client({ connection, namespace });
  const reads = readsThroughEach(balancer ? gates : []);
  const recorder = createRecorder({ recorded: (acknowledgement) => reads.read(acknowledgement) });
  const publicUrl =
    balancer?.url ??
    `http://127.0.0.1:${await network.lay(['gate'], Number(new URL(itself.publicUrl).port))}`;
  const rotations = rotationsOf(temporal, taskQueue, name, () => first.process.output());
  const clients = clientsOf(publicUrl, recorder);

  const gateSlot = async () => {
    const states = await Promise.all(gates.map(({ admin }) => admin.state()));
    const modes = states.map(({ mode, informed }) => (informed ? mode : 'uninformed'));
    const slots = states.map(
      ({ instances }) => slotNames.find((slot) => slotUrls[slot] === instances[0]) ?? instances.join(),
    );
    const all = (each: readonly string[]): string => [...new Set(each)].join(' and ');
    return { mode: all(modes), slot: all(slots) };
  };
  const clearFaults = (): void => {
    const ofWorkers = workers.flatMap(({ trillian, gates, publicLog }) => [trillian, ...gates, publicLog]);
    for (const proxy of [...ofWorkers, ...Object.values(rekor)]) {
      proxy.clear();
      proxy.forgetCalls();
    }
    slots.clear();
    slots.forgetCalls();
  };
  return {
    ...rotations,
    ...clients,
    name,
    publicUrl,
    section: onlyLog(first.configuration).section,
    workers,
    worker: first.process,
    trillian: first.trillian,
    gate: first.gate,
    rekor,
    slots,
    slotUrls,
    catching: catching(workers, slots),
    trees,
    gateItself,
    gates,
    balancer,
    readsThroughEach: reads,
    temporal,
    recorder,
    lab,
    snapshot: async () => ({
      trees: await trees.list(),
      gate: await gateSlot(),
      runningSlots: slotNames.filter((slot) => lab.pidOf(`rekor-${slot}` as PartName) !== null),
      files: contentsOf(lab.files.slots),
      shards: await shardsAt(section.publicUrl),
    }),
    serving: async () => {
      const { slot } = await gateSlot();
      const { active } = await shardsAt(section.publicUrl);
      const current = slotNames.find((each) => each === slot);
      const next = slotNames.find((each) => each !== slot);
      if (!current || !next) {
        throw new Error(`The gate sends to ${slot}, which is neither slot.`);
      }
      return { current, next, activeTreeId: active };
    },
    uploadTo: (slot) => clients.upload(itself.installation.slots[slot]?.url ?? ''),
    byHand: async (slot, verb) => {
      const [program = '', ...args] = itself.installation.slots[slot]?.[verb] ?? [];
      await run(program, args);
    },
    reconfigure: async (change) => {
      const other = copyOf(first.configuration);
      change?.(onlyLog(other).section);
      await first.process.stop();
      writeConfiguration(first.configurationFile, other);
      first.process.start();
      // What a rotation waits for is a worker, and would be waited for as long as any test may take.
      await first.process.started();
    },
    newDirectory: () => mkdtempSync(join(directory, 'files-')),
    clearFaults,
    settle: async () => {
      clearFaults();
      clients.settled();
      if (first.process.pid() === null) {
        first.process.start();
      }
      await rotations.idle();
    },
  };
}

/** The gates of a lab, by the configuration of its log: the second one has its own file of state beside the first one's. */
function gatesOf(
  lab: LabProcess,
  first: GateSection,
  waysTo: (position: number) => readonly Way[],
): readonly GateUnderTest[] {
  const { gateConfiguration, secondGateConfiguration } = lab.files;
  if (!first.members) return [gateUnderTest(lab, 'gate', first, () => waysTo(0))];
  return [gateConfiguration, secondGateConfiguration].map((file, position) =>
    gateUnderTest(lab, gateNames[position] ?? 'gate', onlyLog(readConfiguration(file)).section.gate, () =>
      waysTo(position),
    ),
  );
}

interface LabBehindProxies {
  readonly lab: LabProcess;
  readonly rekor: Readonly<Record<SlotName, HttpProxy>>;
  readonly slotUrls: Readonly<Record<SlotName, string>>;
}

/** Starts the lab with a proxy before each Rekor, and connections of the network between its parts. */
async function startLabBehindProxies(
  directory: string,
  network: Network,
  { lab: wanted, routes, answered, gates = 1 }: Wanted,
  ends: Ends,
): Promise<LabBehindProxies> {
  const rekor = {} as Record<SlotName, HttpProxy>;
  const slotPorts = {} as Record<SlotName, number>;
  // Left by a run that came to no end; a gate of that time knows addresses that nobody listens on any more.
  mkdirSync(directory, { recursive: true });
  for (const name of workerNames) {
    await workerProcess(name, '', directory).stop();
  }
  const lab = await startLab({
    ...wanted,
    gates,
    directory: join(directory, 'lab'),
    routes: async (ports) => {
      for (const slot of slotNames) {
        const proxy = await startHttpProxy({
          upstream: `http://127.0.0.1:${ports[slot]}`,
          answered: (_call, { body }) => answered?.((body ?? '').toString()),
          marks: { [ANSWERED_BY]: slot },
        });
        ends.push(() => proxy.end());
        rekor[slot] = proxy;
        slotPorts[slot] = await network.lay([slot], Number(new URL(proxy.url).port));
      }
      return {
        ...directRoutes(ports),
        rekor: { trillian: await network.lay(['log-server'], ports.trillian) },
        logServer: { database: await network.lay(['log-server', 'database'], ports.database) },
        signer: { database: await network.lay(['signer', 'database'], ports.database) },
        ...(gates === 2 && {
          gateAdmins: {
            gate: await network.lay(['gate', 'gate-2'], ports.gateAdmin),
            'gate-2': await network.lay(['gate', 'gate-2'], ports.secondGateAdmin),
          },
        }),
        ...(await routes?.(ports)),
        gate: slotPorts,
      };
    },
  });
  ends.push(() => lab.end());
  const url = (slot: SlotName): string => `http://127.0.0.1:${slotPorts[slot]}`;
  return { lab, rekor, slotUrls: { blue: url('blue'), green: url('green') } };
}
