import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from '../../../activities/clients/kubernetes/cluster';
import type { KubernetesObject } from '../../../activities/clients/kubernetes/objects';
import { listAt, textAt } from '../../../activities/installation/kubernetes/json-path';
import type { ExistingCluster, ExistingPlace } from '../record';
import { existingCluster, kubectl, openExisting } from './access';

/**
 * The namespaces of a lab in a cluster that was there before it. They are all that the lab makes there: what else it makes is in
 * them, and goes with them. Each bears a label that no other lab's has, which is known to the record of the lab beforehand.
 */

const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace' } as const;
const LABEL = 'rekor-rotate/lab';
const DIRECTORY = 'rekor-rotate/lab-directory';

/** How long a namespace may take to go: its pods have 30 s to end, and its controllers look again now and then. */
const GONE_MS = 300_000;

export interface FreeNamespaces {
  readonly place: ExistingCluster;
  /** The label of the lab that asks, if it was there before. */
  readonly own?: string | undefined;
  readonly signal: AbortSignal;
}

/** Throws an error that says whose each namespace is that is there already, and what to do. */
export async function requireFreeNamespaces(
  cluster: Pick<Cluster, 'get'>,
  names: readonly string[],
  { place, own, signal }: FreeNamespaces,
): Promise<void> {
  const found = await Promise.all(names.map((name) => cluster.get({ ...NAMESPACE, name }, { signal })));
  const taken = found.flatMap((namespace) =>
    namespace === undefined || (own !== undefined && labOf(namespace) === own) ? [] : [whose(namespace)],
  );
  if (taken.length > 0) {
    throw new Error(
      `The lab needs the namespaces ${names.join(', ')} for itself, and the cluster at ${place.server} has some of them:\n` +
        `${taken.map((line) => `  ${line}`).join('\n')}\n` +
        'Nothing was changed. Name another cluster. Or end the other lab, or delete what nobody needs: ' +
        `${kubectl(place)} delete namespace NAME`,
    );
  }
}

function labOf({ metadata }: KubernetesObject): string | undefined {
  return textAt(metadata, 'labels', LABEL);
}

function whose(namespace: KubernetesObject): string {
  const { metadata } = namespace;
  const directory = textAt(metadata, 'annotations', DIRECTORY);
  const owner =
    labOf(namespace) === undefined
      ? 'of no lab'
      : `of the lab in ${directory ?? 'an unknown directory'}, which \`rekor-rotate lab down --directory\` ends there`;
  const ends = textAt(metadata, 'deletionTimestamp') === undefined ? '' : ', and is being deleted';
  return `${metadata.name}: ${owner}${ends}`;
}

/** Makes them. One that somebody else makes meanwhile is a conflict, and is left alone. */
export async function makeNamespaces(
  cluster: Pick<Cluster, 'create'>,
  names: readonly string[],
  { lab, directory }: { readonly lab: string; readonly directory: string },
  signal: AbortSignal,
): Promise<void> {
  for (const name of names) {
    const labels = { name, [LABEL]: lab };
    const annotations = { [DIRECTORY]: `${hostname()}:${directory}` };
    await cluster.create({ ...NAMESPACE, metadata: { name, labels, annotations } }, { signal });
  }
}

/** Deletes every namespace of this lab with all that is in it, and returns when they are gone. */
export async function removeNamespaces(
  cluster: Pick<Cluster, 'list' | 'delete'>,
  lab: string,
  { goneMs = GONE_MS }: { readonly goneMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + goneMs;
  // Nothing cuts it short: what is half removed is in nobody's interest.
  const bounds = { signal: new AbortController().signal };
  for (;;) {
    const { items } = await cluster.list(NAMESPACE, { [LABEL]: lab }, bounds);
    if (items.length === 0) {
      return;
    }
    for (const { metadata } of items) {
      if (metadata['deletionTimestamp'] === undefined) {
        await cluster.delete({ ...NAMESPACE, name: metadata.name }, { uid: metadata.uid ?? '' }, bounds);
      }
    }
    if (performance.now() > deadline) {
      throw new Error(`Not gone ${goneMs / 1_000} s after they were deleted: ${items.map(left).join('; ')}.`);
    }
    await pause(200);
  }
}

/** What keeps a namespace, in the words of the cluster. */
function left({ metadata, status }: KubernetesObject): string {
  const messages = listAt(status, 'conditions')
    .filter((condition) => textAt(condition, 'status') === 'True')
    .flatMap((condition) => textAt(condition, 'message') ?? []);
  return [`namespace ${metadata.name}`, ...messages].join(', ');
}

/** The same from a record alone. Throws an error that says what may be left, and what to do. */
export async function removeFromExisting(place: ExistingPlace, directory: string): Promise<void> {
  const { kubeconfig, context, server, lab } = place;
  try {
    const found = existingCluster({ kubeconfig, context });
    if (found.server !== server) {
      throw new Error(
        `Context ${context} of ${kubeconfig} leads to ${found.server} now, and not to ${server}.`,
      );
    }
    await removeNamespaces(openExisting(place).cluster, lab);
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.message : String(error)}\n` +
        `The namespaces with the label ${LABEL}=${lab} may still be in the cluster at ${server}. Try again when it is reached. ` +
        `If that cluster is gone for good, remove the directory ${directory} yourself.`,
      { cause: error },
    );
  }
}
