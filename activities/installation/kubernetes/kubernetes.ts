import type {
  ConfiguredShards,
  InstallationPatience,
  PlannedChanges,
  Release,
  Roles,
} from '../../../workflows/model/installation';
import type { Instance } from '../../../workflows/model/log';
import { sameUrl } from '../../../workflows/model/base-url';
import { isRehearsed, PODS_AWAITED_MS, type Strategy } from '../../../workflows/model/room';
import { sendsTo } from '../../../workflows/model/traffic';
import type { CallBounds } from '../../clients/call-bounds';
import { openCluster, type Cluster } from '../../clients/kubernetes/cluster';
import type { HttpTransport } from '../../clients/http';
import { DEFAULT_TIMEOUT_MS } from '../../clients/kubernetes/cluster-requests';
import type { AccessSource } from '../../clients/kubernetes/kubeconfig';
import { refuse, unlessRefused } from '../../errors/refusal-error';
import type { Installation } from '../installation';
import { byHandOf } from './by-hand';
import { attemptOf, attemptOfCopy, readCopy } from './copy';
import { copyInstances, copyRuns, startCopy, stopCopy } from './copy-pods';
import { markedObject, markStanding } from './marking';
import { reference, releasesOf, type Place } from './names';
import { ownershipOf, type HeldOff } from './owners/ownership';
import { instancesOf, isAddressOfPod, podsOf } from './pods';
import { examineProtection } from './protection';
import { readWorkload } from './rekor-workload';
import { roomOf } from './room';
import type { InsertedGate } from './inserted-gate/insertable';
import { serviceUrl } from './service';
import { takenBy } from './scaled-copy';
import { settleStanding } from './settling';
import { planCopy, requireStagedCopy, servicesChanged, stageCopy } from './staging';
import { readDeployment, readShardsOf, readStanding, shardsOf, type FoundStanding } from './standing';
import { giveBackInPlace, removeCopy, startInPlace } from './taking-room';

export interface KubernetesOptions extends Place {
  readonly source: AccessSource;
  readonly launcherImage: string;
  readonly entrypoint: readonly string[];
  /** How the pods of a copy get their room. Absent: `blue-green`. */
  readonly strategy?: Strategy;
  /** Whether no gate stands before it: then its Service leads clients, and is changed. */
  readonly withoutGate?: boolean;
  /** Where a gate is inserted for a rotation alone. */
  readonly inserted?: InsertedGate;
  /** How each owner is held off that would take a rotation back by itself. */
  readonly ownersHeldOff?: HeldOff;
}

/** What it is made of, where that is not the real one. */
export interface Parts {
  readonly cluster?: Cluster;
  /** Carries what is said to launchers. */
  readonly transport?: HttpTransport;
  readonly serviceFollowsMs?: number;
}

/** An image may have to be pulled first, and the probes of Sigstore's chart let a pod wait for 20 s. */
export const kubernetesPatience: InstallationPatience = {
  stageMs: 420_000,
  rehearsalMs: 60_000,
  startMs: 5_000,
  stopMs: 60_000,
  discardMs: 120_000,
  settleMs: 900_000,
};

/** The same where an undo gives room back: pods end first, and others come in their place. */
const patienceWithRoom: InstallationPatience = {
  ...kubernetesPatience,
  stopMs: 180_000,
  discardMs: 180_000,
  settleMs: 1_800_000,
};

/** With iptables and a busy node kube-proxy took 0.93 s at most; no client waits for this. */
const SERVICE_FOLLOWS_MS = 5_000;

/** One call has not a share of a step that may take minutes, but what the API server and a launcher are given at most. */
function shortCalls(bounds: CallBounds): CallBounds {
  return { ...bounds, timeoutMs: Math.min(bounds.timeoutMs ?? DEFAULT_TIMEOUT_MS, DEFAULT_TIMEOUT_MS) };
}

