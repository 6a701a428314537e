import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startGrpcProxy, type GrpcProxy } from '../faults/grpc-proxy';
import { startHttpProxy, type HttpProxy } from '../faults/http-proxy';
import type { End, Network, WorkerName } from '../faults/network';
import { gateNames } from '../lab/lab';
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
  /** Of the first gate, or the only one. */
  readonly gate: HttpProxy;
  /** Of each gate. */
  readonly gates: readonly HttpProxy[];
  readonly gateWays: readonly Way[];
  readonly publicLog: HttpProxy;
}

/** The way to a process. While that is dead, connections are refused as its own port does. */
export interface Way {
  refuse(): Promise<void>;
  accept(): Promise<void>;
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
  const gates: HttpProxy[] = [];
  for (const admin of gateSection.members ?? [gateSection.admin]) {
    const proxy = await startHttpProxy({ upstream: `http://${admin}` });
    ends.push(() => proxy.end());
    gates.push(proxy);
  }
  const [gate] = gates as [HttpProxy];
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
  const admins = await Promise.all(
    gates.map((proxy, position) => throughTo(gateNames[position] ?? 'gate', new URL(proxy.url).host)),
  );
  const gateWays = gates.map((proxy, position) => {
    const port = Number(new URL(`http://${admins[position] ?? ''}`).port);
    return {
      refuse: async () => {
        await Promise.all([proxy.refuseConnections(), network.refuse(port)]);
      },
      accept: async () => {
        await Promise.all([proxy.acceptConnections(), network.accept(port)]);
      },
    };
  });
  gateSection.admin = admins[0] ?? gateSection.admin;
  if (gateSection.members) {
    gateSection.members = admins;
    // Through a balancer, which goes around a gate that is cut off.
    section.publicUrl = publicLog.url;
  } else section.publicUrl = await through('gate', publicLog.url);
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
  return { name, configuration, configurationFile, trillian, gate, gates, gateWays, publicLog };
}
