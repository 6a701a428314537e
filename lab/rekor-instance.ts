import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { TreeId } from '../workflows/model/log';
import { throwAwayPort } from './ports';

export interface RekorInstanceOptions {
  /** Path of the rekor-server. */
  readonly rekorServer: string;
  /** `HOST:PORT` of Trillian's log server. */
  readonly trillian: string;
  readonly treeId: TreeId;
  /** The inactive shards' trees, in served order. */
  readonly inactive: readonly (TreeId | ConfiguredShard)[];
  /** Takes the sharding file, the log and the signing key; instances with one directory have one key. */
  readonly directory: string;
  /** Of a key without a password; by default one of the directory's own. */
  readonly signingKey?: string;
  /** The name in its checkpoints. */
  readonly hostname?: string;
}

/** An inactive shard of which the sharding file says more than its tree. */
export interface ConfiguredShard {
  readonly treeId: TreeId;
  /** What the file says; a Rekor since 1.4.1 reads the length from Trillian instead. */
  readonly treeLength?: number;
  /** The file of the key that signs this shard; by default that of the active one. */
  readonly signingKey?: string;
}

/** What one Rekor process says of the trees it serves: rekor:openapi.yaml, LogInfo. */
export interface LogInfo {
  readonly treeID: TreeId;
  readonly treeSize: number;
  readonly rootHash: string;
  readonly inactiveShards: readonly { readonly treeID: TreeId; readonly signedTreeHead: string }[] | null;
}

/** One Rekor process beside the lab's slots, for trees that are thrown away: it ends with this program. */
export interface RekorInstance {
  readonly url: string;
  /** When the process was started, as `performance.now()`. */
  readonly startedAt: number;
  /** Asks `GET /api/v1/log` each 5 ms until there is an answer that `isRight`; throws when the process ends first. */
  serves(isRight: (log: LogInfo) => boolean): Promise<LogInfo>;
  /** SIGTERM; returns when the process has ended, which answers the requests it has first. */
  stop(): Promise<void>;
}

/**
 * The length that a process loaded for an inactive shard at its start and computes indexes with: line 2 of the
 * checkpoint that it made then (rekor:pkg/sharding/ranges.go). Null when it serves no such shard.
 */
export function loadedLength(log: LogInfo, treeId: TreeId): number | null {
  const shard = log.inactiveShards?.find(({ treeID }) => treeID === treeId);
  return shard ? Number(shard.signedTreeHead.split('\n')[1]) : null;
}

/** Chooses a port for the instance. The instance itself is started by `start`, which does not wait until it serves. */
export async function prepareRekor(options: RekorInstanceOptions): Promise<{ start(): RekorInstance }> {
  const port = await throwAwayPort();
  const file = (name: string): string => join(options.directory, `rekor-${port}${name}`);
  writeFileSync(file('-sharding.yaml'), shardingList(options.inactive));
  const [host = '', trillianPort = ''] = options.trillian.split(':');
  const args = [
    'serve',
    '--host=127.0.0.1',
    '--rekor_server.address=127.0.0.1',
    `--port=${port}`,
    `--rekor_server.hostname=${options.hostname ?? 'rekor.throw-away'}`,
    `--rekor_server.signer=${options.signingKey ?? newSigningKey(options.directory)}`,
    `--trillian_log_server.address=${host}`,
    `--trillian_log_server.port=${trillianPort}`,
    `--trillian_log_server.tlog_id=${options.treeId}`,
    `--trillian_log_server.sharding_config=${file('-sharding.yaml')}`,
    '--enable_retrieve_api=false',
  ];
  return { start: () => launch(options.rekorServer, args, port, file('.log')) };
}

/** Starts an instance and waits until it serves its tree. */
export async function startRekor(options: RekorInstanceOptions): Promise<RekorInstance> {
  const instance = (await prepareRekor(options)).start();
  await instance.serves((log) => log.treeID === options.treeId);
  return instance;
}

function launch(rekorServer: string, args: readonly string[], port: number, logFile: string): RekorInstance {
  const url = `http://127.0.0.1:${port}`;
  const log = openSync(logFile, 'a');
  const startedAt = performance.now();
  const child = spawn(rekorServer, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  let running = true;
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      running = false;
      process.off('exit', kill);
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', kill);
  return {
    url,
    startedAt,
    async serves(isRight) {
      while (running) {
        const answered = await askForLog(url);
        if (answered && isRight(answered)) return answered;
        await pause(5);
      }
      throw new Error(`Rekor at ${url} ended; see ${logFile}.`);
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function askForLog(url: string): Promise<LogInfo | null> {
  try {
    const response = await fetch(`${url}/api/v1/log`, { signal: AbortSignal.timeout(5_000) });
    return response.ok ? ((await response.json()) as LogInfo) : null;
  } catch {
    return null; // It does not listen yet.
  }
}

/** YAML numbers written from strings: Rekor takes no quoted tree id, JavaScript none of 63 bits. */
function shardingList(inactive: readonly (TreeId | ConfiguredShard)[]): string {
  return inactive
    .map((shard) => (typeof shard === 'string' ? { treeId: shard } : shard))
    .map(({ treeId, treeLength = 0, signingKey }) => {
      const signer = signingKey && `  signingConfig:\n    signingSchemeOrKeyPath: ${signingKey}\n`;
      return `- treeID: ${treeId}\n  treeLength: ${treeLength}\n${signer ?? ''}`;
    })
    .join('');
}

/** The key of a directory, which is made when there is none. */
export function newSigningKey(directory: string): string {
  const file = join(directory, 'signing-key.pem');
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  return file;
}
