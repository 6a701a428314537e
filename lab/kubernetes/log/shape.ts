import type { TreeId } from '../../../workflows/model/log';
import type { Manifest } from '../api';
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
  /** In the order in which they are written; namespaces are there already. */
  rekorManifests(settings: RekorSettings): readonly Manifest[];
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
