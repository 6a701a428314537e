import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection, ScheduleOverlapPolicy, type WorkflowHandle } from '@temporalio/client';
import { startWithEnds, type Ends } from '../../harness/ends';
import { artifactSigner, hashedRekord } from '../../load/artifact';
import type { Acknowledgement } from '../../load/acknowledgement';
import { checkAcknowledgements } from '../../load/check';
import { readEntry } from '../../load/entry';
import { startLoad, type Load } from '../../load/load';
import { createRecorder, type Recorder } from '../../load/recorder';
import {
  guardId,
  lockId,
  PROGRESS,
  RECOVER_LOG,
  RESUME,
  ROTATE_LOG,
  type Progress,
} from '../../workflows/messages';
import { OPEN_EXECUTIONS } from '../../workflows/model/executions';
import type { Choice, ResumeInput } from '../../workflows/model/held';
import type { RecoveryRequest } from '../../workflows/model/recovery';
import type { RotationRequest, RotationResult } from '../../workflows/model/rotation';
import {
  copyOf,
  onlyLog,
  readConfiguration,
  writeConfiguration,
  type GuardSection,
  type LogSection,
  type RotationSection,
} from './configuration-copy';
import { startGrpcProxy, type GrpcProxy } from '../../faults/grpc-proxy';
import { startHttpProxy, type HttpProxy } from '../../faults/http-proxy';
import { gateAdmin, type GateAdmin } from '../../harness/gate-admin';
import { startLab, type LabProcess } from './lab-process';
import { slotCommands, type SlotCommands } from '../../harness/slot-commands';
import { snapshotOf, type LogSnapshot } from './snapshot';
import { trillianProto, trillianTrees, type TrillianTrees } from '../../harness/trillian-trees';
import { until, within } from '../../harness/waiting';
import { workerProcess, type WorkerProcess } from './worker-process';
import { PATIENCE_MS } from '../patience';

/** How long one upload may take, in milliseconds: how long writes really wait is for the bench to say. */
const UPLOAD_MS = 30_000;

/** So many entries from before a test are looked at again in it. */
const EARLIER = 20;

/**
 * A real log: Trillian, PostgreSQL, Rekor in two slots, the gate, Temporal and a worker, with a proxy before everything
 * that the worker speaks to. Nothing in the code under test knows of the faults.
 */
export interface LogUnderTest {
  readonly name: string;
  /** The log's section of the worker's configuration, with the proxies' addresses. */
  readonly section: LogSection;
  /** Between the worker and Trillian. Rekor has its own way there. */
  readonly trillian: GrpcProxy;
  /** Between the worker and the gate's admin address. */
  readonly gate: HttpProxy;
  /** Between the gate and the worker on one side and Rekor on the other, by slot. */
  readonly rekor: Readonly<Record<string, HttpProxy>>;
  readonly slots: SlotCommands;
  readonly worker: WorkerProcess;
  /** Past the proxies. */
  readonly trees: TrillianTrees;
  readonly gateItself: GateAdmin;
  readonly temporal: Client;
  readonly recorder: Recorder;
  /** The parts that all of this runs on. */
  readonly lab: LabProcess;

