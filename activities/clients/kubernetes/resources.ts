import { refuse } from '../../errors/refusal-error';
import type { CallBounds } from '../call-bounds';
import type { ClusterRequests } from './cluster-requests';
import { isJsonObject, isList, type Json } from './exact-json';
import type { ObjectKind } from './objects';

/** Where the objects of a kind are found. */
export interface Resource {
  /** As a Role names it: `configmaps`, and `deployments.apps` with its group. */
  readonly shown: string;
  readonly namespaced: boolean;
  /** The path of these objects: all of a namespace, or of the cluster. */
  path(namespace: string | undefined): string;
}

/** Which resource has the objects of a kind, as the cluster itself says it. */
export interface Resources {
  /** Refuses CLUSTER_KIND_UNKNOWN. */
  of(kind: ObjectKind, bounds: CallBounds): Promise<Resource>;
}

/** Asks once for each API version, and again when a kind is not known: its definition may have been installed meanwhile. */
export function clusterResources(log: string, requests: ClusterRequests): Resources {
  const known = new Map<string, ReadonlyMap<string, Resource>>();
  return {
    async of({ apiVersion, kind }, bounds) {
      const unknown = (): Error => refuse('CLUSTER_KIND_UNKNOWN', { log, apiVersion, kind });
      const remembered = known.get(apiVersion)?.get(kind);
      if (remembered !== undefined) return remembered;
      if (!/^([a-z0-9.-]+\/)?v[0-9][a-z0-9]*$/.test(apiVersion)) throw unknown();
      const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
      const { status, body } = await requests.read({ verb: 'get', object: path, path }, bounds);
      if (status === 404) throw unknown();
      const resources = resourcesIn(body, apiVersion, path);
      if (resources === undefined)
        throw requests.unreachable(`what it answers at ${path} is no list of kinds`);
      known.set(apiVersion, resources);
      const found = resources.get(kind);
      if (found === undefined) throw unknown();
      return found;
    },
  };
}

function resourcesIn(
  body: Json | undefined,
  apiVersion: string,
  path: string,
): ReadonlyMap<string, Resource> | undefined {
  if (!isJsonObject(body) || body.kind !== 'APIResourceList' || !isList(body.resources)) return undefined;
  const group = apiVersion.includes('/') ? `.${apiVersion.slice(0, apiVersion.indexOf('/'))}` : '';
  return new Map(
    body.resources.flatMap((entry) => {
      if (!isJsonObject(entry)) return [];
      const { kind, name, namespaced } = entry;
      // `deployments/scale` and the like are parts of an object.
      if (typeof kind !== 'string' || typeof name !== 'string' || name.includes('/')) return [];
      const resource: Resource = {
        shown: `${name}${group}`,
        namespaced: namespaced === true,
        path: (namespace) =>
          namespace === undefined
            ? `${path}/${name}`
            : `${path}/namespaces/${encodeURIComponent(namespace)}/${name}`,
      };
      return [[kind, resource] as const];
    }),
  );
}
