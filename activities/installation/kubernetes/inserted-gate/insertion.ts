import type { CallBounds } from '../../../clients/call-bounds';
import { openCluster } from '../../../clients/kubernetes/cluster';
import type { KubernetesObject, PatchOperation } from '../../../clients/kubernetes/objects';
import { readRekorCount } from '../../../clients/rekor-metrics';
import { allEnded } from '../../../bounds/waiting';
import type { GateInsertion } from '../../../traffic/insertion';
import { changeAsRead, changeObject } from '../change-object';
import { objectAt } from '../json-path';
import type { KubernetesOptions, Parts } from '../kubernetes';
import { inWords, reference } from '../names';
import { instanceOf, podsOf } from '../pods';
import { readService, serviceUrl } from '../service';
import { readDeployment, readStanding } from '../standing';
import { readWorkload } from '../rekor-workload';
import { CALL_MS } from '../without-gate/lease';
import { FOLLOWS_MS } from '../without-gate/led-service';
import { readyGate, requireLeadable, type InsertedGate } from './insertable';
import { inserting, leadsTo, takingOut, type GatePods } from './led-to-gate';

/**
 * A gate in the cluster that the Service of clients is led to for a rotation. That Service has the selector of the gate's own one
 * meanwhile, and its former one in an annotation; both are written in one change, so nothing is ever half done.
 *
 * @returns undefined for a log whose gate is always there.
 */
export function kubernetesInsertion(
  options: KubernetesOptions,
  parts: Parts = {},
): GateInsertion | undefined {
  return options.inserted && insertionAt(options, options.inserted, parts);
}

function insertionAt(options: KubernetesOptions, inserted: InsertedGate, parts: Parts): GateInsertion {
  const { cluster = openCluster({ log: options.log, source: options.source }), transport } = parts;
  const { serviceFollowsMs: followsMs = FOLLOWS_MS } = parts;
  const place = options;
  const object = reference(place, 'Service', inserted.at);
  const ofClients = (bounds: CallBounds): Promise<KubernetesObject> =>
    readService(cluster, { ...place, service: inserted.at }, bounds);
  const ofGate = (bounds: CallBounds): Promise<KubernetesObject> =>
    readService(cluster, { ...place, service: inserted.gateService }, bounds);
  const podsOfGate = (service: KubernetesObject): GatePods => ({
    selector: objectAt(service, 'spec', 'selector'),
    port: inserted.gatePort,
  });

  const change = async (
    operationsFor: (service: KubernetesObject, bounds: CallBounds) => Promise<PatchOperation[]>,
    signal: AbortSignal,
  ): Promise<void> => {
    const bounds = boundsOf(signal);
    await changeAsRead(async () => {
      const service = await ofClients(bounds);
      const operations = await operationsFor(service, bounds);
      if (operations.length > 0) await changeObject(cluster, service, operations, bounds);
    });
  };

  return {
    name: inWords(object),
    followsMs,

    async leadsTo(signal) {
      const bounds = boundsOf(signal);
      const [service, gate, deployment] = await Promise.all([
        ofClients(bounds),
        ofGate(bounds),
        cluster.get(reference(place, 'Deployment', place.deployment), bounds),
      ]);
      const rekor = deployment && objectAt(deployment, 'spec', 'template', 'metadata', 'labels');
      return leadsTo(service, podsOfGate(gate), rekor);
    },

    upstream: (signal) => serviceUrl(cluster, place, boundsOf(signal)),

    async requireInsertable(signal) {
      const bounds = boundsOf(signal);
      const [service, standing, gate] = await Promise.all([
        ofClients(bounds),
        readStanding(cluster, place, bounds),
        ofGate(bounds),
      ]);
      await requireLeadable(cluster, place, service, standing, bounds);
      return await readyGate(cluster, place, gate, inserted.gatePort, bounds);
    },

    insert: (signal) =>
      change(async (service, bounds) => {
        const operations = inserting(service, podsOfGate(await ofGate(bounds)));
        // Somebody may have changed it since it was examined.
        if (operations.length > 0) {
          await requireLeadable(cluster, place, service, await readStanding(cluster, place, bounds), bounds);
        }
        return operations;
      }, signal),

    remove: (signal) =>
      change(async (service, bounds) => takingOut(service, podsOfGate(await ofGate(bounds))), signal),

    async answeredWrites(signal) {
      const bounds = boundsOf(signal);
      const deployment = await readDeployment(cluster, place, bounds);
      const { port } = readWorkload(place.log, deployment);
      const pods = await podsOf(cluster, place, deployment, bounds);
      const counts = pods.map(async (pod) => {
        const instance = instanceOf(pod, port);
        // One without an address has answered nobody.
        if (instance === undefined) return [];
        const { startedAt, answeredWrites } = await readRekorCount(place.log, instance, {
          signal,
          transport,
        });
        return [[`${pod.uid} since ${startedAt}`, answeredWrites] as const];
      });
      return new Map((await allEnded(counts)).flat());
    },
  };
}

function boundsOf(signal: AbortSignal): CallBounds {
  return { signal, timeoutMs: CALL_MS };
}