/**
 * A log run as a Deployment, behind the write gate or without one. Its next release is a copy of that, whose pods are there and
 * wait before any write does. Clients are sent to them; then the standing Deployment takes the same configuration, clients are
 * sent there again, and the copy goes. Nothing of the standing one is changed before that, so to take a rotation back is to
 * delete the copy.
 */
export function kubernetesInstallation(options: KubernetesOptions, parts: Parts = {}): Installation {
  const { cluster = openCluster({ log: options.log, source: options.source }), transport } = parts;
  const { serviceFollowsMs = SERVICE_FOLLOWS_MS } = parts;
  const launchers = { cluster, transport };
  const place: Place = options;
  const making = { ...options, cluster, place };
  const { log, ownersHeldOff, strategy = 'blue-green' } = options;
  const { standing, copy } = releasesOf(place);
  const isCopy = (release: Release): boolean => {
    if (release.id === copy.id) return true;
    if (release.id === standing.id) return false;
    throw refuse('RELEASE_UNKNOWN', { log, release: release.name, known: [standing.id, copy.id] });
  };

  const standingNow = (signal: AbortSignal): Promise<FoundStanding> =>
    readStanding(cluster, place, { signal });
  const ofCopy = async (signal: AbortSignal): Promise<readonly Instance[]> =>
    await copyInstances(cluster, place, { signal });
  const standingUrl = (signal: AbortSignal): Promise<string> => serviceUrl(cluster, place, { signal });

  const ofStanding = async (signal: AbortSignal): Promise<readonly Instance[]> =>
    await instancesOf(cluster, place, await readDeployment(cluster, place, { signal }), { signal });

  const installation: Installation = {
    patience: strategy === 'blue-green' ? kubernetesPatience : patienceWithRoom,
    supersedes: false,
    rehearses: isRehearsed(strategy),
    byHand: byHandOf(place, strategy),

    async roles(serving, signal): Promise<Roles> {
      const url = await standingUrl(signal);
      if (serving.length > 0 && serving.every((one) => sameUrl(one, url))) {
        return { current: standing, next: copy, replaced: copy };
      }
      // A pod that was evicted since the exposure may be among them; the Service beside pods would be two releases.
      const isMixed = serving.some((one) => sameUrl(one, url));
      if (!isMixed && (await installation.serves(copy, serving, signal))) {
        return { current: copy, next: standing, replaced: standing };
      }
      const known = [url, ...(await installation.addresses(copy, signal))];
      throw refuse('SENT_ELSEWHERE', { log, instances: serving, known });
    },

    async addresses(release, signal) {
      return isCopy(release) ? (await ofCopy(signal)).map(({ url }) => url) : [await standingUrl(signal)];
    },

    async serves(release, serving, signal) {
      const addresses = await installation.addresses(release, signal);
      return sendsTo(serving, addresses) || (isCopy(release) && (await sentToLostPods(serving, signal)));
    },

    async configured(release, signal): Promise<ConfiguredShards> {
      const deployment = isCopy(release) ? await readCopy(cluster, place, { signal }) : undefined;
      const found = deployment
        ? await readShardsOf(cluster, place, deployment, { signal })
        : await standingNow(signal);
      return shardsOf(log, found);
    },

    instances: (release, signal) => (isCopy(release) ? ofCopy(signal) : ofStanding(signal)),

    async runs(release, signal) {
      return isCopy(release)
        ? await copyRuns(launchers, place, { signal })
        : (await ofStanding(signal)).length > 0;
    },

    async unfinishedOn(release, signal) {
      if (isCopy(release)) {
        return (await attemptOfCopy(cluster, place, { signal })) ?? (await attemptWithRoom(signal));
      }
      return attemptOf(await markedObject(cluster, place, { signal }));
    },

    async plan({ next }, earlier, signal): Promise<PlannedChanges> {
      requireIsCopy(next);
      return await planCopy(making, earlier, { signal });
    },

    async stage(replacement, planned, bounds) {
      requireIsCopy(replacement.next);
      await stageCopy(making, replacement, planned, shortCalls(bounds));
    },

    requireStaged: (replacement, signal) => requireStagedCopy(making, replacement, { signal }),

    discard: (replacement, bounds) => removeCopy(cluster, place, replacement, shortCalls(bounds)),

    async start(release, bounds) {
      // Whoever runs a Deployment starts its pods again by itself.
      if (!isCopy(release)) return;
      const calls = shortCalls(bounds);
      // Clients may be waiting: nothing is asked for that is known.
      const copied = strategy === 'blue-green' ? undefined : await readCopy(cluster, place, calls);
      const starts = takenBy(copied)?.strategy === 'recreate' ? startInPlace : startCopy;
      await starts(launchers, place, calls);
    },

    giveBack: (replacement, bounds) => giveBackInPlace(cluster, place, replacement, shortCalls(bounds)),

    async stop(release, bounds) {
      if (isCopy(release)) await stopCopy(launchers, place, shortCalls(bounds));
      else await restartStanding(shortCalls(bounds));
    },

    async settle(replacement, bounds) {
      if (isCopy(replacement.next)) {
        await settleStanding(
          cluster,
          place,
          replacement,
          { withinMs: PODS_AWAITED_MS.settle, serviceFollowsMs },
          shortCalls(bounds),
        );
      }
      return standing;
    },

    async settledInto({ next, nextTreeId }, signal) {
      if (!isCopy(next)) return null;
      const settled = standingNow(signal).then(({ activeTree }) => activeTree === nextTreeId);
      // What can be read no more, or is gone, was changed by somebody since: it is not what was settled.
      const readable = unlessRefused('WORKLOAD_NOT_ROTATABLE', settled, false);
      return (await unlessRefused('CLUSTER_OBJECT_MISSING', readable, false)) ? standing : null;
    },

    async ownership(signal) {
      const found = await standingNow(signal);
      const values = { list: found.list, tree: found.activeTree };
      const also = await servicesChanged(making, { signal });
      return ownershipOf(log, found, values, also, ownersHeldOff);
    },

    async forget(replacement, given) {
      const bounds = shortCalls(given);
      await removeCopy(cluster, place, replacement, bounds);
      await markStanding(cluster, place, null, bounds);
    },

    async examine(_state, _attempts, signal) {
      return await examineProtection(cluster, place, await standingNow(signal), { signal });
    },
  };

  /** The attempt that has taken pods of the standing Deployment, where nothing is left of its copy. */
  async function attemptWithRoom(signal: AbortSignal): Promise<string | null> {
    const deployment = await cluster.get(reference(place, 'Deployment', standing.id), { signal });
    return (deployment && roomOf(deployment)?.attemptId) ?? null;
  }

  /**
   * Whether clients are sent to pods of the copy of which none is there any more: an address of a pod that is nobody's, while there
   * is a copy. All that were exposed may have been lost, with their node for example, before what they are settled into serves.
   */
  async function sentToLostPods(serving: readonly string[], signal: AbortSignal): Promise<boolean> {
    const deployment = await readCopy(cluster, place, { signal });
    if (deployment === undefined || serving.length === 0) return false;
    const { port } = readWorkload(log, deployment);
    const there = (await ofStanding(signal)).map((instance) => instance.url);
    return serving.every((one) => isAddressOfPod(one, port) && !there.some((known) => sameUrl(known, one)));
  }

  /** Its pods are deleted: those that its Deployment makes in their place read the configuration anew. */
  async function restartStanding(bounds: CallBounds): Promise<void> {
    const deployment = await readDeployment(cluster, place, bounds);
    const found = await podsOf(cluster, place, deployment, bounds);
    for (const { name, uid } of found) {
      await cluster.delete(reference(place, 'Pod', name), { uid }, bounds);
    }
  }

  /** A third tree after one that serves from the copy would have to be staged in the standing Deployment. */
  function requireIsCopy(next: Release): void {
    if (!isCopy(next)) throw refuse('COPY_SERVES', { log, current: copy.name });
  }

  return installation;
}
