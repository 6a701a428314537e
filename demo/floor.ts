import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { artifactSigner, hashedRekord } from '../load/artifact';
import { httpClient } from '../load/http';
import { startLoad } from '../load/load';
import { leafHash } from '../load/merkle';
import { createRecorder } from '../load/recorder';
import { loadedLength, prepareRekor, startRekor, type RekorInstance } from '../lab/rekor-instance';
import type { TreeId } from '../workflows/model/log';
import { median } from '../load/median';
import {
  drainTree,
  freezeTree,
  newTree,
  openTrillian,
  trillianPlace,
  type TrillianParts,
  type TrillianPlace,
} from './trillian';

/** Where the parts of a lab are that a throw-away log is made of. */
export interface FloorLab extends TrillianPlace {
  readonly rekorServer: string;
}

/** Where the lab's Trillian is, from the lab's configuration. */
export function floorLab(configurationFile: string, rekorServer: string): FloorLab {
  return { ...trillianPlace(configurationFile, 'floor'), rekorServer };
}

/** The parts of one run, in milliseconds; all but `startNext` come one after the other and add up to the whole. */
export interface FloorParts {
  /** From the last write sent until every write in flight was answered. */
  readonly lastWriteAnswered: number;
  /** DRAINING set and read back, nothing in flight, nothing queued. */
  readonly drained: number;
  /** FROZEN set and read back, still nothing queued, size read. */
  readonly frozen: number;
  /** What the start of the next process took longer than drain and freeze beside it. */
  readonly startAwaited: number;
  /** The next tree ACTIVE, its handover leaf queued, integrated, and seen through the next process. */
  readonly handover: number;
  /** One upload through the next process. */
  readonly upload: number;
  /** Beside the others: from the start of the next process to its first correct `/api/v1/log`. */
  readonly startNext: number;
}

export interface Floor {
  /** Median of the runs: from the last write sent to the first write acknowledged by the next process. */
  readonly floorMs: number;
  /** Median of each part; medians do not add up. */
  readonly parts: FloorParts;
  readonly runs: readonly (FloorParts & { readonly wholeMs: number })[];
}

export interface FloorOptions {
  /** Default 5. */
  readonly runs?: number;
  readonly writesPerSecond?: number;
  readonly readsPerSecond?: number;
  readonly signal?: AbortSignal;
  /** Gets one line for each run. */
  readonly report?: (line: string) => void;
}

/** How long each throw-away log takes writes before it is rotated. Milliseconds. */
const LOAD_MS = 2_500;

/**
 * What the calls of a rotation cost alone: without Temporal and gate, a straight script that makes them on a throw-away
 * log in the same lab under the same load. It is what a rotation's write stall is compared with.
 */
export async function measureFloor(lab: FloorLab, options: FloorOptions = {}): Promise<Floor> {
  const systems = openTrillian(lab, options.signal ?? new AbortController().signal);
  const runs: (FloorParts & { wholeMs: number })[] = [];
  try {
    for (let run = 1; run <= (options.runs ?? 5); run += 1) {
      const parts = await measureOnce(lab, systems, options);
      runs.push(parts);
      options.report?.(`floor, run ${run}: ${Math.round(parts.wholeMs)} ms`);
    }
  } finally {
    await systems.close();
  }
  const medianOf = (part: keyof FloorParts): number => median(runs.map((run) => run[part]));
  return {
    floorMs: median(runs.map((run) => run.wholeMs)),
    parts: {
      lastWriteAnswered: medianOf('lastWriteAnswered'),
      drained: medianOf('drained'),
      frozen: medianOf('frozen'),
      startAwaited: medianOf('startAwaited'),
      handover: medianOf('handover'),
      upload: medianOf('upload'),
      startNext: medianOf('startNext'),
    },
    runs,
  };
}

