import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { slotFiles, slotNames, type LabFiles, type SlotName } from './files';
import type { LabDatabase } from './database/lab-database';
import { READER } from './database/reader';
import type { Gates, GateName } from './gates';
import type { Ports } from './ports';
import type { Routes } from './routes';
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

/** What a lab's configuration is made of. */
interface Configured {
  readonly ports: Ports;
  readonly routes: Routes;
  readonly database: LabDatabase;
  readonly gates: Gates;
}

/** The file that a gate of the lab is started with. */
export function gateConfiguration(
  { files, gates }: { readonly files: LabFiles; readonly gates: Gates },
  name: GateName,
): string {
  if (gates === 1) return files.configuration;
  return name === 'gate' ? files.gateConfiguration : files.secondGateConfiguration;
}

/**
 * Writes the configuration of the lab's log: the same file that an operator would write for a host. Where there are two gates,
 * each has a file of its own besides.
 */
export async function writeConfiguration(files: LabFiles, lab: Configured, times?: LabTimes): Promise<void> {
  const { ports, routes, gates } = lab;
  await mkdir(files.gateSpool, { recursive: true, mode: 0o700 });
  if (!existsSync(files.gateToken)) {
    await writeFile(files.gateToken, `${newGateToken()}\n`, { mode: 0o600 });
  }
  const write = async (file: string, gate: object): Promise<void> => {
    const heading = '# Written by `rekor-rotate lab up`, at each start.\n';
    const configuration = configurationOf(files, lab, gate, times);
    await writeFile(file, heading + stringify(configuration, { lineWidth: 0 }));
  };
  const first = {
    ...{ listen: at(ports.gate), admin: at(ports.gateAdmin), token: { file: files.gateToken } },
    ...{ stateFile: files.gateState, spoolDirectory: files.gateSpool },
    ...(times && { maxWait: times.maxWait }),
  };
  if (gates === 1) {
    await write(files.configuration, first);
    return;
  }
  await mkdir(files.secondGateSpool, { recursive: true, mode: 0o700 });
  const members = (one: number, other: number) => ({ members: [at(one), at(other)] });
  const second = {
    ...{ ...first, listen: at(ports.secondGate), admin: at(ports.secondGateAdmin) },
    ...{ stateFile: files.secondGateState, spoolDirectory: files.secondGateSpool },
  };
  await write(files.configuration, { ...first, ...members(ports.gateAdmin, ports.secondGateAdmin) });
  // Each looks for the other where something may be between them.
  await write(files.gateConfiguration, {
    ...first,
    ...members(ports.gateAdmin, routes.gateAdmins['gate-2']),
  });
  await write(files.secondGateConfiguration, {
    ...second,
    ...members(routes.gateAdmins.gate, ports.secondGateAdmin),
  });
}

const at = (port: number) => `127.0.0.1:${port}`;

function configurationOf(
  files: LabFiles,
  { ports, database }: Configured,
  gate: object,
  times?: LabTimes,
): object {
  return {
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
        gate,
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
