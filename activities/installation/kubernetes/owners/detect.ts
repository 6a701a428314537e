import { shellLine } from '../../../../workflows/model/shell-line';
import { FIELD_MANAGER } from '../../../clients/kubernetes/cluster';
import type { KubernetesObject } from '../../../clients/kubernetes/objects';
import { listAt, objectAt, textAt, textsOf, valueAt } from '../json-path';
import { fieldManagers, type FieldManager } from './managed-fields';
import { lastApplied } from './last-applied';

/** What an owner is; what its next run does depends on it. */
export type OwnerKind =
  'controller' | 'flux-helm' | 'flux-kustomize' | 'argo-cd' | 'helm' | 'chart' | 'file' | 'hand';

/** Somebody who writes an object, as its marks tell. */
export interface FoundOwner {
  readonly kind: OwnerKind;
  /** Names it to a person, and in the configuration. */
  readonly name: string;
  /** Whether it applies on the server's side, where another's value is a conflict; undefined where nothing tells. */
  readonly serverSide?: boolean | undefined;
  /** Given where it writes again without being told to. */
  readonly pause?: string;
  /** The mark on the object that keeps it from that. */
  readonly heldOff?: string;
  /** Whether these fields are its own. */
  readonly manager: (name: string) => boolean;
}

/**
 * Who writes an object, by the marks on it: nothing else is read, so that the worker needs no right for it. What the tool itself
 * is told, whether Argo CD heals or Flux is suspended, stands in objects of other namespaces.
 */
export function ownersOf(object: KubernetesObject): readonly FoundOwner[] {
  const marks = marksOf(object);
  const tools = [
    ...controllers(object),
    ...fluxHelm(marks),
    ...fluxKustomize(marks),
    ...argoCd(object, marks),
  ];
  // Flux's releases are Helm's, too.
  const found = tools.some(({ kind }) => kind === 'flux-helm') ? tools : [...tools, ...helmRelease(marks)];
  if (found.length > 0) return found;
  const chart = renderedChart(marks);
  return chart.length > 0 ? chart : files(object, marks);
}

interface Marks {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly managers: readonly FieldManager[];
}

function marksOf(object: KubernetesObject): Marks {
  return {
    labels: textsOf(objectAt(object, 'metadata', 'labels')),
    annotations: textsOf(objectAt(object, 'metadata', 'annotations')),
    managers: fieldManagers(object).filter(({ name }) => name !== FIELD_MANAGER),
  };
}

/** Red Hat's operator and Knative, for example. A controller of which the object is a part makes it again as it should be. */
function controllers(object: KubernetesObject): FoundOwner[] {
  return listAt(object, 'metadata', 'ownerReferences')
    .filter((owner) => valueAt(owner, 'controller') === true)
    .map((owner) => {
      const [group = ''] = (textAt(owner, 'apiVersion') ?? '').split('/');
      const name = `${nameIn(textAt(owner, 'kind'))} ${nameIn(textAt(owner, 'name'))} of ${nameIn(group)}`;
      return {
        ...{ kind: 'controller', name, manager: () => false },
        pause:
          'Its operator writes what it makes from its resource: pause the operator, or change the resource itself.',
      };
    });
}

const FLUX_HELM = 'helm.toolkit.fluxcd.io';
const FLUX_KUSTOMIZE = 'kustomize.toolkit.fluxcd.io';

function fluxHelm({ labels, annotations, managers }: Marks): FoundOwner[] {
  const manager = (name: string): boolean => name === 'helm-controller';
  const named = labels[`${FLUX_HELM}/name`];
  if (named === undefined && !managers.some(({ name }) => manager(name))) return [];
  const name = nameIn(named ?? annotations[RELEASE_NAME]);
  const namespace = nameIn(labels[`${FLUX_HELM}/namespace`] ?? annotations[RELEASE_NAMESPACE]);
  const suspend = shellLine(['flux', 'suspend', 'helmrelease', name, '--namespace', namespace]);
  return [
    {
      ...{ kind: 'flux-helm', name: `Flux HelmRelease ${namespace}/${name}` },
      pause: `${suspend}.`,
      manager,
    },
  ];
}

function fluxKustomize({ labels, annotations, managers }: Marks): FoundOwner[] {
  const manager = (name: string): boolean => name === 'kustomize-controller';
  const named = labels[`${FLUX_KUSTOMIZE}/name`];
  if (named === undefined && !managers.some((one) => manager(one.name))) return [];
  const [name, namespace] = [nameIn(named), nameIn(labels[`${FLUX_KUSTOMIZE}/namespace`])];
  const suspend = shellLine(['flux', 'suspend', 'kustomization', name, '--namespace', namespace]);
  // The mark may be a label or an annotation of the object in the cluster (fluxcd/pkg: ssa/manager_apply.go).
  const marks = [
    [`${FLUX_KUSTOMIZE}/reconcile`, 'disabled'],
    [`${FLUX_KUSTOMIZE}/ssa`, 'ignore'],
  ] as const;
  const held = marks.find(([mark, value]) =>
    [labels[mark], annotations[mark]].some((found) => found?.toLowerCase() === value),
  );
  return [
    {
      ...{ kind: 'flux-kustomize', name: `Flux Kustomization ${namespace}/${name}` },
      ...{ pause: `${suspend}.`, manager },
      ...(held && { heldOff: `${held[0]} is ${held[1]} on the object` }),
    },
  ];
}

