import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from '../../../activities/clients/kubernetes/cluster';
import type { KubernetesObject } from '../../../activities/clients/kubernetes/objects';
import { listAt, objectAt, textAt, valueAt } from '../../../activities/installation/kubernetes/json-path';

/**
 * Which images a node has. Its status lists 50 of them at most (kubelet: nodeStatusMaxImages), some time later. So each node is
 * asked by a pod of its own: a container for each image, which may not be pulled. Nothing runs in them.
 */

/** How long the pods of all nodes may take to say what they lack. */
const KNOWN_MS = 120_000;

/** No image has it, so that a container whose image is there ends at once. */
const COMMAND = ['/is-there'];

export interface NodesToAsk {
  readonly cluster: Pick<Cluster, 'create' | 'get' | 'delete'>;
  /** One of the lab's. */
  readonly namespace: string;
  readonly nodes: readonly string[];
  readonly signal: AbortSignal;
}

/** A node, and the images that it has not. */
export interface LackingNode {
  readonly node: string;
  readonly images: readonly string[];
}

/** The nodes that lack any of these images. */
export async function lackingNodes(
  asking: NodesToAsk,
  images: readonly string[],
): Promise<readonly LackingNode[]> {
  const deadline = performance.now() + KNOWN_MS;
  const asked = asking.nodes.map(async (node) => ({
    node,
    images: await lackedBy(asking, { node, images, deadline }),
  }));
  return (await Promise.all(asked)).filter((answer) => answer.images.length > 0);
}

interface Asked {
  readonly node: string;
  readonly images: readonly string[];
  readonly deadline: number;
}

async function lackedBy(
  { cluster, namespace, signal }: NodesToAsk,
  { node, images, deadline }: Asked,
): Promise<readonly string[]> {
  // One of a former look may still be ending.
  const name = `images-${randomBytes(4).toString('hex')}`;
  const reference = { apiVersion: 'v1', kind: 'Pod', namespace, name };
  const containers = images.map((image, position) => ({
    ...{ name: `image-${position}`, image, imagePullPolicy: 'Never', command: COMMAND },
  }));
  const { apiVersion, kind } = reference;
  const created = await cluster.create(
    {
      ...{ apiVersion, kind, metadata: { namespace, name } },
      spec: {
        // No scheduler has a say, so that just this node is asked.
        ...{ nodeName: node, restartPolicy: 'Never', automountServiceAccountToken: false, containers },
      },
    },
    { signal },
  );
  for (;;) {
    const pod = await cluster.get(reference, { signal });
    const known = containers.map((container) => hasImage(pod, container.name));
    if (!known.includes(undefined)) {
      await cluster.delete(reference, { uid: created.metadata.uid ?? '' }, { signal });
      return images.filter((_, position) => known[position] === false);
    }
    if (performance.now() > deadline) {
      throw new Error(
        `Node ${node} has not said within ${KNOWN_MS / 1_000} s which images it has: pod ${namespace}/${name} is ` +
          `${textAt(pod, 'status', 'phase') ?? 'gone'}, ${textAt(pod, 'status', 'message') ?? 'without a reason'}.`,
      );
    }
    await pause(200, undefined, { signal });
  }
}

/** Undefined as long as the kubelet has not looked: it looks for the image before it does anything else with a container. */
function hasImage(pod: KubernetesObject | undefined, container: string): boolean | undefined {
  const statuses = listAt(pod, 'status', 'containerStatuses');
  const state = objectAt(
    statuses.find((one) => textAt(one, 'name') === container),
    'state',
  );
  const reason = textAt(state, 'waiting', 'reason');
  if (reason === 'ErrImageNeverPull') {
    return false;
  }
  const isOver = valueAt(state, 'running') !== undefined || valueAt(state, 'terminated') !== undefined;
  // What else may go wrong with a container does so once its image is there.
  return isOver || (reason !== undefined && reason !== 'ContainerCreating') ? true : undefined;
}
