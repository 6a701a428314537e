import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startGrpcProxy, type GrpcProxy } from '../faults/grpc-proxy';
import { startHttpProxy, type HttpProxy } from '../faults/http-proxy';
import type { End, Network, WorkerName } from '../faults/network';
import { copyOf, onlyLog, writeConfiguration, type ConfigurationFile } from './configuration';
import type { Ends } from './ends';
import type { SlotCommands } from './slot-commands';
import { trillianProto } from './trillian-trees';

/** Everything that one worker does to the log goes through these, where any call of it can be held. */
export interface WorkerCalls {
  readonly name: WorkerName;
  /** Its configuration, in which each address is that of a proxy or of a connection that can be cut. */
  readonly configuration: ConfigurationFile;
  readonly configurationFile: string;
  readonly trillian: GrpcProxy;
  readonly gate: HttpProxy;
  readonly publicLog: HttpProxy;
}

export interface WorkerCallsOptions {
  readonly name: WorkerName;
  /** With the addresses that the parts of the lab listen on. */
  readonly configuration: ConfigurationFile;
  readonly network: Network;
  /** Where Rekor's slots are reached, by their names: the gate must know them by the same addresses. */
  readonly slotUrls: Readonly<Record<string, string>>;
  /** Around the slots' commands; the same for all workers, because what a plan shows must not depend on who made it. */
  readonly commands: SlotCommands;
  /** For the worker's own files. */
  readonly directory: string;
}

export async function startWorkerCalls(
  { name, network, commands, directory, ...options }: WorkerCallsOptions,
  ends: Ends,
): Promise<WorkerCalls> {
  mkdirSync(directory, { recursive: true });
  const configuration = copyOf(options.configuration);
  const { section } = onlyLog(configuration);
  const { trillian: trillianSection, gate: gateSection } = section;

  const trillian = await startGrpcProxy({ upstream: trillianSection.address, protoFile: trillianProto });
  ends.push(() => trillian.end());
  const gate = await startHttpProxy({ upstream: `http://${gateSection.admin}` });
  ends.push(() => gate.end());
  const publicLog = await startHttpProxy({ upstream: section.publicUrl });
  ends.push(() => publicLog.end());

  const through = async (end: End, url: string): Promise<string> => {
    const changed = new URL(url);
    changed.port = String(await network.lay([name, end], Number(changed.port)));
    return changed.href.replace(/\/$/, '');
  };
  const throughTo = async (end: End, address: string): Promise<string> =>
    new URL(await through(end, `http://${address}`)).host;

  configuration.temporal.address = await throughTo('temporal', configuration.temporal.address);
  trillianSection.address = await throughTo('log-server', trillian.address);
  trillianSection.logServerMetrics = await Promise.all(
    trillianSection.logServerMetrics.map((url) => through('log-server', url)),
  );
  trillianSection.signerMetrics = await Promise.all(
    trillianSection.signerMetrics.map((url) => through('signer', url)),
  );
  gateSection.admin = await throughTo('gate', new URL(gate.url).host);
  section.publicUrl = await through('gate', publicLog.url);
  if (trillianSection.database) {
    trillianSection.database.port = await network.lay([name, 'database'], trillianSection.database.port);
  }
  for (const [slotName, slot] of Object.entries(section.installation.slots)) {
    slot.url = options.slotUrls[slotName] ?? slot.url;
    for (const verb of ['start', 'stop', 'enable', 'disable'] as const) {
      slot[verb] = commands.wrapped(slotName, verb, slot[verb]);
    }
  }
  const configurationFile = join(directory, `${name}.yaml`);
  writeConfiguration(configurationFile, configuration);
  return { name, configuration, configurationFile, trillian, gate, publicLog };
}
