import type { KubernetesObject } from '../../../../activities/clients/kubernetes/objects';
import type { Manifest } from '../../api';
import { SIGNING_KEY, signingKeySecret, type LogShape, type RekorSettings } from '../shape';
import { deploymentOf, listObject, rekorOf, serviceOf } from './generated';
import { standInDefinitions } from './definitions';
import { OPERATOR } from './names';
import { standInManifests } from './stand-in';

const { namespace, deployment } = OPERATOR;

const trillian = {
  ...{ namespace, logServer: 'trillian-logserver', signer: 'trillian-logsigner' },
  ...{ database: 'trillian-database', calls: 8_091, metrics: 8_090 },
} as const;

/**
 * As Red Hat's operator has it: a Securesign, from which it makes a Rekor, and from that everything else. The operator and its
 * definitions are stand-ins that do what the operator's sources say; Trillian is the lab's own.
 */
export const operator: LogShape = {
  trillian,
  rekor: { namespace, deployment, service: deployment },

  byHand: ({ earlier, active }) => [
    {
      object: {
        ...{ apiVersion: OPERATOR.apiVersion, kind: 'Securesign' },
        ...{ namespace, name: OPERATOR.resource },
      },
      operations: () => [
        { op: 'add', path: '/spec/rekor/treeID', value: BigInt(active) },
        {
          ...{ op: 'add', path: '/spec/rekor/sharding' },
          value: earlier.map((treeId) => ({ treeID: BigInt(treeId) })),
        },
      ],
    },
  ],

  rekorManifests(settings) {
    const securesign = securesignOf(settings);
    const treeID = BigInt(settings.treeId);
    const list = 'rekor-sharding-config-x7k2p';
    const made = rekorOf(securesign);
    const rekor: KubernetesObject = {
      ...made,
      status: {
        ...{ treeID, serverConfigRef: { name: list } },
        conditions: [{ type: 'Ready', status: 'True', reason: 'Ready', observedGeneration: 1 }],
      },
    };
    const generated = [listObject(rekor, list), deploymentOf(rekor, list, treeID), serviceOf(rekor)];
    return [
      signingKeySecret(namespace, settings.signingKey),
      ...[securesign, rekor, ...generated].map((object) => object as unknown as Manifest),
    ];
  },

  generator: { definitions: standInDefinitions, manifests: standInManifests(), resource: securesignOf },
};

/**
 * What a person writes. Each pod would sign checkpoints under its own name: the operator has no field for another, but Rekor
 * reads a variable (rekor: cmd/rekor-server/app/root.go).
 */
function securesignOf({ treeId, hostname, replicas }: RekorSettings): KubernetesObject {
  return {
    ...{ apiVersion: OPERATOR.apiVersion, kind: 'Securesign' },
    metadata: { namespace, name: OPERATOR.resource },
    spec: {
      rekor: {
        ...{ treeID: BigInt(treeId), replicas },
        signer: { type: 'secret', keyRef: { name: SIGNING_KEY, key: 'private' } },
        auth: { env: [{ name: 'REKOR_SERVER.HOSTNAME', value: hostname }] },
      },
    },
  };
}
