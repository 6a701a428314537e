import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { errorReason } from '../../errors/error-reason';
import { refuse, type RefusalError } from '../../errors/refusal-error';
import { clientNode } from './client-node';
import { unreadFields } from './unread-fields';

/** Where a cluster's address and credentials are. */
export type AccessSource =
  | {
      /** Absolute path of a kubeconfig. */
      readonly kubeconfig: string;
      /** Which context of it; without, its current one. */
      readonly context?: string;
    }
  | {
      /** Those that every pod has. */
      readonly inCluster: true;
      /** Where the pod's file system begins, for tests; without, at `/`. */
      readonly root?: string;
    };

/** What a cluster is connected with, and as whom. */
export interface LoadedKubeconfig {
  readonly config: KubeConfig;
  /** URL of the API server, without a slash at its end. */
  readonly server: string;
}

/** Makes the refusal CLUSTER_CREDENTIALS_UNUSABLE of one source. */
export type Unusable = (reason: string, cause?: unknown) => RefusalError;

/** @param log its name in the configuration, for messages. */
export function unusableSource(log: string, source: AccessSource): Unusable {
  return (reason, cause) =>
    refuse('CLUSTER_CREDENTIALS_UNUSABLE', { log, source: nameOf(source), reason }, cause);
}

/**
 * Reads address and credentials. Refuses what cannot be read, what is not encrypted or not verified, and what would be left out
 * of account.
 */
export function loadKubeconfig(source: AccessSource, unusable: Unusable): LoadedKubeconfig {
  const config = 'kubeconfig' in source ? fromFile(source, unusable) : fromPod(source, unusable);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw unusable('there is no cluster of the name that the context gives');
  if (!URL.canParse(cluster.server)) throw unusable("the cluster's server is no URL");
  if (new URL(cluster.server).protocol !== 'https:') throw unusable("the cluster's server is not https");
  if (cluster.skipTLSVerify) {
    throw unusable('insecure-skip-tls-verify would hand the credentials to whoever answers');
  }
  return { config, server: cluster.server };
}

function fromFile(source: Extract<AccessSource, { kubeconfig: string }>, unusable: Unusable): KubeConfig {
  const text = readText(source.kubeconfig, unusable);
  const config = new (clientNode().KubeConfig)();
  try {
    config.loadFromString(text);
    config.makePathsAbsolute(dirname(source.kubeconfig));
  } catch (error) {
    // What is wrong in it would be said with what stands there, which may be a secret.
    throw unusable('it is no kubeconfig that could be read', error);
  }
  if (source.context !== undefined) config.setCurrentContext(source.context);
  if (config.getContextObject(config.getCurrentContext()) === null) {
    const names = config.getContexts().map(({ name }) => name);
    throw unusable(`it has no such context${names.length > 0 ? `; it has ${names.join(', ')}` : ''}`);
  }
  // Without a user client-node would leave out the authorities, too (its config.ts: applyHTTPSOptions).
  const user = config.getCurrentUser();
  if (user === null) throw unusable('there is no user of the name that the context gives');
  const unread = unreadFields(text, user.name);
  if (unread.length > 0) {
    throw unusable(`${unread.join(' and ')} of the user would have no effect; write it in another way`);
  }
  return config;
}

function fromPod(source: Extract<AccessSource, { inCluster: true }>, unusable: Unusable): KubeConfig {
  const config = new (clientNode().KubeConfig)();
  config.loadFromCluster(source.root ?? '');
  if (!URL.canParse(config.getCurrentCluster()?.server ?? '')) {
    throw unusable(
      'KUBERNETES_SERVICE_HOST or KUBERNETES_SERVICE_PORT is missing: this process is in no pod',
    );
  }
  return config;
}

function readText(file: string, unusable: Unusable): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unusable(errorReason(error), error);
  }
}

function nameOf(source: AccessSource): string {
  if (!('kubeconfig' in source)) return "the pod's service account";
  const context = source.context === undefined ? 'its current context' : `context ${source.context}`;
  return `${source.kubeconfig} (${context})`;
}
