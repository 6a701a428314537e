import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { failedCheck, passedCheck, type Check } from '../../../../workflows/model/checks';
import { refusal, type Refusal } from '../../../../workflows/model/refusals';
import { readFlags } from './command-line-flags';
import type { ExaminedHost, ExaminedSlot } from './examined-host';

/** The flags that are looked at, of rekor: cmd/rekor-server/app/root.go. No other is read, or shown. */
const SHARDING = 'trillian_log_server.sharding_config';
const SIGNER = 'rekor_server.signer';
const ATTESTATIONS = 'enable_attestation_storage';
const BUCKET = 'attestation_storage_bucket';

/**
 * How the Rekor that serves was started, where this user may see it: whether it reads what a rotation writes, and whether what
 * it keeps is there for the next one. Only Linux tells.
 */
export async function examineProcess({ log, slots, state }: ExaminedHost): Promise<Check[]> {
  const slot = slots.find(({ name }) => name === state.current.id);
  const serving = slot && (await servingProcess(Number(new URL(slot.url).port)));
  if (!slot || !serving) {
    return [];
  }
  const { name: instance } = slot;
  const { flags } = serving;
  const read = flags.get(SHARDING);
  const readsIt = read === undefined || (await isSameFile(serving, read, slot));
  const against: Refusal[] = [
    ...(readsIt
      ? []
      : [refusal('SHARDING_FILE_NOT_READ', { log, instance, read, configured: slot.shardingFile })]),
    ...(flags.get(SIGNER) === 'memory' ? [refusal('SIGNER_IN_MEMORY', { instance })] : []),
  ];
  const keepsInMemory = flags.get(ATTESTATIONS) === 'true' && (flags.get(BUCKET) ?? '').startsWith('mem:');
  // A configuration file or the environment may set what no flag does; nothing shows here what they say.
  const unknown = [SHARDING, SIGNER].filter((flag) => !flags.has(flag));
  const warnings: Refusal[] = [
    ...(unknown.length === 0 ? [] : [refusal('PROCESS_SETTINGS_UNKNOWN', { instance, flags: unknown })]),
    ...(keepsInMemory ? [refusal('ATTESTATIONS_IN_MEMORY', { instance })] : []),
  ];
  const failed = [
    ...against.map((found) => failedCheck('PROCESS_AS_CONFIGURED', found)),
    ...warnings.map((found) => failedCheck('PROCESS_AS_CONFIGURED', found, 'warning')),
  ];
  const seen = `process ${serving.pid} reads the sharding file that is configured, and has a lasting key`;
  return failed.length > 0 ? failed : [passedCheck('PROCESS_AS_CONFIGURED', { instance, seen })];
}

interface ServingProcess {
  readonly pid: string;
  readonly flags: ReadonlyMap<string, string>;
}

/** The rekor-server that listens on a port of this host; undefined where none is seen. */
async function servingProcess(port: number): Promise<ServingProcess | undefined> {
  if (process.platform !== 'linux') return undefined;
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'latin1').catch(() => '')),
  );
  const inodes = tables.flatMap((table) => listeningInodes(table, port));
  if (inodes.length === 0) return undefined;
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (!(await hasOpen(pid, sockets))) continue;
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0').slice(0, -1);
    const flags = lookedAtFlags(words);
    // Whatever else listens there, a proxy for example, says nothing of Rekor.
    const isRekor = flags.size > 0 || path.basename(words[0] ?? '') === 'rekor-server';
    return isRekor ? { pid, flags } : undefined;
  }
  return undefined;
}

/** The sockets that listen on a port, by their inodes, in a table of /proc/net (proc(5), /proc/net/tcp). */
export function listeningInodes(table: string, port: number): string[] {
  const LISTEN = '0A';
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [local = '', state, inode] = [fields[1], fields[3], fields[9]];
    const isThere = state === LISTEN && Number.parseInt(local.split(':')[1] ?? '', 16) === port;
    return isThere && inode !== undefined ? [inode] : [];
  });
}

async function hasOpen(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const files = await readdir(folder).catch(() => []);
  const links = await Promise.all(files.map((file) => readlink(path.join(folder, file)).catch(() => '')));
  return links.some((link) => sockets.has(link));
}

/** What the flags that are looked at are given, in either form; of one without a value, "true". The last one holds. */
export function lookedAtFlags(words: readonly string[]): ReadonlyMap<string, string> {
  const known = [SHARDING, SIGNER, ATTESTATIONS, BUCKET];
  return new Map(
    readFlags(words).flatMap(({ name, value, following }): [string, string][] => {
      const apart = name === ATTESTATIONS ? undefined : following[0];
      return known.includes(name) ? [[name, value ?? apart ?? 'true']] : [];
    }),
  );
}

/**
 * Whether what the process reads is the file that is configured: by its path, or seen from within a container, where paths are
 * others. True where nobody may look.
 */
async function isSameFile(
  { pid }: ServingProcess,
  read: string,
  { shardingFile }: ExaminedSlot,
): Promise<boolean> {
  try {
    const folder = await readlink(`/proc/${pid}/cwd`);
    const absolute = path.resolve(folder, read);
    const [seen, configured] = await Promise.all([stat(`/proc/${pid}/root${absolute}`), stat(shardingFile)]);
    const isSame = seen.dev === configured.dev && seen.ino === configured.ino;
    return isSame || (await realpath(absolute).catch(() => absolute)) === (await realpath(shardingFile));
  } catch {
    return true;
  }
}
