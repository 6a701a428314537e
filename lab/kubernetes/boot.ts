import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterBinaries } from '../../tools/cluster-binaries';
import { recorded, startProcess } from '../process';
import { addressesOf } from './addresses';
import { ClusterApi, untilSo } from './api';
import { cgroupOf, makeCgroups } from './cgroups';
import type { ClusterFiles } from './files';
import { writeImage, type StaticImage } from './image';
import type { Target } from './log/log';
import type { Ways } from './log/ways';
import { NAME_SERVER, NAME_SERVER_IMAGE, nameServer } from './name-server';
import { inside, makeNamespaces, runInside } from './namespaces';
import { joinNetwork } from './network';
import { clusterPrograms, programFiles, type ProgramName } from './programs';
import { writeClusterRecord, type ClusterRecord } from './record';
import { CONTAINERD_SOCKET, NODE, PAUSE_IMAGE, writeSettings } from './settings';

/** Long, because a laptop may start all of this at once while it compiles something else. */
const PATIENCE_MS = 180_000;

/** All that they call is in the cluster, where no proxy of this machine leads to. */
const WITHOUT_PROXY = { HTTP_PROXY: '', HTTPS_PROXY: '', http_proxy: '', https_proxy: '' };

export interface Boot {
  readonly binaries: ClusterBinaries;
  /** Gets one line for each thing that happens. */
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A cluster that runs, and what it is recorded as. */
export interface BootedCluster extends Target {
  readonly files: ClusterFiles;
  readonly record: Pick<ClusterRecord, 'cluster' | 'existing'>;
}

/** Starts a cluster of one node from nothing, and returns when its node and its name server are ready. */
export async function bootCluster(
  files: ClusterFiles,
  { binaries, report, signal }: Boot,
): Promise<BootedCluster> {
  const holder = await makeNamespaces(files, signal);
  const cluster = await joinNetwork(holder);
  // Before there is anything that the end of the namespaces does not remove.
  await writeClusterRecord(files, { cluster, log: null, existing: null });
  const addresses = addressesOf(cluster);
  await makeCgroups(cgroupOf(files));
  await writeSettings(files, addresses, binaries.containers);
  const programs = clusterPrograms(files, addresses, binaries);
  const { ctr } = binaries.containers;
  const environment = { ...binaries.containers.environment, ...WITHOUT_PROXY };
  const containerd = (...args: string[]): Promise<string> =>
    runInside(holder, [ctr, '--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io', ...args], environment);
  const launched: ProgramName[] = [];
  const launch = (...names: readonly ProgramName[]): void => {
    for (const name of names) {
      const [enter, ...how] = inside(holder);
      const { command, args } = programs[name];
      const { logFile, pidFile } = programFiles(files, name);
      startProcess({ command: enter, args: [...how, command, ...args], logFile, pidFile, environment });
      launched.push(name);
    }
  };
  const until = async (
    what: string,
    ask: () => Promise<boolean>,
    why?: () => Promise<string>,
  ): Promise<void> => {
    const wait = { what, timeoutMs: PATIENCE_MS, signal, ...(why && { why }) };
    await untilSo(wait, ask, () => {
      requireRunning(files, launched);
    });
  };

  launch('etcd', 'containerd', 'kube-apiserver');
  const api = ClusterApi.fromFile(files.kubeconfig);
  await until('containerd does not answer', async () => (await containerd('version')) !== '');
  const addArchive = async (archive: string): Promise<void> => {
    await containerd('images', 'import', archive);
    await rm(archive);
  };
  const addImage = async (image: StaticImage): Promise<void> => {
    const archive = join(files.images, `${image.name.replaceAll(/[^a-z0-9]+/g, '-')}.tar`);
    await writeImage(image, archive);
    await addArchive(archive);
  };
  await addImage({ name: PAUSE_IMAGE, files: { '/usr/bin/pause': binaries.pause }, entrypoint: ['pause'] });
  const named = { name: NAME_SERVER_IMAGE, entrypoint: ['coredns'] };
  await addImage({ ...named, files: { '/usr/bin/coredns': binaries.coredns } });
  await until('The API server is not ready', () => api.isReady());
  report(`the API server is ready at ${addresses.node}`);
  launch('kube-controller-manager', 'kube-scheduler', 'kubelet');
  await until('The node is not ready', () => api.nodeIsReady(NODE));
  report('the node is ready');
  // It looks for the node's address when it starts.
  launch('kube-proxy');
  await api.apply(nameServer(addresses));
  const { namespace, name } = NAME_SERVER;
  await until(
    'The name server is not ready',
    () => api.isAvailable(namespace, name),
    () => api.describeUnready(namespace),
  );
  report('the name server is ready');
  return {
    ...{ record: { cluster, existing: null }, files, api, addImage, addArchive },
    ways: waysInto(api),
    access: { kubeconfig: files.kubeconfig },
    imageName: (image) => image,
  };
}

/** This machine has routes to the Services and the pods of the cluster. */
function waysInto(api: ClusterApi): Ways {
  return {
    service: async ({ namespace, name, port: number }) =>
      `${await api.serviceAddress(namespace, name)}:${number}`,
    pods: async (namespace, deployment, number) =>
      (await api.podAddresses(namespace, deployment)).map((address) => `${address}:${number}`),
  };
}

function requireRunning(files: ClusterFiles, names: readonly ProgramName[]): void {
  for (const name of names) {
    const { logFile, pidFile } = programFiles(files, name);
    if (!recorded(pidFile)) {
      throw new Error(`${name} has ended; its log is ${logFile}.`);
    }
  }
}
