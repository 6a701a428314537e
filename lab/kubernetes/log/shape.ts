import type { TreeId } from '../../../workflows/model/log';
import type { KubernetesObject } from '../../../activities/clients/kubernetes/objects';
import type { Manifest } from '../api';
import type { EditByHand, ShardsByHand } from './by-hand';
import type { TrillianPlace } from './trillian';

/** What Rekor of a lab's log is told. */
export interface RekorSettings {
  /** The active tree. */
  readonly treeId: TreeId;
  /** PEM, without a password. */
  readonly signingKey: string;
  /** The name in its checkpoints. By default Rekor takes that of its pod, so that each instance has another one. */
  readonly hostname: string;
  readonly replicas: number;
}

/** How an installation on Kubernetes is laid out, so that a rotation meets what it would meet there. */
export interface LogShape {
  readonly trillian: TrillianPlace;
  readonly rekor: { readonly namespace: string; readonly deployment: string; readonly service: string };
  /** What there is of Rekor, in the order in which it is written; namespaces are there already. */
  rekorManifests(settings: RekorSettings): readonly Manifest[];
  /** What a person edits so that Rekor serves these shards, one after the other; after the last one its pods start anew. */
  byHand(shards: ShardsByHand): readonly EditByHand[];
  /** What makes most of it, where a person does not write it all. */
  readonly generator?: Generator;
}

/** A program in the cluster that makes objects of Rekor from a resource. */
export interface Generator {
  /** Of the kinds of its resources. */
  readonly definitions: readonly KubernetesObject[];
  /** The program itself. */
  readonly manifests: readonly Manifest[];
  /** What a person writes. Its tree is a number, with digits that most clients would lose. */
  readonly resource: (settings: RekorSettings) => KubernetesObject;
}

/** The Secret with the key that signs, in the namespace of Rekor: none of the shapes says where a key file comes from. */
export function signingKeySecret(namespace: string, signingKey: string): Manifest {
  return {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: SIGNING_KEY } },
    stringData: { private: signingKey },
  };
}

export const SIGNING_KEY = 'rekor-key';

/** Where Rekor finds it. */
export const SIGNING_KEY_FILE = '/key/private';
