import { isRefusal } from '../../activities/errors/refusal-error';
import { listAt } from '../../activities/installation/kubernetes/json-path';
import { readWorkload } from '../../activities/installation/kubernetes/rekor-workload';
import { assumed, found, missing, type Line, type Section, type Setting } from '../settings';
import type { Other } from './others';
import { imageOf } from './own-programs';
import type { FoundLog } from './search';
import { mayWrite } from './rekor';

/** How the cluster was reached; absent in a pod, whose service account a worker has as well. */
export interface Access {
  /** An absolute path. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** The installation of a log that is run as a Deployment. */
export function installation(log: FoundLog, access: Access): Section {
  const { namespace, rekor, shape, others, copy, denied } = log;
  return {
    key: 'installation',
    remark: `How the Rekor of this log is run: as ${rekor.where}. Its layout is ${shape.name}: ${shape.why}.`,
    lines: [
      ...whyNotRotatable(log),
      ...others.map(({ said }: Other): Line => ({ beware: said })),
      ...(mayWrite(rekor) ? [] : [{ beware: `${rekor.where} only reads, by its --enabled_api_endpoints.` }]),
      ...(copy === undefined
        ? []
        : [
            {
              beware: `${copy.words} is the copy of a rotation that runs or was interrupted: see \`rekor-rotate status\`.`,
            },
          ]),
      ...(denied.length === 0
        ? []
        : [
            {
              beware: `what may not be seen may be of this log, too. Let a Role allow: ${denied.join(', ')}.`,
            },
          ]),
      found('kind', 'kubernetes', ''),
      ...accessLines(access),
      found('namespace', namespace, ''),
      found(
        'deployment',
        rekor.workload.name,
        'its copy needs room for as many pods again, by the default strategy blue-green; else choose rolling or recreate.',
      ),
      serviceLine(log),
      launcherImage(log),
      ...entrypoint(log),
    ],
  };
}

/** What a rotation would say of the Deployment, for it reads it in the same way. */
function whyNotRotatable({ rekor }: FoundLog): Line[] {
  try {
    readWorkload(rekor.workload.name, rekor.workload.object);
    return [];
  } catch (error) {
    if (!isRefusal(error, 'WORKLOAD_NOT_ROTATABLE')) throw error;
    return [{ beware: `${error.refusal.message} ${error.refusal.remedy}` }];
  }
}

function accessLines({ kubeconfig, context }: Access): Line[] {
  if (kubeconfig === undefined) return [];
  const remark =
    'the one that was read with. Leave it out for a worker in a pod; one outside must reach Services by these names.';
  return [
    assumed('kubeconfig', kubeconfig, remark),
    ...(context === undefined ? [] : [found('context', context, '--context.')]),
  ];
}

function serviceLine({ rekor, service }: FoundLog): Setting {
  if (service === undefined) {
    return missing(
      'service',
      rekor.workload.name,
      `no Service of the namespace leads to the port of ${rekor.where}.`,
    );
  }
  const { name, rivals } = service;
  return rivals.length === 0
    ? found('service', name, `it leads to the pods of ${rekor.where}.`)
    : assumed(
        'service',
        name,
        `it leads to the pods of ${rekor.where}, and so do ${rivals.join(', ')}. Which is the one that clients and the gate use?`,
      );
}

function launcherImage({ gate }: FoundLog): Setting {
  const image = gate?.image ?? '';
  return image === ''
    ? missing(
        'launcherImage',
        'registry.example.com/rekor-rotate:0.1.0',
        'no gate was seen whose image has it. Name that of rekor-rotate in a registry that the nodes reach.',
      )
    : assumed(
        'launcherImage',
        image,
        `the image of ${gate?.workload.words ?? ''}, if it is that of rekor-rotate.`,
      );
}

/** Images of Sigstore, which ko has built. */
const BY_KO = /(^|\/)(sigstore\/rekor|projectsigstore)\/rekor-server([@:]|$)/;

function entrypoint({ rekor }: FoundLog): Line[] {
  if (listAt(rekor.container, 'command').length > 0) return [];
  const value = ['/ko-app/rekor-server'];
  const image = imageOf(rekor.container);
  return [
    BY_KO.test(image)
      ? assumed(
          'entrypoint',
          value,
          "what Sigstore's image runs: its Deployment has no command, and no API tells it.",
        )
      : missing(
          'entrypoint',
          value,
          `what image ${image} runs: its Deployment has no command, and no API tells it. Sigstore's image has this.`,
        ),
  ];
}