const ARGO = 'argocd.argoproj.io';

/**
 * By its annotation, which names the object itself: one that names another object was copied. Where it tracks by a label it
 * uses that of charts by default, so only what else it leaves on an object tells it from Helm.
 */
function argoCd(object: KubernetesObject, { labels, annotations, managers }: Marks): FoundOwner[] {
  const manager = (name: string): boolean => name.startsWith('argocd-');
  const { namespace = '', name } = object.metadata;
  const [application, kind = '', place] = (annotations[`${ARGO}/tracking-id`] ?? '').split(':');
  const isOwn = place === `${namespace}/${name}` && kind.endsWith(`/${object.kind}`);
  const byLabel = managers.some((one) => manager(one.name))
    ? (labels[`${ARGO}/instance`] ?? labels['app.kubernetes.io/instance'] ?? '')
    : labels[`${ARGO}/instance`];
  const found = isOwn ? application : byLabel;
  if (found === undefined) return [];
  return [
    {
      ...{ kind: 'argo-cd', name: `Argo CD application ${nameIn(found)}`, manager },
      pause:
        'Let spec.syncPolicy.automated be off in the Application, or in the ApplicationSet that makes it. No mark on this object does that.',
    },
  ];
}

const RELEASE_NAME = 'meta.helm.sh/release-name';
const RELEASE_NAMESPACE = 'meta.helm.sh/release-namespace';

function helmRelease({ annotations, managers }: Marks): FoundOwner[] {
  const release = annotations[RELEASE_NAME];
  if (release === undefined) return [];
  // Helm calls itself as its binary is called (helm: pkg/kube/client.go).
  const manager = (name: string): boolean => name.startsWith('helm') && name !== 'helm-controller';
  const name = `Helm release ${nameIn(release)} of ${nameIn(annotations[RELEASE_NAMESPACE])}`;
  return [{ kind: 'helm', name, serverSide: isServerSide(managers, manager), manager }];
}

/** Labels of Helm without its annotations: what `helm template` gives, applied by something else. */
function renderedChart({ labels, managers }: Marks): FoundOwner[] {
  const chart = labels['helm.sh/chart'];
  if (chart === undefined) return [];
  const release = nameIn(labels['app.kubernetes.io/instance']);
  const appliers = appliersAmong(managers);
  const name = `whoever applies chart ${nameIn(chart)}, rendered as release ${release}`;
  return [{ kind: 'chart', name, manager: (one) => appliers.includes(one) }];
}

/** A person's, or of some tool that leaves no other mark. */
function files(object: KubernetesObject, { managers }: Marks): FoundOwner[] {
  const file = (as: string): FoundOwner => ({
    ...{ kind: 'file', serverSide: true, manager: (name) => name === as },
    name: `a file that ${as === 'kubectl' ? 'kubectl applies' : `is applied as ${nameIn(as)}`} on the server's side`,
  });
  const found = appliersAmong(managers).map(file);
  if (lastApplied(object) !== undefined) {
    const name = 'a file that kubectl applies';
    found.push({ kind: 'file', serverSide: false, name, manager: () => false });
  }
  if (found.length > 0) return found;
  const hands = [...new Set(managers.map(({ name }) => name))].filter((name) => name.startsWith('kubectl'));
  return hands.map((name) => ({
    ...{ kind: 'hand', name: `a person with ${nameIn(name)}`, manager: () => false },
  }));
}

/** Those that apply on the server's side, whatever they are. */
function appliersAmong(managers: readonly FieldManager[]): readonly string[] {
  return [...new Set(managers.flatMap(({ name, operation }) => (operation === 'Apply' ? [name] : [])))];
}

/** Whether it has applied on the server's side; undefined where it has written nothing that can be told. */
function isServerSide(managers: readonly FieldManager[], is: (name: string) => boolean): boolean | undefined {
  const own = managers.filter(({ name }) => is(name));
  return own.length === 0 ? undefined : own.some(({ operation }) => operation === 'Apply');
}

/** A mark may hold any text; only what can be a name is said. */
function nameIn(found: string | undefined): string {
  return found !== undefined && /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/.test(found)
    ? found
    : '(without a name)';
}
