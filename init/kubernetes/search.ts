import type { CallBounds } from '../../activities/clients/call-bounds';
import type { Cluster } from '../../activities/clients/kubernetes/cluster';
import { refuse } from '../../activities/errors/refusal-error';
import { ClusterReader, DENIED } from './cluster-reader';
import { programsIn, type ContainerProgram } from './container-program';
import { gateOfChart } from './chart-gate';
import { foundGate, type FoundGate } from './found-gate';
import { foundTrillian, type FoundTrillian } from './found-trillian';
import { frontsIn, type Front } from './fronts';
import { othersOf, type Other } from './others';
import { logKey, mayWrite } from './rekor';
import { serviceOf, type FoundService } from './services';
import { shapeOf, type Shape } from './shape';
import { isCopy, workloadsIn, type Workload } from './workload';

/** Which log a person means. */
export interface Wanted {
  /** Its name in the configuration. */
  readonly log: string;
  readonly namespace: string;
  /** Of the Deployment, where there is more than one Rekor. */
  readonly deployment?: string | undefined;
}

/** A log in a namespace, with all that belongs to it. */
export interface FoundLog {
  readonly namespace: string;
  /** In the Deployment that a rotation replaces. */
  readonly rekor: ContainerProgram;
  readonly shape: Shape;
  /** The Service before its pods; undefined where there is none. */
  readonly service: FoundService | undefined;
  /** What else has to do with the same tree or the same Service. */
  readonly others: readonly Other[];
  /** Rekors of other trees, in words. */
  readonly left: readonly string[];
  readonly trillian: FoundTrillian;
  readonly gate: FoundGate | undefined;
  /** Where clients reach it. */
  readonly fronts: readonly Front[];
  /** The copy of a rotation that runs or was interrupted. */
  readonly copy: Workload | undefined;
  /** What may not be seen, as `list pods of rekor-system`. */
  readonly denied: readonly string[];
}

/** No configuration can be written; the message says what was found, and what to do. */
export class NoSuchLog extends Error {
  constructor(
    message: string,
    /** Whether what a person named is wrong, and not what is there. */
    readonly isUsage = false,
  ) {
    super(message);
    this.name = 'NoSuchLog';
  }
}

/**
 * Finds a log in a namespace from what it is run by. It only reads, and no Secret.
 *
 * @throws NoSuchLog
 */
export async function searchNamespace(
  cluster: Cluster,
  wanted: Wanted,
  bounds: CallBounds,
): Promise<FoundLog> {
  const { log, namespace } = wanted;
  const reader = new ClusterReader(cluster, bounds);
  if ((await reader.list('Deployment', namespace)) === DENIED) {
    throw refuse('CLUSTER_DENIED', { log, verb: 'list', object: `deployments.apps of ${namespace}` });
  }
  const workloads = await workloadsIn(reader, namespace);
  const standing = workloads.filter((workload) => !isCopy(workload));
  const programs = (await Promise.all(standing.map((workload) => programsIn(reader, workload)))).flat();
  const rekors = programs.filter(({ program }) => program === 'rekor-server');
  if (rekors.length === 0) throw new NoSuchLog(await noRekor(reader, namespace));
  const rekor = chosen(rekors, wanted);
  const shape = shapeOf(rekor);
  if (shape.obstacle !== undefined) {
    throw new NoSuchLog(
      `${rekor.where} of namespace ${namespace} is laid out by ${shape.name}: ${shape.why}. A rotation of such a log is not supported yet: ${shape.obstacle}.`,
    );
  }
  const services = await reader.listed('Service', namespace);
  const service = serviceOf(rekor, services);
  const gate =
    (await foundGate(reader, standing, services, log)) ??
    (await gateOfChart(reader, { name: log, namespace, service }));
  const trillian = await foundTrillian(reader, rekor);
  const fronts = await frontsIn(reader, namespace, { service, gate });
  return {
    ...{ namespace, rekor, shape, service, gate, trillian, fronts },
    others: othersOf({ rekor, rekors, workloads: standing, service }),
    left: rekors.filter((one) => logKey(one) !== logKey(rekor)).map(inWords),
    copy: workloads.find((one) => isCopy(one) && one.name === `${rekor.workload.name}-next`),
    denied: reader.denied,
  };
}

/** The one Deployment that a rotation replaces. */
function chosen(rekors: readonly ContainerProgram[], { namespace, deployment }: Wanted): ContainerProgram {
  const list = rekors.map((one) => `\n${inWords(one)}`).join('');
  const isDeployment = ({ workload }: ContainerProgram): boolean => workload.kind === 'Deployment';
  if (deployment !== undefined) {
    const named = rekors.find((one) => isDeployment(one) && one.workload.name === deployment);
    if (named !== undefined) return named;
    throw new NoSuchLog(
      `--deployment is ${deployment}; no Deployment of that name in namespace ${namespace} runs Rekor. These run it:${list}`,
      true,
    );
  }
  if (new Set(rekors.map(logKey)).size > 1) {
    throw new NoSuchLog(
      `Namespace ${namespace} has the Rekor of more than one log. Name the Deployment of one with --deployment:${list}`,
    );
  }
  const deployments = rekors.filter(isDeployment);
  const writers = deployments.filter(mayWrite);
  const [only, ...more] = writers.length > 0 ? writers : deployments;
  if (only === undefined) {
    throw new NoSuchLog(
      `Rekor of namespace ${namespace} is run by no Deployment, and only that of a Deployment can be rotated. These run it:${list}`,
    );
  }
  if (more.length > 0) {
    throw new NoSuchLog(
      `${writers.length > 0 ? 'More than one Deployment takes' : 'No Deployment takes, and several read,'} entries of one log in namespace ${namespace}, and a rotation replaces one. Name it with --deployment:${list}`,
    );
  }
  return only;
}

function inWords(rekor: ContainerProgram): string {
  return `${rekor.where}, with ${logKey(rekor)}${mayWrite(rekor) ? '' : ', which only reads'}`;
}

async function noRekor(reader: ClusterReader, namespace: string): Promise<string> {
  const found = await reader.get('Namespace', undefined, namespace);
  if (found === undefined) {
    return `--namespace is ${namespace}; the cluster has no such namespace. Check its spelling, and with --context which cluster is asked.`;
  }
  const seen = reader.denied.filter((what) => what.startsWith('list'));
  return [
    `No Rekor was found in namespace ${namespace}: no container of its workloads is started with "serve" and --trillian_log_server flags.`,
    ...(found === DENIED ? [`Whether there is such a namespace may not be asked.`] : []),
    ...(seen.length > 0 ? [`These may not be seen: ${seen.join(', ')}.`] : []),
  ].join(' ');
}
