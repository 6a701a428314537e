import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { compiledProgram } from '../../files';
import { claimBlock } from '../../ports';
import { recorded, startProcess, stopRecorded } from '../../process';
import type { ClusterFiles } from '../files';
import type { OutsidePort } from '../log/services';
import type { Ways } from '../log/ways';
import { FORWARDS, programFiles } from '../programs';
import type { ExistingCluster } from '../record';
import type { Forward } from './forward';

/**
 * How this machine reaches what a lab has in a cluster that was there before it: by ports on 127.0.0.1, which a process of their
 * own forwards through the API server. That works wherever the kubeconfig does. The ports of nodes are often behind a firewall or
 * in a virtual machine.
 */

/** What the process is told, in a file. */
export interface Forwards extends Pick<ExistingCluster, 'kubeconfig' | 'context'> {
  readonly forwards: readonly Forward[];
}

/** It says so when it listens at each port. */
export const LISTENING = 'All ports are listened at.';

const START_MS = 30_000;
const END_MS = 10_000;

/** Starts the process, and returns when it listens. Pods need not be there yet: then connections are closed at once. */
export async function startForwards(
  files: ClusterFiles,
  { kubeconfig, context }: ExistingCluster,
  ports: readonly OutsidePort[],
): Promise<Ways> {
  const block = await claimBlock();
  try {
    const forwards = ports.map((port, position) => {
      const listen = block.ports[position];
      if (listen === undefined) throw new Error(`A block has fewer than ${ports.length} ports.`);
      return { ...port, listen };
    });
    const told: Forwards = { kubeconfig, context, forwards };
    await writeFile(files.forwards, JSON.stringify(told, null, 2));
    await start(files);
    return waysBy(forwards);
  } finally {
    await block.release();
  }
}

async function start(files: ClusterFiles): Promise<void> {
  const { logFile, pidFile } = programFiles(files, FORWARDS);
  const program = join(dirname(compiledProgram()), '../lab/kubernetes/existing/forwards-program.js');
  startProcess({ command: process.execPath, args: [program, files.forwards], logFile, pidFile });
  const deadline = performance.now() + START_MS;
  while (!(await readFile(logFile, 'utf8')).includes(LISTENING)) {
    if (recorded(pidFile) === null || performance.now() > deadline) {
      throw new Error(
        `The process that forwards ports to the cluster does not start; its log is ${logFile}.`,
      );
    }
    await pause(20);
  }
}

function waysBy(forwards: readonly Forward[]): Ways {
  return {
    service: ({ namespace, name, port }) => {
      const found = forwards.find(
        (one) => one.namespace === namespace && one.name === name && one.port === port,
      );
      if (found === undefined) throw new Error(`Port ${port} of ${namespace}/${name} is not forwarded.`);
      return Promise.resolve(`127.0.0.1:${found.listen}`);
    },
    // A Service leads to one of them, whichever that is.
    pods: () => Promise.resolve([]),
  };
}

export async function stopForwards(files: ClusterFiles): Promise<void> {
  await stopRecorded(programFiles(files, FORWARDS).pidFile, 'SIGTERM', END_MS);
}
