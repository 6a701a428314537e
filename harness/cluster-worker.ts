import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { parse, stringify } from 'yaml';
import { startGrpcProxy, type GrpcProxy } from '../faults/grpc-proxy';
import { startHttpProxy, type HttpProxy } from '../faults/http-proxy';
import { labLog } from '../lab/configuration';
import { newClusterAuthority } from '../lab/kubernetes/certificates';
import type { ClusterApi } from '../lab/kubernetes/api';
import { kubeconfig as kubeconfigOf } from '../lab/kubernetes/kubeconfig';
import { WORKER } from '../lab/kubernetes/log/worker';
import type { ClusterLog } from '../lab/kubernetes/record';
import type { Strategy } from '../workflows/model/room';
import type { RotationSection } from './configuration';
import { startWithEnds, type Ends } from './ends';
import { trillianProto } from './trillian-trees';
import { workerProcess, type WorkerProcess } from './worker-process';

/**
 * A worker on this machine that rotates a log on a cluster, as a worker of the same ServiceAccount in it would. Everything that it
 * changes but for the launchers in pods goes through a proxy, where any call of it can be held or fail.
 */
export interface ClusterWorker {
  readonly process: WorkerProcess;
  readonly trillian: GrpcProxy;
  /** Before the admin interface of the gate. */
  readonly gate: HttpProxy;
  /** Before the API server. */
  readonly cluster: HttpProxy;
  /** Starts it, anew where it runs, with a changed configuration; returns when it polls. */
  start(change: (section: ClusterSection) => void): Promise<void>;
  /** No rule, and no record of calls. */
  clearFaults(): void;
  /** Ends it, and what is before it. */
  end(): Promise<void>;
}

/** The parts of the configuration of a log on a cluster that are changed here; written out as it is. */
export interface ClusterSection {
  publicUrl: string;
  trillian: { address: string };
  /** Absent: no gate stands before it. */
  gate?: { adminAddress: string; maxWait?: string; readonly token: { readonly file: string } };
  installation: { kubeconfig: string; strategy?: Strategy };
  rotation?: RotationSection;
}

/** Longer than any test file runs. */
const TOKEN_LASTS_MS = 7_200_000;

/** The configuration with which commands on this machine reach the log. */
export function sectionOf({ configuration }: Pick<ClusterLog, 'configuration'>): ClusterSection {
  const section = readConfiguration(configuration).logs[labLog];
  if (section === undefined) throw new Error(`${configuration} has no log ${labLog}.`);
  return section;
}

/** What one is started for. */
export interface ClusterWorkerOptions {
  readonly log: ClusterLog;
  readonly api: ClusterApi;
  /** Of the cluster's administrator. */
  readonly kubeconfig: string;
  /** For the files of the worker; not made yet. */
  readonly directory: string;
}

/** The proxies alone; `start` starts the worker. The one in the cluster must be away. */
export async function prepareClusterWorker(options: ClusterWorkerOptions): Promise<ClusterWorker> {
  return await startWithEnds('The worker of the cluster', (ends) => assemble(options, ends));
}

async function assemble(
  { log, api, kubeconfig, directory }: ClusterWorkerOptions,
  ends: Ends,
): Promise<Omit<ClusterWorker, 'end'>> {
  mkdirSync(directory, { recursive: true });
  const { trillian: trillianSection, gate: gateSection } = sectionOf(log);
  const trillian = await startGrpcProxy({ upstream: trillianSection.address, protoFile: trillianProto });
  ends.push(() => trillian.end());
  const gate = await startHttpProxy({ upstream: `http://${gateSection?.adminAddress ?? ''}` });
  ends.push(() => gate.end());

  const { server, authority } = clusterIn(kubeconfig);
  const own = await newClusterAuthority();
  const shown = await own.issue({ name: 'fault proxy', serves: ['127.0.0.1'] });
  const cluster = await startHttpProxy({ upstream: server, tls: { ...shown, authority } });
  ends.push(() => cluster.end());
  const kubeconfigFile = join(directory, 'kubeconfig');
  const token = await api.tokenOf(log.namespace, WORKER, TOKEN_LASTS_MS);
  writeFileSync(kubeconfigFile, kubeconfigOf(cluster.url, own.certificate, { token }), { mode: 0o600 });

  const configurationFile = join(directory, 'rekor-rotate.yaml');
  const process = workerProcess('worker', configurationFile, directory);
  ends.push(() => process.stop());
  return {
    process,
    trillian,
    gate,
    cluster,
    start: async (change) => {
      const configuration = readConfiguration(log.configuration);
      const section = configuration.logs[labLog] ?? sectionOf(log);
      section.trillian.address = trillian.address;
      if (section.gate) section.gate.adminAddress = new URL(gate.url).host;
      section.installation.kubeconfig = kubeconfigFile;
      change(section);
      await process.stop();
      writeFileSync(configurationFile, stringify(configuration, { lineWidth: 0 }));
      process.start();
      // What a rotation waits for is a worker, and would be waited for as long as any test may take.
      await process.started();
    },
    clearFaults: () => {
      for (const proxy of [trillian, gate, cluster]) {
        proxy.clear();
        proxy.forgetCalls();
      }
    },
  };
}

function readConfiguration(file: string): { readonly logs: Record<string, ClusterSection> } {
  return parse(readFileSync(file, 'utf8')) as { logs: Record<string, ClusterSection> };
}

/** Where a kubeconfig finds the API server, and who has signed for that. */
function clusterIn(kubeconfig: string): { readonly server: string; readonly authority: string } {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const { server = '', caData = '' } = config.getCurrentCluster() ?? {};
  return { server, authority: Buffer.from(caData, 'base64').toString() };
}
