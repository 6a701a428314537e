import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { slotFiles, slotNames, type LabFiles, type SlotName } from './files';
import type { LabDatabase } from './database/lab-database';
import { READER } from './database/reader';
import type { Ports } from './ports';
import { publicHost, slotActions, slotCommand } from './slots';

/** The name of the lab's log in its configuration. */
export const labLog = 'lab';
export const taskQueue = 'rekor-rotate';

/** Short, so that two rotations fit into a minute; docs/configuration.md has the defaults for a real log. */
export const shortRotation = {
  ...{ attempts: 3, pauseBetweenAttempts: '2s', soak: '5s', stopCurrentAfter: '2s' },
} as const;

/** A token that nobody can guess, for a gate. */
export function newGateToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Durations as the configuration has them, `2.5s`: `gate.maxWait` and `rotation.criticalSection`. */
export interface LabTimes {
  readonly maxWait: string;
  readonly criticalSection: string;
}

/** Writes the configuration of the lab's log: the same file that an operator would write for a host. */
export async function writeConfiguration(
  files: LabFiles,
  { ports, database }: { readonly ports: Ports; readonly database: LabDatabase },
  times?: LabTimes,
): Promise<void> {
  const at = (port: number) => `127.0.0.1:${port}`;
  const configuration = {
    temporal: { address: at(ports.temporal), namespace: 'default', taskQueue },
    logs: {
      [labLog]: {
        publicUrl: `http://${publicHost}:${ports.gate}`,
        hostname: publicHost,
        trillian: {
          address: at(ports.trillian),
          logServerMetrics: [`http://${at(ports.trillianMetrics)}/metrics`],
          signerMetrics: [`http://${at(ports.signerMetrics)}/metrics`],
          database: {
            ...{ kind: database.kind, host: '127.0.0.1', port: ports.database },
            ...{ database: 'trillian', user: READER, password: { file: files.readerPassword } },
          },
        },
        gate: {
          listen: at(ports.gate),
          admin: at(ports.gateAdmin),
          token: { file: files.gateToken },
          stateFile: files.gateState,
          spoolDirectory: files.gateSpool,
          ...(times && { maxWait: times.maxWait }),
        },
        installation: {
          kind: 'host',
          treeIdVariable: 'TREE_ID',
          signerVariables: {
            ...{ signer: 'SIGNER_KEY', password: 'SIGNER_PASSWORD' },
            ...{ tinkKekUri: 'TINK_KEK_URI', tinkKeyset: 'TINK_KEYSET' },
          },
          slots: Object.fromEntries(slotNames.map((slot) => [slot, slotConfiguration(files, ports, slot)])),
        },
        rotation: { ...shortRotation, ...(times && { criticalSection: times.criticalSection }) },
      },
    },
  };
  await mkdir(files.gateSpool, { recursive: true, mode: 0o700 });
  if (!existsSync(files.gateToken)) {
    await writeFile(files.gateToken, `${newGateToken()}\n`, { mode: 0o600 });
  }
  const heading = '# Written by `rekor-rotate lab up`, at each start.\n';
  await writeFile(files.configuration, heading + stringify(configuration, { lineWidth: 0 }));
}

function slotConfiguration(files: LabFiles, ports: Ports, slot: SlotName) {
  const { environment, sharding } = slotFiles(files, slot);
  return {
    url: `http://127.0.0.1:${ports[slot]}`,
    environmentFile: environment,
    shardingFile: sharding,
    ...Object.fromEntries(slotActions.map((action) => [action, slotCommand(files, action, slot)])),
  };
}
