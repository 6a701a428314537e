import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseServer } from '../activities/tree-queue/database-server';
import { connectMysql } from '../activities/tree-queue/mysql';
import { connectPostgresql } from '../activities/tree-queue/postgresql';
import type { TreeQueue } from '../activities/tree-queue/tree-queue';
import { connectMetrics, type TrillianMetrics } from '../activities/clients/metrics';
import {
  connectTrillian,
  REKOR_MAX_ROOT_DURATION_MS,
  type TrillianClient,
} from '../activities/clients/trillian';
import { loadConfiguration, logNamed } from '../config/load';
import { readSecret } from '../config/secrets';
import { labLog } from '../lab/configuration';
import type { TreeId } from '../workflows/model/log';

/** The Trillian of a lab, as a straight script works on it: without Temporal, and without a step of a rotation. */

/** Where its parts are. */
export interface TrillianPlace {
  /** `HOST:PORT` of the log server. */
  readonly trillian: string;
  readonly logServerMetrics: readonly string[];
  readonly signerMetrics: readonly string[];
  readonly database: DatabaseServer & { readonly kind: 'postgresql' | 'mysql' };
}

/** Connections to all of them. */
export interface TrillianParts {
  readonly trillian: TrillianClient;
  readonly metrics: TrillianMetrics;
  readonly queue: TreeQueue;
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

/** How often anything is asked while it is waited for; slow polling would raise the floor (H38). Milliseconds. */
const POLL_MS = 5;

/** Where the lab's Trillian is, from the lab's configuration; `script` is who asks, for messages. */
export function trillianPlace(configurationFile: string, script: string): TrillianPlace {
  const { trillian } = logNamed(loadConfiguration(configurationFile), labLog);
  if (!trillian.database)
    throw new Error(`${configurationFile} names no database: the drain cannot be proven.`);
  const { password, ...server } = trillian.database;
  return {
    trillian: trillian.address,
    logServerMetrics: trillian.logServerMetrics,
    signerMetrics: trillian.signerMetrics,
    database: { log: script, ...server, password: () => readSecret(password) },
  };
}

/** Connects with the first call. */
export function openTrillian(place: TrillianPlace, signal: AbortSignal): TrillianParts {
  const { log } = place.database;
  const trillian = connectTrillian({ log, address: place.trillian });
  const queue = (place.database.kind === 'mysql' ? connectMysql : connectPostgresql)(place.database);
  const [logServers, signers] = [[...place.logServerMetrics], [...place.signerMetrics]];
  return {
    trillian,
    metrics: connectMetrics({ log, logServers, signers }),
    queue,
    signal,
    close: async () => {
      trillian.close();
      await queue.close();
    },
  };
}

/** Makes a tree, ACTIVE and initialised, as Sigstore's `createtree` does. */
export async function newTree(
  { trillian, signal }: TrillianParts,
  said: { readonly displayName: string; readonly description: string },
): Promise<TreeId> {
  const { treeId } = await trillian.createTree(
    { ...said, maxRootDurationMs: REKOR_MAX_ROOT_DURATION_MS },
    { signal },
  );
  await trillian.initLog(treeId, { signal });
  return treeId;
}

/** Closes a tree and waits until nothing of it is under way or queued. */
export async function drainTree(parts: TrillianParts, treeId: TreeId): Promise<void> {
  const { trillian, metrics, queue, signal } = parts;
  await trillian.setState(treeId, 'DRAINING', { signal });
  await poll(signal, async () => (await metrics.queueLeafInFlight(signal)) === 0);
  await poll(signal, async () => (await queue.read(treeId, signal))?.queued === 0);
}

/** Freezes a drained tree. Returns its final size. */
export async function freezeTree(
  { trillian, queue, signal }: TrillianParts,
  treeId: TreeId,
): Promise<number> {
  await trillian.setState(treeId, 'FROZEN', { signal });
  if ((await queue.read(treeId, signal))?.queued !== 0) throw new Error('a row was queued after FROZEN');
  return (await trillian.treeHead(treeId, { signal })).size;
}

async function poll(signal: AbortSignal, reached: () => Promise<boolean>): Promise<void> {
  while (!(await reached())) await pause(POLL_MS, undefined, { signal });
}
