import { readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labLog } from '../lab/configuration';
import { startGrpcProxy, type GrpcProxy } from '../faults/grpc-proxy';
import { startHttpProxy, type HttpProxy } from '../faults/http-proxy';
import type { SlotCommands } from '../harness/slot-commands';
import { trillianProto } from '../harness/trillian-trees';
import type { End, Network } from '../faults/network';
import { readConfiguration, writeConfiguration } from './worker-configuration';

export type WorkerName = 'worker-1' | 'worker-2';

/** Everything that one worker does to the log goes through these, where any call of it can be held. */
export interface WorkerCalls {
  readonly name: WorkerName;
  /** Its configuration, in which each address is that of a proxy or of a connection that can be cut. */
  readonly configurationFile: string;
  readonly trillian: GrpcProxy;
  readonly gate: HttpProxy;
  readonly publicLog: HttpProxy;
  /** Lets every held call go, and holds none any more. */
  clear(): void;
  end(): Promise<void>;
}

export interface WorkerCallsOptions {
  readonly name: WorkerName;
  /** The lab's own configuration, with the addresses that parts listen on. */
  readonly labConfiguration: string;
  readonly network: Network;
  /** Where Rekor's slots are reached, by their names: the gate must know them by the same addresses. */
  readonly slotUrls: Readonly<Record<string, string>>;
  /** Around the slots' commands; the same for all workers, because what a plan shows must not depend on who made it. */
  readonly commands: SlotCommands;
  /** For the worker's own files. */
  readonly directory: string;
}

/** Quick, so that many cells fit into an hour; nothing in it changes what a rotation does. */
const quick = {
  attempts: 2,
  pauseBetweenAttempts: '1s',
  soak: '1200ms',
  stopCurrentAfter: '200ms',
  sampleEntries: 0,
};

export async function startWorkerCalls(options: WorkerCallsOptions): Promise<WorkerCalls> {
  const { name, network, commands, directory } = options;
  mkdirSync(directory, { recursive: true });
  const configuration = readConfiguration(options.labConfiguration);
  const log = configuration.logs[labLog];
  if (!log) {
    throw new Error(`${options.labConfiguration} has no log "${labLog}".`);
  }
  const lay = (end: End, to: number): Promise<number> => network.lay([name, end], to);
  const cuttable = async (end: End, url: string): Promise<string> => {
    const changed = new URL(url);
    changed.port = String(await lay(end, Number(changed.port)));
    return changed.href.replace(/\/$/, '');
  };
  const at = (port: number | string): string => `127.0.0.1:${port}`;

  const trillian = await startGrpcProxy({ upstream: log.trillian.address, protoFile: trillianProto });
  const gate = await startHttpProxy({ upstream: `http://${log.gate.admin}` });
  const publicLog = await startHttpProxy({ upstream: log.publicUrl });
  const portOf = (address: string): number => Number(new URL(`tcp://${address.replace(/^.*\/\//, '')}`).port);

  configuration.temporal.address = at(await lay('temporal', portOf(configuration.temporal.address)));
  log.trillian.address = at(await lay('log-server', portOf(trillian.address)));
  log.trillian.logServerMetrics = await Promise.all(
    log.trillian.logServerMetrics.map((url) => cuttable('log-server', url)),
  );
  log.trillian.signerMetrics = await Promise.all(
    log.trillian.signerMetrics.map((url) => cuttable('signer', url)),
  );
  log.gate.admin = at(await lay('gate', portOf(gate.url)));
  log.publicUrl = await cuttable('gate', publicLog.url);
  const databaseUrl = join(directory, 'database-url');
  const reached = await cuttable('database', readFileSync(log.trillian.database.url.file, 'utf8').trim());
  writeFileSync(databaseUrl, `${reached}\n`, { mode: 0o600 });
  log.trillian.database.url.file = databaseUrl;
  for (const [slotName, slot] of Object.entries(log.installation.slots)) {
    slot.url = options.slotUrls[slotName] ?? slot.url;
    for (const verb of ['start', 'stop', 'enable', 'disable'] as const) {
      slot[verb] = commands.wrapped(slotName, verb, slot[verb]);
    }
  }
  log.rotation = { ...log.rotation, ...quick };
  const configurationFile = join(directory, 'worker.yaml');
  writeConfiguration(configurationFile, configuration);

  return {
    name,
    configurationFile,
    trillian,
    gate,
    publicLog,
    clear: () => {
      for (const proxy of [trillian, gate, publicLog]) {
        proxy.clear();
        proxy.forgetCalls();
      }
    },
    end: async () => {
      trillian.end();
      await Promise.all([gate.end(), publicLog.end()]);
    },
  };
}