async function measureOnce(
  lab: FloorLab,
  systems: TrillianParts,
  options: FloorOptions,
): Promise<FloorParts & { wholeMs: number }> {
  const { signal, trillian } = systems;
  const directory = await mkdtemp(join(tmpdir(), 'rekor-floor-'));
  const current = await newTree(systems, throwAway('floor current'));
  const next = await newTree(systems, throwAway('floor next'));
  const instances: RekorInstance[] = [];
  const rekor = { rekorServer: lab.rekorServer, trillian: lab.trillian, directory };
  try {
    // As a rotation leaves it: the signer takes charge of a DRAINING tree beforehand, of a FROZEN one it does not.
    await trillian.setState(next, 'DRAINING', { signal });
    const serving = await startRekor({ ...rekor, treeId: current, inactive: [] });
    instances.push(serving);
    const recorder = createRecorder();
    const { writesPerSecond = 20, readsPerSecond = 20 } = options;
    // Without rekor-cli: a run of it takes longer than its write, and waiting for it would raise the floor (H38).
    const writers = startLoad({
      url: serving.url,
      recorder,
      writesPerSecond,
      readsPerSecond: 0,
    });
    const readers = startLoad({ url: serving.url, recorder, writesPerSecond: 0, readsPerSecond });
    try {
      await pause(LOAD_MS, undefined, { signal });
      const prepared = await prepareRekor({ ...rekor, treeId: next, inactive: [current] });
      return await criticalSection(systems, { current, next, writers, prepared, instances });
    } finally {
      await Promise.all([writers.stop(), readers.stop()]);
    }
  } finally {
    await Promise.all(instances.map((instance) => instance.stop()));
    await retire(trillian, [current, next]);
    await rm(directory, { recursive: true, force: true });
  }
}

interface ThrowAwayLog {
  readonly current: TreeId;
  readonly next: TreeId;
  readonly writers: { stop(): Promise<unknown> };
  readonly prepared: { start(): RekorInstance };
  /** What is to be stopped in the end. */
  readonly instances: RekorInstance[];
}

/** The measured sequence itself: read it from top to bottom. */
async function criticalSection(
  systems: TrillianParts,
  log: ThrowAwayLog,
): Promise<FloorParts & { wholeMs: number }> {
  const { trillian, signal } = systems;
  const { current, next } = log;
  const start = (): RekorInstance => {
    const started = log.prepared.start();
    log.instances.push(started);
    return started;
  };
  const began = performance.now();

  await log.writers.stop();
  const answered = performance.now();

  let instance = start();
  const firstAnswer = timed(instance.serves((said) => said.treeID === next));
  // It is awaited below; until then a process that ends early must not end this one.
  firstAnswer.catch(() => undefined);
  await drainTree(systems, current);
  const drained = performance.now();

  const size = await freezeTree(systems, current);
  const frozen = performance.now();

  const { result, at: serving } = await firstAnswer;
  const startNext = serving - instance.startedAt;
  for (let said = result; loadedLength(said, current) !== size;) {
    // It read the length before the drain had ended; it never reads it again.
    await instance.stop();
    instance = start();
    said = await instance.serves((answered) => answered.treeID === next);
  }
  const started = performance.now();

  await trillian.setState(next, 'ACTIVE', { signal });
  const value = Buffer.from(hashedRekord(artifactSigner()()));
  await trillian.queueLeaf(
    next,
    { value, identityHash: createHash('sha256').update(value).digest() },
    { signal },
  );
  const rootHash = leafHash(value).toString('hex');
  await instance.serves((said) => said.treeSize === 1 && said.rootHash === rootHash);
  const handedOver = performance.now();

  const client = httpClient(instance.url);
  const upload = await client.post('/api/v1/log/entries', hashedRekord(artifactSigner()()));
  const ended = performance.now();
  await client.close();
  if (upload.status !== 201)
    throw new Error(`the upload through next was answered ${upload.status}: ${upload.body}`);

  return {
    lastWriteAnswered: answered - began,
    drained: drained - answered,
    frozen: frozen - drained,
    startAwaited: started - frozen,
    handover: handedOver - started,
    upload: ended - handedOver,
    startNext,
    wholeMs: ended - began,
  };
}

function throwAway(displayName: string) {
  return { displayName, description: 'Throw-away log of the bench.' };
}

/** FROZEN, so that the signer of the lab does not go on with them; a tree is never deleted. */
async function retire(trillian: TrillianParts['trillian'], trees: readonly TreeId[]): Promise<void> {
  for (const treeId of trees) {
    await trillian.setState(treeId, 'FROZEN', { signal: AbortSignal.timeout(5_000) });
  }
}

async function timed<Result>(promise: Promise<Result>): Promise<{ result: Result; at: number }> {
  const result = await promise;
  return { result, at: performance.now() };
}
