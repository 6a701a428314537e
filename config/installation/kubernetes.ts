import { z } from 'zod';
import { SHORTEST_RECREATE_MS, strategies } from '../../workflows/model/room';
import * as field from '../fields';
import { section } from '../fields';
import type { Kind } from '../kind';
import { formatDuration } from '../quantities';
import { at } from '../raw-section';
import type { Told } from '../told';

/** What Sigstore's own image of Rekor runs: it is built by ko, which puts each program into that folder. */
const KO_ENTRYPOINT = ['/ko-app/rekor-server'];

const schema = section({
  kind: field.kind('kubernetes').describe('The log runs as a Deployment in a Kubernetes cluster.'),
  kubeconfig: field
    .file('a kubeconfig')
    .optional()
    .describe('Where the cluster is, and as whom. Absent: the service account of the pod of the worker.'),
  context: field
    .text('the name of a context')
    .optional()
    .describe('Which context of the kubeconfig; absent: its current one.'),
  namespace: field.objectName('a namespace').describe('Where the Deployment and its Service are.'),
  deployment: field
    .objectName('a Deployment')
    .describe('The standing Deployment of Rekor. Its next release is a copy with "-next" at its name.'),
  service: field
    .objectName('a Service')
    .describe(
      'The Service before its pods. The gate sends to http://SERVICE.NAMESPACE.svc between rotations; without a gate it is that of clients, and is changed.',
    ),
  launcherImage: field
    .text('the name of an image')
    .describe(
      'An image with /app/launcher, such as that of rekor-rotate: it starts the next Rekor in its pods.',
    ),
  entrypoint: field
    .listOf(field.text('a program or an argument'), 'program')
    .prefault(KO_ENTRYPOINT)
    .describe("What Rekor's image runs, where the Deployment gives no command: no API tells it."),
  strategy: field
    .oneOf(strategies)
    .prefault('blue-green')
    .describe(
      'How the pods of the next release get room: blue-green = beside the standing ones; rolling = half of their room; recreate = all of it, and reads fail meanwhile.',
    ),
  ownersHeldOff: z
    .record(
      field.text('the name of an owner, as a plan has it'),
      field.text('how it is held off, in words: "automated sync is off"'),
      { error: 'owners by name, each with how it is held off' },
    )
    .optional()
    .describe(
      'Who would take a rotation back by itself, named as the plan names them, and how each is held off meanwhile.',
    ),
});

/** What programs are told of a log that runs in a Kubernetes cluster. */
export type KubernetesConfiguration = Told<z.output<typeof schema>>;

/** The longest name whose copy still has one of at most 63 characters. */
const LONGEST_NAME = 63 - '-next'.length;

/** A log that runs as a Deployment in a Kubernetes cluster. */
export const kubernetes: Kind<typeof schema> = {
  schema,

  whyGate: (installation) =>
    at(installation, ['strategy']) === 'recreate'
      ? 'installation.strategy is recreate, which ends every Rekor before the next one starts. Nothing but a gate lets writes wait for that'
      : undefined,

  rules(installation, path) {
    const deployment = at(installation, ['deployment']);
    const contextAlone =
      at(installation, ['context']) !== undefined && at(installation, ['kubeconfig']) === undefined;
    return [
      ...(contextAlone
        ? [{ at: [...path, 'kubeconfig'], found: 'nothing', allowed: 'the kubeconfig that has this context' }]
        : []),
      ...(typeof deployment === 'string' &&
      field.OBJECT_NAME.test(deployment) &&
      deployment.length > LONGEST_NAME
        ? [
            {
              at: [...path, 'deployment'],
              found: `a name of ${deployment.length} characters`,
              allowed: `at most ${LONGEST_NAME} characters: its copy has "-next" behind it`,
            },
          ]
        : []),
    ];
  },

  sectionRules: (installation, criticalSectionMs, path) =>
    at(installation, ['strategy']) === 'recreate' && criticalSectionMs < SHORTEST_RECREATE_MS
      ? [
          {
            at: path,
            found: `${formatDuration(criticalSectionMs)}, and installation.strategy is recreate`,
            allowed: `at least ${formatDuration(SHORTEST_RECREATE_MS)} with it: pods end and others come in that time`,
          },
        ]
      : [],

  insertionRules(installation, gate, path) {
    const names = [
      ['installation.service', at(installation, ['service'])],
      ...(['service', 'insertedAt'] as const).map((key) => [`gate.${key}`, at(gate, [key])] as const),
    ] as const;
    return names.flatMap(([field, name], position) => {
      const other = names.slice(0, position).find(([, earlier]) => earlier === name);
      return typeof name === 'string' && other !== undefined
        ? [
            {
              at: [...path, ...field.split('.').slice(1)],
              found: `${name}, as in ${other[0]}`,
              allowed:
                'three Services: of clients (gate.insertedAt), of the gate (gate.service), and one that always leads to the pods of Rekor (installation.service)',
            },
          ]
        : [];
    });
  },

  signerRules: (_installation, path) => [
    {
      at: [...path, 'kind'],
      found: 'kubernetes, and nextSigner is given',
      allowed: 'a rotation without a new signer: on Kubernetes there is none yet',
    },
  ],

  // Two logs with the same Deployment are found by what they change: the tree that both name.
  ownPlaces: () => [],
};
