import {
  isJsonObject,
  isList,
  readExactJson,
  writeExactJson,
  type Json,
  type JsonObject,
} from '../../../activities/clients/kubernetes/exact-json';
import type { HttpMessage } from '../../../activities/clients/http';
import type {
  KubernetesObject,
  ObjectReference,
  PatchOperation,
} from '../../../activities/clients/kubernetes/objects';
import { RefusalError } from '../../../activities/errors/refusal-error';
import type { ObjectsInMemory } from './objects-in-memory';

export const API_SERVER_URL = 'https://kubernetes';

/** What is answered to a request. */
export interface Served {
  readonly status: number;
  readonly text: string;
}

const kinds: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/api/v1': { configmaps: 'ConfigMap', secrets: 'Secret', services: 'Service', pods: 'Pod' },
  '/apis/apps/v1': { deployments: 'Deployment' },
  '/apis/coordination.k8s.io/v1': { leases: 'Lease' },
};

/** How the API server answers a request for the objects of one namespace, as far as the adapter asks it. */
export async function serveApi(objects: ObjectsInMemory, message: HttpMessage): Promise<Served> {
  const { pathname, searchParams } = message.url;
  const listed = kinds[pathname];
  if (listed) return json(200, resourceList(listed));
  if (pathname.endsWith('/selfsubjectaccessreviews')) {
    return json(201, { kind: 'SelfSubjectAccessReview', status: { allowed: true } });
  }
  const [, version = '', namespace = '', resource = '', name] =
    /^(\/api\/v1|\/apis\/[a-z0-9.]+\/v1)\/namespaces\/([^/]+)\/([a-z]+)(?:\/([^/]+))?$/.exec(pathname) ?? [];
  const kind = kinds[version]?.[resource];
  if (kind === undefined) return failure(404, 'NotFound');
  const apiVersion = version.replace(/^\/apis?\//, '');
  if (name === undefined) {
    const labels = Object.fromEntries(
      (searchParams.get('labelSelector') ?? '').split(',').map((pair) => pair.split('=')),
    ) as Record<string, string>;
    const { resourceVersion, items } = await objects.list({ apiVersion, kind }, labels);
    return json(200, { kind: `${kind}List`, metadata: { resourceVersion }, items });
  }
  const object: ObjectReference = { apiVersion, kind, namespace, name: decodeURIComponent(name) };
  try {
    return await answer(objects, object, message);
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    const { code } = error.refusal;
    return code === 'CLUSTER_CONFLICT' ? failure(409, 'Conflict') : failure(422, 'Invalid');
  }
}

async function answer(
  objects: ObjectsInMemory,
  object: ObjectReference,
  { method, headers = {}, body: text = '' }: HttpMessage,
): Promise<Served> {
  const there = await objects.get(object);
  if (method === 'GET') return there === undefined ? failure(404, 'NotFound') : json(200, there);
  const body = readExactJson(text);
  if (method === 'DELETE') {
    const uid = isJsonObject(body) && isJsonObject(body.preconditions) ? body.preconditions.uid : undefined;
    if (there === undefined) return failure(404, 'NotFound');
    const done = typeof uid === 'string' && (await objects.delete(object, { uid }));
    return done
      ? json(200, { kind: 'Status', apiVersion: 'v1', status: 'Success' })
      : failure(409, 'Conflict');
  }
  if (headers['content-type'] === 'application/apply-patch+yaml') {
    return json(200, await objects.apply(body as KubernetesObject));
  }
  if (there === undefined) return failure(404, 'NotFound');
  const [stillTrue, ...operations] = (isList(body) ? body : []) as unknown as readonly PatchOperation[];
  const version = stillTrue?.op === 'replace' ? stillTrue.value : undefined;
  if (typeof version !== 'string') return failure(422, 'Invalid');
  return json(200, await objects.patch(object, version, operations));
}

function resourceList(listed: Readonly<Record<string, string>>): JsonObject {
  return {
    kind: 'APIResourceList',
    resources: Object.entries(listed).map(([name, kind]) => ({ name, kind, namespaced: true })),
  };
}

function failure(code: number, reason: string): Served {
  return json(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code });
}

function json(status: number, body: Json): Served {
  return { status, text: writeExactJson(body) };
}
