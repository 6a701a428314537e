import { resolve } from 'node:path';
import { isRefusal } from '../../activities/errors/refusal-error';
import { initialConfiguration } from '../../init/kubernetes/configuration';
import type { Access } from '../../init/kubernetes/installation';
import { openNamespace } from '../../init/kubernetes/open-namespace';
import { NoSuchLog, searchNamespace, type FoundLog } from '../../init/kubernetes/search';
import { withoutCredentials } from '../../workflows/model/without-credentials';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { foundText } from '../init-namespace-text';
import type { Initial } from '../init-text';

export interface NamespaceOptions {
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly deployment?: string;
}

/** A configuration from what a namespace of a cluster runs. It changes nothing there, and reads no Secret. */
export async function initOfNamespace(
  log: string,
  options: NamespaceOptions & { readonly namespace: string },
  signal: AbortSignal,
): Promise<Initial> {
  const { context } = options;
  requireNames(options);
  if (context !== undefined && options.kubeconfig === undefined) {
    throw new CommandError(
      '--context is given without --kubeconfig; name the kubeconfig that has this context.',
      exitCodes.usage,
    );
  }
  const kubeconfig = options.kubeconfig === undefined ? undefined : resolve(options.kubeconfig);
  const found = await searched(log, options, opened(log, { kubeconfig, context }), signal);
  return {
    ...initialConfiguration(log, found, { kubeconfig, context }),
    foundText: (columns) => foundText(found, columns),
  };
}

/** Whoever has named no kubeconfig may not know of the option. */
function opened(log: string, access: Access): ReturnType<typeof openNamespace> {
  try {
    return openNamespace(log, access);
  } catch (error) {
    if (access.kubeconfig !== undefined || !isRefusal(error, 'CLUSTER_CREDENTIALS_UNUSABLE')) throw error;
    const message = `${error.refusal.message} Name a kubeconfig with --kubeconfig, or run this in a pod.`;
    throw new CommandError(message, exitCodes.usage, { cause: error });
  }
}

async function searched(
  log: string,
  { namespace, deployment }: NamespaceOptions & { readonly namespace: string },
  cluster: ReturnType<typeof openNamespace>,
  signal: AbortSignal,
): Promise<FoundLog> {
  try {
    return await searchNamespace(cluster, { log, namespace, deployment }, { signal });
  } catch (error) {
    if (!(error instanceof NoSuchLog)) throw error;
    throw new CommandError(error.message, error.isUsage ? exitCodes.usage : exitCodes.refused);
  }
}

/** What Kubernetes gives as a name (RFC 1123). */
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

function requireNames({ namespace, deployment }: NamespaceOptions): void {
  for (const [option, value] of Object.entries({ namespace, deployment })) {
    if (value !== undefined && !NAME.test(value)) {
      throw new CommandError(
        `--${option} is ${JSON.stringify(withoutCredentials(value))}; allowed is a name of small letters, digits, hyphens and dots.`,
        exitCodes.usage,
      );
    }
  }
}