  /** Clients without retries; the caller stops them. */
  load(): Load;
  start(request?: Partial<RotationRequest>): Promise<WorkflowHandle<Rotate>>;
  /** Starts a rotation and waits for its result. */
  rotate(request?: Partial<RotationRequest>): Promise<RotationResult>;
  result(rotation: WorkflowHandle<Rotate>): Promise<RotationResult>;
  /** The open rotation or recovery: the workflow that is the lock. */
  lock(): WorkflowHandle<Rotate>;
  /** What the open rotation or recovery says of itself. */
  progress(): Promise<Progress>;
  /** Answers one that is held. */
  resume(choice: Choice): Promise<string>;
  /**
   * Lets a person ask for another try of one that is held, and mends what keeps it only once that was tried in vain: mended
   * before, it may end by itself before the person has spoken. Returns the answer to the person.
   */
  retry(mend: () => unknown): Promise<string>;
  /** Recovers the log by hand, and waits for the result. */
  recover(request?: Partial<RecoveryRequest>): Promise<RotationResult>;
  /** Lets the guardian look now. */
  guardLooks(): Promise<void>;
  /** Waits until nothing rotates, recovers or guards this log. */
  idle(): Promise<void>;
  snapshot(): Promise<LogSnapshot>;
  /** Which slot serves now, and which would be next. */
  serving(): Promise<{ readonly current: string; readonly next: string; readonly activeTreeId: string }>;
  /** An upload is acknowledged; it is recorded like those of the load. */
  expectWritable(): Promise<void>;
  /** An upload straight to a slot, past the gate; recorded when it is acknowledged. Throws when it is not. */
  uploadTo(slot: string): Promise<void>;
  /** Runs a slot's own command, as its operator would by hand. */
  byHand(slot: string, verb: 'start' | 'stop'): Promise<void>;
  /** Every entry acknowledged in this test, and some from before it: each is there, none twice, with a valid proof. */
  expectNothingLost(): Promise<void>;
  /** The same for every entry that was ever acknowledged; takes long after many tests. */
  expectNothingEverLost(): Promise<void>;
  /** Starts the worker again, with a changed configuration; without `change`, with the good one. */
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

type Rotate = (request: RotationRequest) => Promise<RotationResult>;

/** Who decides in these tests when a rotation is held. */
export const person = { who: 'the person in the test', why: 'the test has looked' } as const;

/** What a test file wants to be otherwise in the configuration. */
export interface Wanted {
  readonly rotation?: RotationSection;
  readonly guard?: GuardSection;
  readonly lab?: Parameters<typeof startLab>[0];
}

/** Quick, and few attempts: what fails for good in a test fails for good at once. */
const quick: RotationSection = {
  attempts: 2,
  pauseBetweenAttempts: '1s',
  soak: '1s',
  stopCurrentAfter: '500ms',
};

export async function startLogUnderTest(wanted: Wanted = {}): Promise<LogUnderTest> {
  return await startWithEnds('The log under test', (ends) => assemble(ends, wanted));
}

const run = promisify(execFile);

async function assemble(ends: Ends, wanted: Wanted): Promise<Omit<LogUnderTest, 'end'>> {
  const lab = await startLab(wanted.lab);
  ends.push(() => lab.end());
  const directory = join(lab.files.directory, 'test');
  mkdirSync(directory);

  const configuration = readConfiguration(lab.files.configuration);
  const name = onlyLog(configuration);
  const original = copyOf(configuration).logs[name] as LogSection;
  const section = configuration.logs[name] as LogSection;

  const trillian = await startGrpcProxy({ upstream: original.trillian.address, protoFile: trillianProto });
  ends.push(() => trillian.end());
  const gate = await startHttpProxy({ upstream: `http://${original.gate.admin}` });
  ends.push(() => gate.end());
  const rekor: Record<string, HttpProxy> = {};
  const slots = slotCommands(join(directory, 'slot-commands'));
  for (const [slotName, slot] of Object.entries(section.installation.slots)) {
    const proxy = await startHttpProxy({ upstream: slot.url });
    ends.push(() => proxy.end());
    rekor[slotName] = proxy;
    slot.url = proxy.url;
    slot.start = slots.wrapped(slotName, 'start', slot.start);
    slot.stop = slots.wrapped(slotName, 'stop', slot.stop);
  }
  section.trillian.address = trillian.address;
  section.gate.admin = new URL(gate.url).host;
  section.rotation = { ...section.rotation, ...quick, ...wanted.rotation };
  section.guard = { ...section.guard, ...wanted.guard };
  const configurationFile = join(directory, 'worker.yaml');
  writeConfiguration(configurationFile, configuration);

  const gateItself = gateAdmin(original.gate.admin, original.gate.token.file);
  const trees = trillianTrees(original.trillian.address);
  ends.push(() => trees.close());
  await sendThroughProxy(gateItself, original, section);

  const worker = workerProcess(configurationFile, directory);
  ends.push(() => worker.stop());
  worker.start();
  const connection = await Connection.connect({ address: configuration.temporal.address });
  ends.push(() => connection.close());
  const temporal = new Client({ connection, namespace: configuration.temporal.namespace ?? 'default' });
  const recorder = createRecorder();

  const taskQueue = configuration.temporal.taskQueue ?? 'rekor-rotate';
  const start = (request: Partial<RotationRequest> = {}): Promise<WorkflowHandle<Rotate>> =>
    temporal.workflow.start<Rotate>(ROTATE_LOG, {
      workflowId: `test-${randomUUID()}`,
      taskQueue,
      args: [{ log: name, ...request }],
    });
  const lock = (): WorkflowHandle<Rotate> => temporal.workflow.getHandle<Rotate>(lockId(name));
  const result = (rotation: WorkflowHandle<Rotate>): Promise<RotationResult> =>
    within(`the result of ${rotation.workflowId}`, PATIENCE_MS, rotation.result()).catch((error: unknown) => {
      throw new Error(`${String(error)}\nThe worker's last words:\n${worker.output().slice(-4_000)}`, {
        cause: error,
      });
    });
  let settledAt = 0;
  const expectKept = async (acknowledged: readonly Acknowledgement[]): Promise<void> => {
    const { wrong, ...counts } = await checkAcknowledgements(section.publicUrl, acknowledged);
    expect(wrong).toEqual([]);
    expect(counts).toEqual({
      acknowledged: acknowledged.length,
      lostEntries: 0,
      duplicateIndexes: 0,
      proofsVerified: acknowledged.length,
    });
  };
  const clearFaults = (): void => {
    for (const proxy of [trillian, gate, ...Object.values(rekor)]) {
      proxy.clear();
      proxy.forgetCalls();
    }
    slots.clear();
    slots.forgetCalls();
  };
  const upload = uploader(recorder);
  const idle = async (): Promise<void> => {
    await until('the end of everything that concerns the log', PATIENCE_MS, async () => {
      const { count } = await temporal.workflow.count(OPEN_EXECUTIONS);
      return count === 0;
    });
  };
  const progress: LogUnderTest['progress'] = () => lock().query<Progress>(PROGRESS);
  const resume: LogUnderTest['resume'] = (choice) =>
    lock().executeUpdate<string, [ResumeInput]>(RESUME, { args: [{ choice, ...person }] });
  const triesOfHeld = async (): Promise<number> => (await progress()).held?.tries ?? 0;
  return {
    name,
    section,
    trillian,
    gate,
    rekor,
    slots,
    worker,
    trees,
    gateItself,
    temporal,
    recorder,
    lab,
    load: () =>
      startLoad({
        ...{ url: section.publicUrl, recorder, writesPerSecond: 8, readsPerSecond: 4 },
        lateAfterMs: UPLOAD_MS,
      }),
    start,
    result,
    lock,
    progress,
    resume,
    retry: async (mend) => {
      const answer = await resume('retry');
      const tries = await triesOfHeld();
      await until('another try', PATIENCE_MS, async () => (await triesOfHeld()) > tries);
      await mend();
      return answer;
    },
    recover: async (request) =>
      await result(
        await temporal.workflow.start<Rotate>(RECOVER_LOG, {
          workflowId: `test-${randomUUID()}`,
          taskQueue,
          args: [{ log: name, ...request }],
        }),
      ),
    guardLooks: () => temporal.schedule.getHandle(guardId(name)).trigger(ScheduleOverlapPolicy.SKIP),
    idle,
    rotate: async (request) => await result(await start(request)),
    snapshot: () => snapshotOf(original, gateItself, trees),
    serving: async () => {
      const { upstream } = await gateItself.state();
      const names = Object.keys(rekor);
      const current = names.find((slotName) => rekor[slotName]?.url === upstream);
      const next = names.find((slotName) => slotName !== current);
      if (current === undefined || next === undefined) {
        throw new Error(`The gate sends to ${upstream}, which is neither slot.`);
      }
      const info = (await (await fetch(`${section.publicUrl}/api/v1/log`)).json()) as { treeID: string };
      return { current, next, activeTreeId: info.treeID };
    },
    expectWritable: async () => {
      await until('an upload to be acknowledged', PATIENCE_MS, () => upload(section.publicUrl));
    },
    uploadTo: async (slot) => {
      await upload(original.installation.slots[slot]?.url ?? '');
    },
    byHand: async (slot, verb) => {
      const [program = '', ...args] = original.installation.slots[slot]?.[verb] ?? [];
      await run(program, args);
    },
    expectNothingLost: () => expectKept(recorder.acknowledged().slice(Math.max(settledAt - EARLIER, 0))),
    expectNothingEverLost: () => expectKept(recorder.acknowledged()),
    reconfigure: async (change) => {
      const changed = copyOf(configuration);
      change?.(changed.logs[name] as LogSection);
      await worker.stop();
      writeConfiguration(configurationFile, changed);
      worker.start();
    },
    newDirectory: () => mkdtempSync(join(directory, 'files-')),
    clearFaults,
    settle: async () => {
      clearFaults();
      settledAt = recorder.acknowledged().length;
      if (!worker.runs()) {
        worker.start();
      }
      await idle();
    },
  };
}

/** The gate was started with the slots' own addresses; from here on it knows the proxies', as the worker does. */
async function sendThroughProxy(gate: GateAdmin, original: LogSection, proxied: LogSection): Promise<void> {
  const { upstream, number } = await gate.state();
  const serving = Object.entries(original.installation.slots).find(([, slot]) => slot.url === upstream);
  const url = serving && proxied.installation.slots[serving[0]]?.url;
  if (url === undefined) {
    throw new Error(`The gate sends to ${upstream}, which is neither slot.`);
  }
  await gate.release({ rotation: 'test', number: number + 1, upstream: url });
}

/** Uploads one artifact; says whether it was acknowledged. */
function uploader(recorder: Recorder): (url: string) => Promise<boolean> {
  const signArtifact = artifactSigner();
  return async (url) => {
    const response = await fetch(`${url}/api/v1/log/entries`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: hashedRekord(signArtifact()),
      signal: AbortSignal.timeout(UPLOAD_MS),
    });
    const text = await response.text();
    if (response.status !== 201) {
      throw new Error(`an upload was answered ${response.status}: ${text}`);
    }
    const entry = readEntry(text);
    recorder.record({ ...entry, entry, at: Date.now() });
    return true;
  };
}
