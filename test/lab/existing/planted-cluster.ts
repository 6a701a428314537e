import type { AskedRight } from '../../../activities/clients/kubernetes/cluster';
import type { Manifest } from '../../../lab/kubernetes/api';
import { existingCluster } from '../../../lab/kubernetes/existing/access';
import { imageArchitecture } from '../../../lab/kubernetes/image';
import type { ExistingCluster } from '../../../lab/kubernetes/record';
import { answer, apiServer, pathOf, type ApiServer } from '../../activities/clients/kubernetes/api-server';
import { kubeconfig } from '../../activities/clients/kubernetes/kubeconfigs';

/** As much of a cluster as a lab looks at before it makes anything. */
export interface PlantedCluster {
  readonly server: ApiServer;
  readonly place: ExistingCluster;
  /** Adds objects. */
  plant(...objects: readonly Manifest[]): void;
  /** What it says of its version. */
  version: string;
  /** Whether it lets us do this. */
  allows: (right: AskedRight) => boolean;
}

/** One that a lab can be in: a node, and nothing else. Whoever plants it closes its server. */
export async function plantedCluster(): Promise<PlantedCluster> {
  const server = await apiServer();
  const planted: PlantedCluster = {
    server,
    place: existingCluster({ kubeconfig: kubeconfig(server) }),
    plant: (...objects) =>
      objects.forEach((object) => server.objects.set(pathOf(object), JSON.stringify(object))),
    version: 'v1.33.13',
    allows: () => true,
  };
  server.interfere = ({ path, body }, response) => {
    if (path === '/version') {
      answer(response, 200, { gitVersion: planted.version });
      return true;
    }
    if (path.endsWith('/selfsubjectaccessreviews')) {
      const { spec } = JSON.parse(body) as { readonly spec: { readonly resourceAttributes: AskedRight } };
      const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' };
      answer(response, 201, { ...review, status: { allowed: planted.allows(spec.resourceAttributes) } });
      return true;
    }
    return undefined;
  };
  planted.plant(node('one'));
  return planted;
}

/** A node that takes pods, unless what is given says otherwise. */
export function node(
  name: string,
  { spec = {}, ready = 'True', architecture = imageArchitecture() }: NodeDifference = {},
): Manifest {
  return {
    ...{ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec },
    status: {
      conditions: [{ type: 'Ready', status: ready }],
      nodeInfo: { operatingSystem: 'linux', architecture },
    },
  };
}

interface NodeDifference {
  readonly spec?: object;
  readonly ready?: string;
  readonly architecture?: string;
}

export function namespace(name: string, more: Partial<Manifest['metadata']> & object = {}): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...more } };
}
