import type { JsonObject } from '../../../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';

/**
 * Stand-ins for the operator's own definitions of Securesign and Rekor (securesign/secure-sign-operator: api/v1): those fields
 * alone that a rotation meets, with the operator's types. As in the operator's, an unknown field is dropped, a tree is listed
 * once, and a status is written apart from the rest.
 */

const int64 = { type: 'integer', format: 'int64' };
const text = { type: 'string' };

const rekor = object({
  treeID: int64,
  sharding: {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['treeID'],
    items: {
      ...object({
        treeID: { ...int64, minimum: 1 },
        treeLength: { ...int64, minimum: 0 },
        encodedPublicKey: text,
      }),
      required: ['treeID'],
      'x-kubernetes-map-type': 'atomic',
    },
  },
  replicas: { type: 'integer', format: 'int32', minimum: 0 },
  signer: object({ type: text, keyRef: object({ name: text, key: text }) }),
  auth: object({ env: { type: 'array', items: object({ name: text, value: text }) } }),
});

const conditions = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: {
    ...object({
      ...{ type: text, status: text, reason: text, message: text, observedGeneration: int64 },
      lastTransitionTime: { type: 'string', format: 'date-time' },
    }),
    required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
  },
};

const rekorStatus = object({
  ...{ treeID: { type: 'number', format: 'int64' }, serverConfigRef: object({ name: text }), conditions },
});

export const standInDefinitions: readonly KubernetesObject[] = [
  definition('Securesign', object({ rekor }), object({ conditions })),
  definition('Rekor', rekor, rekorStatus),
];

function definition(kind: string, spec: JsonObject, status: JsonObject): KubernetesObject {
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  return {
    ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
    metadata: { name: `${plural}.rhtas.redhat.com` },
    spec: {
      ...{ group: 'rhtas.redhat.com', scope: 'Namespaced' },
      names: { kind, listKind: `${kind}List`, plural, singular },
      versions: [
        {
          ...{ name: 'v1', served: true, storage: true, subresources: { status: {} } },
          schema: { openAPIV3Schema: object({ spec, status }) },
        },
      ],
    },
  };
}

function object(properties: JsonObject): JsonObject {
  return { type: 'object', properties };
}
