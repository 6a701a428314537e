import { Writable } from 'node:stream';
import { AppsV1Api, CoreV1Api, Exec, KubeConfig, type V1Status } from '@kubernetes/client-node';
import type { CommandEnd } from './cluster-process';

/** What `kubectl exec deploy/NAME -- WORDS` does: a command in the first pod of a Deployment, and how it ended. */
export async function runInDeployment(
  kubeconfig: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  words: readonly string[],
): Promise<CommandEnd> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const { spec } = await config.makeApiClient(AppsV1Api).readNamespacedDeployment({ namespace, name });
  const labels = Object.entries(spec?.selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const labelSelector = labels.join(',');
  const { items } = await config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace, labelSelector });
  const pod = items.find(({ status }) => status?.phase === 'Running');
  const container = pod?.spec?.containers[0]?.name;
  if (pod?.metadata?.name === undefined || container === undefined) {
    throw new Error(`Deployment ${namespace}/${name} has no pod that runs.`);
  }
  const [output, messages] = [collected(), collected()];
  const ended = await new Promise<V1Status>((resolve, reject) => {
    const pipes = [output.stream, messages.stream, null] as const;
    new Exec(config)
      .exec(namespace, pod.metadata?.name ?? '', container, [...words], ...pipes, false, resolve)
      .catch(reject);
  });
  return { code: codeOf(ended), output: output.text(), messages: messages.text() };
}

/** The exit code of a command is a cause in the status that ends it (k8s.io/client-go: tools/remotecommand/v4.go). */
function codeOf({ status, details }: V1Status): number | null {
  if (status === 'Success') return 0;
  const code = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  return code === undefined ? null : Number(code);
}

function collected(): { readonly stream: Writable; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
