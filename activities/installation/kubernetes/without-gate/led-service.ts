import type { SendOrder } from '../../../../gate/messages';
import { sameUrl } from '../../../../workflows/model/base-url';
import { shellLine } from '../../../../workflows/model/shell-line';
import { sendsTo } from '../../../../workflows/model/traffic';
import type { CallBounds } from '../../../clients/call-bounds';
import type { Cluster } from '../../../clients/kubernetes/cluster';
import type { KubernetesObject, PatchOperation } from '../../../clients/kubernetes/objects';
import { isRefusal, refuse } from '../../../errors/refusal-error';
import type { LedClients, StillFollows } from '../../../traffic/service';
import { changeObject } from '../change-object';
import { readCopy } from '../copy';
import { copyInstances } from '../copy-pods';
import { objectAt, textsOf } from '../json-path';
import { inWords, reference, type Place } from '../names';
import { readService, urlOfService } from '../service';
import { endFormerPods } from './former-pods';
import { CALL_MS } from './lease';
import { leadsTo, movingTo, puttingBack, selectorNow, stamping, type LeadsTo } from './selector';

/**
 * With iptables kube-proxy had taken up each of some thousand changes after 0.93 s: it lets the third change within a second wait
 * until that second is over. What other programs of nodes take is not known; twice that is asked of them.
 */
export const FOLLOWS_MS = 2_000;

interface Found {
  readonly service: KubernetesObject;
  /** Undefined where somebody has deleted it. */
  readonly deployment: KubernetesObject | undefined;
  readonly url: string;
}

/** Clients whom the selector of the log's own Service leads: to the standing pods, or to those of the copy. */
export function ledByService(cluster: Cluster, place: Place, followsMs = FOLLOWS_MS): LedClients {
  const object = reference(place, 'Service', place.service);

  async function read(bounds: CallBounds): Promise<Found> {
    const [service, deployment] = await Promise.all([
      readService(cluster, place, bounds),
      cluster.get(reference(place, 'Deployment', place.deployment), bounds),
    ]);
    return { service, deployment, url: urlOfService(place, service, deployment) };
  }

  /**
   * Changes the Service as it was read, once more where somebody else was faster with something. The order is looked at between
   * the reading and the change: a later one has stamped the Service since, or is seen.
   */
  async function change(
    operationsFor: (found: Found, bounds: CallBounds) => Promise<PatchOperation[]>,
    stillFollows: StillFollows,
    signal: AbortSignal,
  ): Promise<void> {
    const bounds = boundsOf(signal);
    for (;;) {
      signal.throwIfAborted();
      const found = await read(bounds);
      const operations = await operationsFor(found, bounds);
      await stillFollows();
      if (operations.length === 0) return;
      try {
        await changeObject(cluster, found.service, operations, bounds);
        return;
      } catch (error) {
        if (!isRefusal(error, 'CLUSTER_CONFLICT')) throw error;
      }
    }
  }

  async function moving(order: SendOrder, found: Found, bounds: CallBounds): Promise<PatchOperation[]> {
    const { service, url } = found;
    // Refuses what somebody else has made of it.
    where(found);
    if (order.instances.every((one) => sameUrl(one, url))) return puttingBack(service);
    const [copy, instances] = await Promise.all([
      readCopy(cluster, place, bounds),
      copyInstances(cluster, place, bounds),
    ]);
    const known = instances.map((one) => one.url);
    if (copy === undefined || !sendsTo(order.instances, known)) {
      throw refuse('SENT_ELSEWHERE', {
        ...{ log: place.log, instances: order.instances, known: [url, ...known] },
      });
    }
    return movingTo(service, textsOf(objectAt(copy, 'spec', 'selector', 'matchLabels')), order);
  }

  return {
    name: inWords(object),
    followsMs,

    async instances(signal) {
      const bounds = boundsOf(signal);
      const found = await read(bounds);
      const leads = where(found);
      if (leads.to === 'standing') return [found.url];
      const now = await copyInstances(cluster, place, bounds);
      // All of them may have been lost since, with their node for example.
      return now.length > 0 ? now.map(({ url }) => url) : leads.movedFor;
    },

    stamp: (number, stillFollows, signal) =>
      change(({ service }) => Promise.resolve(stamping(service, number)), stillFollows, signal),

    lead: (order, stillFollows, signal) =>
      change((found, bounds) => moving(order, found, bounds), stillFollows, signal),

    async endKept(signal) {
      const { deployment, ...found } = await read(boundsOf(signal));
      if (deployment === undefined || where({ ...found, deployment }).to === 'standing') return false;
      await endFormerPods(cluster, place, deployment, boundsOf(signal));
      return true;
    },

    async byHand(order, signal) {
      const bounds = boundsOf(signal);
      const found = await read(bounds);
      const operations = await moving(order, found, bounds);
      const patch = JSON.stringify(operations);
      return operations.length === 0
        ? []
        : [
            `# the selector of ${inWords(object)} is now ${JSON.stringify(selectorNow(found.service))}`,
            shellLine([
              ...['kubectl', '-n', place.namespace, 'patch', 'service', place.service],
              ...['--type=json', '-p', patch],
            ]),
          ];
    },
  };
}

function where({ service, deployment }: Pick<Found, 'service' | 'deployment'>): LeadsTo {
  const pods = deployment && objectAt(deployment, 'spec', 'template', 'metadata', 'labels');
  return leadsTo(service, pods);
}

function boundsOf(signal: AbortSignal): CallBounds {
  return { signal, timeoutMs: CALL_MS };
}
