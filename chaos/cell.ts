import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { Acknowledgement } from '../load/acknowledgement';
import { checkAcknowledgements } from '../load/check';
import { startLoad, type EndedRequest } from '../load/load';
import { until, within } from '../harness/waiting';
import type { RotationResult } from '../workflows/model/result';
import type { Caught } from '../harness/catching';
import { clientView, type ClientView } from './clients';
import { inject, type FaultOptions, type Injected } from './fault';
import { problemsIn } from './problems';
import { reasonToHold, writableWithinMs, type Cell } from './matrix';
import type { LogState } from '../harness/log-state';
import { momentOf, sceneOf, type Scene } from '../harness/moments';
import type { Rotate } from '../harness/rotations';
import type { Process, Rig } from './rig';

/** What became of one cell. Times in milliseconds. */
export interface CellRecord extends Cell {
  /** How the rotation ended; `none` when it did not, or not with a result. */
  readonly outcome: string;
  readonly reason: string;
  readonly attempts: number;
  /** Every step and undo, with its attempt and how long it took. */
  readonly steps: readonly string[];
  readonly clients: ClientView;
  readonly lostEntries: number;
  readonly signedTwice: number;
  /** From the start of the rotation to its result. */
  readonly rotationMs: number;
  /** From the fault to the result. */
  readonly afterFaultMs: number;
  /** Why the cell failed; empty when it did not. */
  readonly problems: readonly string[];
}

export interface CellOptions extends FaultOptions {
  /** The longest that no write may be acknowledged, in milliseconds; without it, `writableWithinMs`. */
  readonly writableWithinMs?: number;
  /** Called as soon as the fault has been injected and the held call let go; waited for before the cell ends. */
  readonly afterFault?: (at: number) => Promise<void>;
}

/** How long a rotation may take to come to the moment, and to end after the fault. Milliseconds. */
const MOMENT_MS = 120_000;
const END_MS = 180_000;
/** How long the load goes on before and after. Milliseconds. */
const BEFORE_MS = 400;
const AFTER_MS = 700;
/** So many entries from before a cell, of all ages, are looked at again in it. */
const EARLIER = 20;

/** A rotation that a busy machine undoes before its moment has met no fault: so often it is started again. */
const STARTS = 3;

/** The rotation ended before anything was broken. */
class MomentMissed extends Error {}

/** Runs a rotation under load, breaks a part at the moment, and looks at what became of everything. */
export async function runCell(rig: Rig, cell: Cell, options: CellOptions): Promise<CellRecord> {
  for (let starts = 1; ; starts += 1) {
    try {
      return await broken(rig, cell, options);
    } catch (error) {
      if (!(error instanceof MomentMissed) || starts === STARTS) {
        throw error;
      }
    }
  }
}

async function broken(rig: Rig, cell: Cell, options: CellOptions): Promise<CellRecord> {
  await rig.prepare(cell.workers);
  const before = await rig.snapshot();
  const earlier = rig.recorder.acknowledged().length;
  const requests: EndedRequest[] = [];
  const load = startLoad({
    url: rig.publicUrl,
    recorder: rig.recorder,
    writesPerSecond: 10,
    readsPerSecond: 5,
    ended: (request) => requests.push(request),
  });
  try {
    await until('a first acknowledgement', MOMENT_MS, () => rig.recorder.acknowledged().length > earlier);
    await pause(BEFORE_MS);
    const rotated = await rotateThroughFault(rig, cell, options);
    const view = (): ClientView => clientView(requests, rotated.faultAt, Date.now());
    await pause(AFTER_MS);
    await until('a write to be acknowledged at the end', END_MS / 6, () =>
      requests.some(
        ({ kind, status, sentAt }) => kind === 'write' && status === 201 && sentAt > rotated.endedAt,
      ),
    ).catch((error: unknown) => rotated.problems.push(String(error)));
    const measured = view();
    await load.stop();
    return await judged(rig, cell, options, {
      before,
      earlier,
      rotated,
      clients: { ...measured, ...failuresOf(view()) },
    });
  } finally {
    await load.stop();
    rig.clearFaults();
  }
}

/** Requests in flight at the end are failures too, if they fail; the times are those until the end. */
function failuresOf({ writes, reads }: ClientView): Pick<ClientView, 'writes' | 'reads'> {
  return { writes, reads };
}

interface Rotated {
  readonly result: RotationResult | null;
  readonly startedAt: number;
  readonly faultAt: number;
  readonly endedAt: number;
  readonly problems: string[];
}

