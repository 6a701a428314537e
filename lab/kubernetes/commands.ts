import { setTimeout as pause } from 'node:timers/promises';
import { statusText } from '../status-text';
import {
  ClusterInUse,
  readClusterStatus,
  stopCluster,
  type ClusterStatus,
  type RunningCluster,
} from './cluster';
import { startLabOnKubernetes, type LabPlace } from './lab';

/** What `rekor-rotate lab` does with a lab on Kubernetes. */

interface UpOptions {
  readonly directory: string;
  readonly detach: boolean;
  readonly json: boolean;
  readonly report: (line: string) => void;
  /** Ctrl-C. */
  readonly interrupted: AbortSignal;
}

export async function upOnKubernetes(options: UpOptions & LabPlace): Promise<void> {
  const { directory, detach, json, report, interrupted } = options;
  const known = await readClusterStatus(directory);
  if (detach && known?.complete === true) {
    report('This lab is up already.');
    print(known, json);
    return;
  }
  const cluster = await startLabOnKubernetes({ ...options, signal: interrupted });
  print(cluster.status, json);
  if (detach) {
    await cluster.leave();
    report(`It runs on; \`rekor-rotate lab down --directory ${cluster.files.directory}\` stops it.`);
    return;
  }
  report('Ctrl-C stops it.');
  await watch(cluster, report, interrupted);
  const { existing } = cluster.status;
  await cluster.stop();
  report(endOf(existing));
}

/** Says which programs end by themselves, until Ctrl-C. */
async function watch(
  cluster: RunningCluster,
  report: (line: string) => void,
  interrupted: AbortSignal,
): Promise<void> {
  const ended = new Set<string>();
  while (!interrupted.aborted) {
    for (const { name, running, logFile } of cluster.status.programs) {
      if (!running && !ended.has(name)) {
        ended.add(name);
        report(`${name} has ended; its log is ${logFile}`);
      }
    }
    await pause(500, undefined, { signal: interrupted }).catch(() => undefined);
  }
}

/** Stops the lab on Kubernetes in this directory and removes what it has left; false when there is none. */
export async function downOnKubernetes(directory: string, report: (line: string) => void): Promise<boolean> {
  const status = await readClusterStatus(directory);
  if (status === null) {
    return false;
  }
  for (;;) {
    try {
      await stopCluster(directory);
      report(endOf(status.existing));
      return true;
    } catch (error) {
      if (!(error instanceof ClusterInUse)) {
        throw error;
      }
      report(`${error.message.split('. ')[0] ?? ''}, and is asked to stop it.`);
      await error.askToStop();
    }
  }
}

function endOf(existing: ClusterStatus['existing']): string {
  return existing === null
    ? 'The cluster is stopped, and its files are removed'
    : `What the lab had in the cluster at ${existing.server} is removed, and its files are`;
}

/** Prints the status of the lab on Kubernetes in this directory, and returns it; null when there is none. */
export async function showStatusOnKubernetes({
  directory,
  json,
}: Pick<UpOptions, 'directory' | 'json'>): Promise<ClusterStatus | null> {
  const status = await readClusterStatus(directory);
  if (status) {
    print(status, json);
  }
  return status;
}

function print(status: ClusterStatus, json: boolean): void {
  console.log(json ? JSON.stringify(status, null, 2) : describe(status));
}

function describe({ directory, programs, addresses, pid, kubeconfig, existing, log }: ClusterStatus): string {
  const told = programs.map(({ name, running, logFile }) => ({
    ...{ name, logFile },
    state: running ? 'runs' : 'not running',
  }));
  const ranges = [
    ['node', addresses?.node ?? 'none'],
    ['pods', addresses?.pods ?? 'none'],
    ['Services', addresses?.services ?? 'none'],
  ] as const;
  return statusText(directory, told, [
    ['kubeconfig', kubeconfig],
    ...(existing === null ? ranges : [['context', existing.context] as const]),
    ['Rekor', log?.publicUrl ?? 'none'],
    ['past the gate', log?.url ?? 'none'],
    ['Trillian', log?.trillian ?? 'none'],
    ['Temporal UI', log?.temporalUi ?? 'none'],
    ['configuration', log?.configuration ?? 'none'],
    ...(existing === null ? [['ends with', pid === null ? 'it has ended' : `process ${pid}`] as const] : []),
  ]);
}
