import { textAt } from '../../activities/installation/kubernetes/json-path';
import { soleVariable } from '../../programs/variables';
import type { ContainerProgram } from './container-program';
import { controllerOf } from './workload';

/** How an installation is laid out, for people: nothing that a rotation does depends on it but whether it can. */
export interface Shape {
  readonly name: string;
  /** What it was told by: the end of a sentence. */
  readonly why: string;
  /** Why it cannot be rotated; undefined for what can be. */
  readonly obstacle?: string;
}

/** Recognises who laid out the workload of a Rekor, by the marks that each leaves. */
export function shapeOf(rekor: ContainerProgram): Shape {
  return byOperator(rekor) ?? byKnative(rekor) ?? byHelmChart(rekor) ?? byUpstream(rekor) ?? unknown;
}

function byOperator({ workload }: ContainerProgram): Shape | undefined {
  const controller = controllerOf(workload.object);
  const isOwned = controller?.kind === 'Rekor' && controller.apiVersion.startsWith('rhtas.redhat.com/');
  const partOf = label({ workload }, 'app.kubernetes.io/part-of');
  if (!isOwned && partOf !== 'trusted-artifact-signer') return undefined;
  return {
    name: "Red Hat's operator",
    why: isOwned
      ? `the ${controller.kind} ${controller.name} of ${controller.apiVersion} controls it`
      : `its label app.kubernetes.io/part-of is ${partOf ?? ''}`,
  };
}

function byKnative({ workload }: ContainerProgram): Shape | undefined {
  const service = label({ workload }, 'serving.knative.dev/service');
  const revision = controllerOf(workload.object);
  const isOwned = revision?.kind === 'Revision' && revision.apiVersion.startsWith('serving.knative.dev/');
  if (service === undefined && !isOwned) return undefined;
  return {
    name: 'a Service of Knative',
    why:
      service === undefined
        ? `the Revision ${revision?.name ?? ''} of Knative controls it`
        : `its label serving.knative.dev/service is ${service}`,
    obstacle: 'Knative makes Deployments of its own at each change, and sends clients to them by itself',
  };
}

function byHelmChart({ workload }: ContainerProgram): Shape | undefined {
  const chart = label({ workload }, 'helm.sh/chart');
  if (chart === undefined || !/^rekor-\d/.test(chart)) return undefined;
  return { name: `Sigstore's Helm chart ${chart}`, why: `its label helm.sh/chart is ${chart}` };
}

function byUpstream({ workload, flags }: ContainerProgram): Shape | undefined {
  const isLiteral = soleVariable(flags.get('trillian_log_server.tlog_id') ?? '') === undefined;
  if (label({ workload }, 'app') !== 'rekor-server' || !isLiteral) return undefined;
  return {
    name: "Rekor's own manifest, config/rekor.yaml",
    why: 'its label app is rekor-server, and its tree stands in its arguments',
  };
}

const unknown: Shape = {
  name: 'none that is known by name',
  why: 'it has the marks of none. All that a rotation needs is read from it itself',
};

function label({ workload }: Pick<ContainerProgram, 'workload'>, name: string): string | undefined {
  return textAt(workload.object, 'metadata', 'labels', name) ?? textAt(workload.labels, name);
}
