import { generateKeyPairSync } from 'node:crypto';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { connectTrillian, REKOR_MAX_ROOT_DURATION_MS } from '../activities/clients/trillian';
import { replaceFile } from '../files/atomic-file';
import type { TreeId } from '../workflows/model/log';
import { slotFiles, slotNames, type LabFiles, type SlotName } from './files';
import type { Ports } from './ports';
import type { Routes } from './routes';

const run = promisify(execFile);

export const slotActions = ['start', 'stop', 'status', 'enable', 'disable'] as const;
export type SlotAction = (typeof slotActions)[number];

/**
 * The host of the lab's public address, and so Rekor's host name: JavaScript verifiers look for the name in a checkpoint
 * in the address that they trust the log under (@sigstore/verify: dist/tlog/checkpoint.js).
 */
export const publicHost = '127.0.0.1';

/** The command that the configuration names for one action of a slot, too. */
export function slotCommand(files: LabFiles, action: SlotAction, slot: SlotName): readonly string[] {
  return ['sh', files.slotScript, action, files.directory, slot];
}

export async function runSlotCommand(files: LabFiles, action: SlotAction, slot: SlotName): Promise<void> {
  const [command = 'sh', ...args] = slotCommand(files, action, slot);
  await run(command, args);
}

/** The slots that start with the lab, as after a reboot: what `slot.sh enable` says and nothing else (H33). */
export function enabledSlots(files: LabFiles): readonly SlotName[] {
  return slotNames.filter((slot) => existsSync(slotFiles(files, slot).enabled));
}

/** The port a slot listens on is kept in its environment file, like the tree: a rotation changes only the tree. */
export async function writeSlots(files: LabFiles, routes: Routes, rekorServer: string): Promise<void> {
  await mkdir(files.slots, { recursive: true });
  if (!existsSync(files.signerKey)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    await replaceFile(files.signerKey, pem.toString(), { mode: 0o600 });
  }
  const shared = {
    REKOR_SERVER: rekorServer,
    PUBLIC_NAME: publicHost,
    TRILLIAN_HOST: '127.0.0.1',
    TRILLIAN_PORT: routes.rekor.trillian,
  };
  const lines = Object.entries(shared).map(([name, value]) => `${name}=${value}`);
  await replaceFile(
    `${files.slots}/rekor.env`,
    `# What both slots share; written at each start of the lab.\n${lines.join('\n')}\n`,
  );
}

/** Makes the log's first tree and lets blue serve it, unless a slot is configured already. */
export async function writeFirstTree(files: LabFiles, ports: Ports): Promise<void> {
  const [blue, green] = [slotFiles(files, 'blue'), slotFiles(files, 'green')];
  if (existsSync(blue.environment)) {
    await addSigners(files);
    return;
  }
  const treeId = await firstTree(`127.0.0.1:${ports.trillian}`);
  const text = (slot: SlotName, tree: string) =>
    [
      `# The environment of slot ${slot}; a rotation changes TREE_ID, and with a new signer the last four.`,
      ...[`PORT=${ports[slot]}`, `TREE_ID=${tree}`],
      signerLines(files),
    ].join('\n');
  await replaceFile(blue.sharding, '', { mode: 0o600 });
  await replaceFile(green.sharding, '', { mode: 0o600 });
  await replaceFile(green.environment, text('green', treeId), { mode: 0o600 });
  await replaceFile(blue.enabled, '');
  await replaceFile(blue.environment, text('blue', treeId), { mode: 0o600 });
}

/** The signer of a slot until a rotation gives it another one. */
function signerLines({ signerKey }: LabFiles): string {
  return `SIGNER_KEY=${signerKey}\nSIGNER_PASSWORD=\nTINK_KEK_URI=\nTINK_KEYSET=\n`;
}

/** The slots of a lab that an earlier version made had the signer in the file that they share. */
async function addSigners(files: LabFiles): Promise<void> {
  for (const slot of slotNames) {
    const { environment } = slotFiles(files, slot);
    const text = await readFile(environment, 'utf8');
    if (!/^SIGNER_KEY=/m.test(text)) {
      await replaceFile(environment, text + signerLines(files), { mode: 0o600 });
    }
  }
}

/**
 * The first tree of a log whose Trillian has no other's; `address` is that of its log server. An ACTIVE tree that an aborted
 * start left is taken: a log has at most one.
 */
export async function firstTree(address: string): Promise<TreeId> {
  const trillian = connectTrillian({ log: 'lab', address });
  const call = { signal: AbortSignal.timeout(30_000) };
  try {
    const found = (await trillian.listTrees(call)).find((tree) => tree.state === 'ACTIVE');
    const tree =
      found ??
      (await trillian.createTree(
        {
          displayName: 'lab',
          description: 'First tree of the lab.',
          maxRootDurationMs: REKOR_MAX_ROOT_DURATION_MS,
        },
        call,
      ));
    await trillian.initLog(tree.treeId, call);
    return tree.treeId;
  } finally {
    trillian.close();
  }
}

/** The tree that a slot is configured with; null before the first. */
export async function treeOf(files: LabFiles, slot: SlotName): Promise<TreeId | null> {
  const text = await readFile(slotFiles(files, slot).environment, 'utf8').catch(() => '');
  return /^TREE_ID=([1-9]\d*)$/m.exec(text)?.[1] ?? null;
}
