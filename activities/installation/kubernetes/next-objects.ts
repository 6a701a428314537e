import type { TreeId } from '../../../workflows/model/log';
import type { TakingStrategy } from '../../../workflows/model/room';
import type { Json, JsonObject } from '../../clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../clients/kubernetes/objects';
import { listAt, objectAt, textAt, without, withValueAt } from './json-path';
import {
  ATTEMPT_ANNOTATION,
  ATTEMPT_LABEL,
  attemptLabel,
  launcherSecretName,
  PODS_ANNOTATION,
  reference,
  releasesOf,
  SLOT_LABEL,
  STRATEGY_ANNOTATION,
  type Place,
} from './names';
import type { RekorWorkload } from './rekor-workload';

/** Where a launcher takes its orders in its pod. */
export const LAUNCHER_PORT = 3_100;

/** Where the launcher, and what it keeps, is in the pods of a next release. */
const LAUNCHER_FOLDER = '/rekor-rotate';
const VOLUME = 'rekor-rotate';
const TOKEN_KEY = 'token';

/** What the next release is derived from. */
export interface Standing {
  readonly deployment: KubernetesObject;
  readonly workload: RekorWorkload;
  /** The object that holds the sharding list, as it is. */
  readonly listObject: KubernetesObject;
}

export interface NextRelease {
  readonly place: Place;
  readonly standing: Standing;
  readonly launcherImage: string;
  readonly entrypoint: readonly string[];
  /** The sharding list of the next release, as its file has it. */
  readonly list: string;
  readonly nextTreeId: TreeId;
  readonly attemptId: string;
  readonly replicas: number;
  /** By which strategy its pods get the room of how many; absent where there is room beside them. */
  readonly takes?: { readonly strategy: TakingStrategy; readonly pods: number };
}

/** The sharding list of the next release, of the same kind as that of the standing one. Nobody changes it. */
export function nextList({ place, standing, list, attemptId }: NextRelease): KubernetesObject {
  const { kind, key } = standing.workload.list;
  const data = { ...objectAt(standing.listObject, 'data'), [key]: asData(kind, list) };
  return { ...head(place, kind, attemptId), immutable: true, data };
}

/** What the worker says to a launcher to be believed. */
export function launcherSecret(
  { place, attemptId }: Pick<NextRelease, 'place' | 'attemptId'>,
  token: string,
): KubernetesObject {
  const secret = head(place, 'Secret', attemptId);
  const metadata = { ...secret.metadata, name: launcherSecretName(place) };
  return { ...secret, metadata, immutable: true, data: { [TOKEN_KEY]: asData('Secret', token) } };
}

/** The token in that Secret; undefined where it has none. */
export function tokenIn(secret: KubernetesObject): string | undefined {
  return textIn(secret, 'Secret', TOKEN_KEY);
}

/** What an object of this kind keeps under a key, as text; undefined where it keeps nothing. */
export function textIn(
  object: KubernetesObject,
  kind: 'ConfigMap' | 'Secret',
  key: string,
): string | undefined {
  const kept = textAt(object, 'data', key);
  return kind === 'Secret' && kept !== undefined ? Buffer.from(kept, 'base64').toString() : kept;
}

/** What an object of this kind keeps for a text. */
export function asData(kind: 'ConfigMap' | 'Secret', text: string): string {
  return kind === 'Secret' ? Buffer.from(text).toString('base64') : text;
}

/**
 * The copy of the standing Deployment that serves the next tree. Its pods have no label of the original, so no Service, budget
 * or autoscaler counts them; they are not probed, because the rotation proves each, and while they wait they answer nothing.
 */
export function nextDeployment(next: NextRelease): KubernetesObject {
  const { place, standing, attemptId, replicas, takes } = next;
  const { deployment } = standing;
  const labels = labelsOf(attemptId);
  const template = objectAt(deployment, 'spec', 'template');
  const made = head(place, 'Deployment', attemptId);
  const annotations = {
    ...objectAt(made.metadata, 'annotations'),
    ...(takes && { [STRATEGY_ANNOTATION]: takes.strategy, [PODS_ANNOTATION]: String(takes.pods) }),
  };
  return {
    ...{ ...made, metadata: { ...made.metadata, annotations } },
    spec: {
      replicas,
      revisionHistoryLimit: 0,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: keptAnnotations(objectAt(template, 'metadata', 'annotations')) },
        spec: podSpec(next, objectAt(template, 'spec')),
      },
    },
  };
}

/** The labels of an attempt's pods. */
export function labelsOf(attemptId: string): Readonly<Record<string, string>> {
  return { [SLOT_LABEL]: 'next', [ATTEMPT_LABEL]: attemptLabel(attemptId) };
}

