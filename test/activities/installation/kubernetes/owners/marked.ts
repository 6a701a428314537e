import type { Json } from '../../../../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../../../activities/clients/kubernetes/objects';
import { objectAt } from '../../../../../activities/installation/kubernetes/json-path';

/** What a tool leaves on an object. */
export interface Mark {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: Json;
  readonly managedFields?: Json;
}

/** An object with the marks of a tool beside its own. */
export function marked(object: KubernetesObject, mark: Mark): KubernetesObject {
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      labels: { ...objectAt(metadata, 'labels'), ...mark.labels },
      annotations: { ...objectAt(metadata, 'annotations'), ...mark.annotations },
      ...(mark.ownerReferences !== undefined && { ownerReferences: mark.ownerReferences }),
      ...(mark.managedFields !== undefined && { managedFields: mark.managedFields }),
    },
  };
}

/** What the API server notes of somebody who wrote these fields. */
export function managed(manager: string, operation: 'Apply' | 'Update', fieldsV1: Json): Json {
  const time = '2026-11-28T10:00:00Z';
  return { manager, operation, apiVersion: 'v1', time, fieldsType: 'FieldsV1', fieldsV1 };
}

/** The fields of a ConfigMap's keys. */
export const keys = (...names: readonly string[]): Json => ({
  'f:data': Object.fromEntries([['.', {}], ...names.map((name) => [`f:${name}`, {}])]) as Json,
});

const LIST = 'sharding-config.yaml';

const release = {
  annotations: { 'meta.helm.sh/release-name': 'rekor', 'meta.helm.sh/release-namespace': 'sigstore' },
  labels: { 'app.kubernetes.io/managed-by': 'Helm' },
};

/** The marks of each tool on a ConfigMap with the list, as each has written all of it. */
export const marks = {
  helm3: { ...release, managedFields: [managed('helm', 'Update', keys(LIST))] },
  helm4: { ...release, managedFields: [managed('helm', 'Apply', keys(LIST))] },
  helmOfUnknownVersion: release,
  argoByAnnotation: {
    annotations: {
      'argocd.argoproj.io/tracking-id': 'rekor:/ConfigMap:rekor-system/sharding-config',
    },
    managedFields: [managed('argocd-controller', 'Apply', keys(LIST))],
  },
  argoByLabel: {
    labels: { 'app.kubernetes.io/instance': 'rekor' },
    managedFields: [managed('argocd-controller', 'Apply', keys(LIST))],
  },
  argoByOwnLabel: { labels: { 'argocd.argoproj.io/instance': 'rekor' } },
  fluxKustomize: {
    labels: {
      'kustomize.toolkit.fluxcd.io/name': 'rekor',
      'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
    },
    managedFields: [managed('kustomize-controller', 'Apply', keys(LIST))],
  },
  fluxHelm: {
    ...release,
    labels: {
      ...release.labels,
      'helm.toolkit.fluxcd.io/name': 'rekor',
      'helm.toolkit.fluxcd.io/namespace': 'flux-system',
    },
    managedFields: [managed('helm-controller', 'Apply', keys(LIST))],
  },
  operator: {
    ownerReferences: [
      { apiVersion: 'logs.example.com/v1', kind: 'Log', name: 'rekor', uid: 'u', controller: true },
    ],
    managedFields: [managed('manager', 'Update', keys(LIST))],
  },
  template: {
    labels: {
      'helm.sh/chart': 'rekor-1.8.4',
      'app.kubernetes.io/instance': 'rekor',
      'app.kubernetes.io/managed-by': 'Helm',
    },
  },
  applied: {
    annotations: {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
        ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'sharding-config' } },
        data: { [LIST]: '' },
      }),
    },
    managedFields: [managed('kubectl-client-side-apply', 'Update', keys(LIST))],
  },
  appliedOnServer: { managedFields: [managed('kubectl', 'Apply', keys(LIST))] },
  appliedByPipeline: { managedFields: [managed('pipeline', 'Apply', keys(LIST))] },
  edited: { managedFields: [managed('kubectl-edit', 'Update', keys(LIST))] },
  ours: { managedFields: [managed('rekor-rotate', 'Update', keys(LIST))] },
  appliedByUs: { managedFields: [managed('rekor-rotate', 'Apply', keys(LIST))] },
  none: {},
} satisfies Readonly<Record<string, Mark>>;