async function rotateThroughFault(rig: Rig, cell: Cell, options: CellOptions): Promise<Rotated> {
  const problems: string[] = [];
  const scene = sceneOf(rig, await rig.serving());
  const reaching = momentOf(cell.step, cell.moment, scene);
  const startedAt = Date.now();
  const rotation = await rig.start();
  const ending = resultOf(rotation, END_MS);
  // It may end before anybody waits for it.
  ending.catch(() => undefined);
  const caught = await within('the moment', MOMENT_MS, Promise.race([reaching, ending.then(endedEarly)]));
  let injected: Injected;
  try {
    injected = await inject(rig, processOf(cell, caught, scene), cell.fault, options);
  } finally {
    caught.release();
  }
  const healed = injected.healed.catch((error: unknown) =>
    problems.push(`it was not healed: ${String(error)}`),
  );
  const watched = options.afterFault?.(injected.at);
  // What it did not see is said below, once the rotation has ended.
  watched?.catch(() => undefined);
  const result = await ending.catch((error: unknown) => {
    problems.push(error instanceof Error ? error.message : String(error));
    return null;
  });
  const endedAt = Date.now();
  await healed;
  await watched;
  return { result, startedAt, faultAt: injected.at, endedAt, problems };
}

function endedEarly({ outcome, reason }: RotationResult): never {
  throw new MomentMissed(`The rotation ended ${outcome} before the moment came: ${reason}`);
}

function processOf({ part, gate }: Cell, { worker }: Caught, { current, next }: Scene): Process {
  if (part === 'worker') {
    return worker;
  }
  if (part === 'current' || part === 'next') {
    return part === 'current' ? current : next;
  }
  return part === 'gate' ? (gate ?? part) : part;
}

/** The rotation's result; a Temporal server that is away is asked again. */
async function resultOf(rotation: WorkflowHandle<Rotate>, limitMs: number): Promise<RotationResult> {
  const end = performance.now() + limitMs;
  for (;;) {
    try {
      const left = Math.max(end - performance.now(), 0);
      return await within(`the result of ${rotation.workflowId}`, left, rotation.result());
    } catch (error) {
      if (error instanceof WorkflowFailedError || performance.now() >= end) {
        throw error;
      }
      await pause(200);
    }
  }
}

/** Asks the real systems what is there now. */
async function judged(
  rig: Rig,
  cell: Cell,
  options: CellOptions,
  found: {
    readonly before: LogState;
    readonly earlier: number;
    readonly rotated: Rotated;
    readonly clients: ClientView;
  },
): Promise<CellRecord> {
  const { before, earlier, rotated, clients } = found;
  const { result, problems } = rotated;
  const outcome: string = result?.outcome ?? 'none';
  if (outcome === 'held' && reasonToHold(cell) === null) {
    problems.push('it ended held, which is not listed for this cell');
  }
  const limitMs = options.writableWithinMs ?? writableWithinMs[cell.workers];
  if (clients.longestUnwritableMs > limitMs) {
    problems.push(`no write was acknowledged for ${clients.longestUnwritableMs} ms`);
  }
  const after = { ...(await rig.snapshot()), openWorkflows: await rig.openWorkflows() };
  problems.push(...problemsIn(before, after, outcome));
  const check = await checkAcknowledgements(rig.publicUrl, toCheck(rig.recorder.acknowledged(), earlier));
  problems.push(...check.wrong.slice(0, 5));
  const signedTwice = rig.signed.signedTwice();
  problems.push(...signedTwice);
  return {
    ...cell,
    outcome,
    reason: result?.reason ?? '',
    attempts: result?.attempts ?? 0,
    steps: (result?.steps ?? []).map(({ name, kind, attempt, ms }) => `${attempt} ${kind} ${name} ${ms} ms`),
    clients,
    lostEntries: check.lostEntries,
    signedTwice: signedTwice.length + check.duplicateIndexes,
    rotationMs: rotated.endedAt - rotated.startedAt,
    afterFaultMs: rotated.endedAt - rotated.faultAt,
    problems,
  };
}

/** Everything acknowledged in this cell, and some from before it at even distances: a later fault may shift their indexes. */
function toCheck(acknowledged: readonly Acknowledgement[], earlier: number): readonly Acknowledgement[] {
  const every = Math.max(Math.floor(earlier / EARLIER), 1);
  return acknowledged.filter((_, position) => position >= earlier || position % every === 0);
}