function head(
  place: Place,
  kind: 'ConfigMap' | 'Secret' | 'Deployment',
  attemptId: string,
): KubernetesObject {
  const { apiVersion, namespace, name } = reference(place, kind, releasesOf(place).copy.id);
  return {
    ...{ apiVersion, kind },
    metadata: {
      ...{ name, ...(namespace !== undefined && { namespace }) },
      labels: labelsOf(attemptId),
      annotations: { [ATTEMPT_ANNOTATION]: attemptId },
    },
  };
}

/** What of a template's annotations says something of the original alone. */
const DROPPED_ANNOTATION =
  /^(checksum\/|kubectl\.kubernetes\.io\/|meta\.helm\.sh\/|argocd\.argoproj\.io\/|kustomize\.toolkit\.fluxcd\.io\/|rekor-rotate\/)/;

function keptAnnotations(annotations: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !DROPPED_ANNOTATION.test(name)));
}

/** As the policy "restricted" wants it, but for who runs it: that the image says, or the pod (Pod Security Standards). */
const CONFINED: JsonObject = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

function podSpec(next: NextRelease, spec: JsonObject): JsonObject {
  const { launcherImage, place, standing } = next;
  const { list, container } = standing.workload;
  const rekor = listAt(spec, 'containers')[container];
  const install = {
    name: 'rekor-rotate-launcher',
    image: launcherImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['/app/launcher', 'install', LAUNCHER_FOLDER],
    // A quota may want them of each container. They cost nothing: both never run at a time.
    resources: objectAt(rekor, 'resources'),
    // Whatever a namespace asks of Rekor's container, and never more than the least.
    securityContext: { ...CONFINED, ...objectAt(rekor, 'securityContext') },
    volumeMounts: [{ name: VOLUME, mountPath: LAUNCHER_FOLDER }],
  };
  // What keeps pods of the original apart would keep these from its node.
  const affinity = without(objectAt(spec, 'affinity'), 'podAffinity', 'podAntiAffinity');
  return {
    ...without(spec, 'affinity', 'topologySpreadConstraints'),
    ...(Object.keys(affinity).length > 0 && { affinity }),
    initContainers: [...listAt(spec, 'initContainers'), install],
    containers: listAt(spec, 'containers').map((one, position) => {
      const waiting = withoutProbes(objectAt(one));
      return position === container ? rekorContainer(next, waiting) : waiting;
    }),
    volumes: [
      ...listAt(spec, 'volumes').map((volume, position) =>
        position === list.volume ? renamed(objectAt(volume), list.kind, releasesOf(place).copy.id) : volume,
      ),
      { name: VOLUME, emptyDir: {} },
    ],
  };
}

/** The same volume out of another object. */
function renamed(volume: JsonObject, kind: 'ConfigMap' | 'Secret', name: string): JsonObject {
  return kind === 'Secret'
    ? { ...volume, secret: { ...objectAt(volume, 'secret'), secretName: name } }
    : { ...volume, configMap: { ...objectAt(volume, 'configMap'), name } };
}

/** Its pods are reached by their own addresses, so no port of the node is taken. */
function withoutProbes(container: JsonObject): JsonObject {
  const ports = listAt(container, 'ports').map((port) => without(objectAt(port), 'hostPort', 'hostIP'));
  return {
    ...without(container, 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle', 'ports'),
    ...(ports.length > 0 && { ports }),
  };
}

function rekorContainer(next: NextRelease, container: JsonObject): JsonObject {
  const { place, entrypoint, standing, attemptId, nextTreeId } = next;
  const { tree } = standing.workload;
  const command = listAt(container, 'command');
  const launcher: readonly Json[] = [
    { name: 'LAUNCHER_LISTEN', value: `:${LAUNCHER_PORT}` },
    { name: 'LAUNCHER_STATE', value: `${LAUNCHER_FOLDER}/started` },
    { name: 'LAUNCHER_ATTEMPT', value: attemptId },
    {
      name: 'LAUNCHER_TOKEN',
      valueFrom: { secretKeyRef: { name: launcherSecretName(place), key: TOKEN_KEY } },
    },
  ];
  const ofNextTree = objectAt(
    tree.kind === 'container'
      ? withValueAt(container, tree.path, `${tree.prefix}${nextTreeId}`)
      : withValueAt(container, ['env', tree.variable], { name: tree.what, value: nextTreeId }),
  );
  return {
    ...ofNextTree,
    command: [`${LAUNCHER_FOLDER}/launcher`, 'run', '--', ...(command.length > 0 ? command : entrypoint)],
    env: [...listAt(ofNextTree, 'env'), ...launcher],
    volumeMounts: [...listAt(container, 'volumeMounts'), { name: VOLUME, mountPath: LAUNCHER_FOLDER }],
  };
}
