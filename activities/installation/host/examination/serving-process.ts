import { readlink, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { failedCheck, passedCheck, type Check } from '../../../../workflows/model/checks';
import { refusal, type Refusal } from '../../../../workflows/model/refusals';
import { isSwitchedOn } from '../../../../programs/command-line-flags';
import { listeningProcess } from '../../../../programs/readers/listening-process';
import { wantedFlags, type RekorFlag } from '../../../../programs/wanted-flags';
import type { ExaminedHost, ExaminedSlot } from './examined-host';

const SHARDING = 'trillian_log_server.sharding_config' satisfies RekorFlag;
const SIGNER = 'rekor_server.signer' satisfies RekorFlag;
const ATTESTATIONS = 'enable_attestation_storage' satisfies RekorFlag;
const BUCKET = 'attestation_storage_bucket' satisfies RekorFlag;

/**
 * How the Rekor that serves was started, where this user may see it: whether it reads what a rotation writes, and whether what
 * it keeps is there for the next one. Only Linux tells.
 */
export async function examineProcess({ log, slots, state }: ExaminedHost): Promise<Check[]> {
  const slot = slots.find(({ name }) => name === state.current.id);
  const serving = slot && (await servingProcess(slot));
  if (!slot) {
    return [];
  }
  if (!serving) {
    const seen = `how it was started is not seen: this user sees no process of Rekor that listens at ${slot.url}`;
    return [passedCheck('PROCESS_AS_CONFIGURED', { instance: slot.name, seen, notAll: true })];
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
  const keepsInMemory = isSwitchedOn(flags.get(ATTESTATIONS)) && (flags.get(BUCKET) ?? '').startsWith('mem:');
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

export interface ServingProcess {
  readonly pid: string;
  readonly flags: ReadonlyMap<string, string>;
}

/** The Rekor that listens at the address of a slot on this host; undefined where none is seen. */
export async function servingProcess({
  url,
}: Pick<ExaminedSlot, 'url'>): Promise<ServingProcess | undefined> {
  const found = await listeningProcess(Number(new URL(url).port));
  if (!found) return undefined;
  const { pid, words } = found;
  const flags = wantedFlags('rekor-server', words);
  // Whatever else listens there, a proxy for example, says nothing of Rekor.
  const isRekor =
    path.basename(words[0] ?? '') === 'rekor-server' || flags.has(SHARDING) || flags.has(SIGNER);
  return isRekor ? { pid, flags } : undefined;
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
