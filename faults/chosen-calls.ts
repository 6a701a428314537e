import type { GrpcMatch, GrpcMessage, GrpcRequest } from './grpc-proxy';
import type { HttpAnswer, HttpMatch } from './http-proxy';

/** Calls that tests choose, by what they do to the log, and what they let them be answered with. */

/** UpdateTree that gives this tree this state. */
export function setsState(treeId: string, state: string): (request: GrpcRequest) => boolean {
  return (request) => treeOf(request).tree_id === treeId && treeOf(request).tree_state === state;
}

/** UpdateTree that gives any other tree this state: one that did not exist when the test began. */
export function setsStateOfAnother(treeId: string, state: string): (request: GrpcRequest) => boolean {
  return (request) => treeOf(request).tree_id !== treeId && treeOf(request).tree_state === state;
}

function treeOf(request: GrpcRequest): { readonly tree_id: string; readonly tree_state: string } {
  return request.tree as { tree_id: string; tree_state: string };
}

/** The order that lets writes wait. */
export const gateHold: HttpMatch = { method: 'PUT', path: /^\/order\/hold$/ };

/** The order that sends reads and writes to a slot. */
export function sendTo(url: string): HttpMatch {
  return {
    method: 'PUT',
    path: /^\/order\/send$/,
    where: (body) => (JSON.parse(body) as { instances: string[] }).instances.includes(url),
  };
}

/** The order that sends reads and writes anywhere but to this address. */
export function sendElsewhere(url: string): HttpMatch {
  return {
    method: 'PUT',
    path: /^\/order\/send$/,
    where: (body) => !(JSON.parse(body) as { instances: string[] }).instances.includes(url),
  };
}

/**
 * A change of one object of a cluster, which has a plural such as `deployments`; made by server-side apply as well, so also the
 * first one, which makes it.
 *
 * @param having a text that only some of its changes have.
 */
export function changesObject(plural: string, name: string, having = ''): HttpMatch {
  return {
    method: 'PATCH',
    path: new RegExp(`/${plural}/${name}(?:\\?|$)`),
    where: (body) => body.includes(having),
  };
}

/** What an API server answers where a Role, an admission policy or a quota forbids it. */
export const forbidden: HttpAnswer = {
  status: 403,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
    ...{ reason: 'Forbidden', message: 'answered by the fault proxy', code: 403 },
  }),
};

/** GetLatestSignedLogRoot of this tree, which Rekor calls for each inactive shard when it starts. */
export function rootOf(treeId: string): GrpcMatch {
  return { method: 'GetLatestSignedLogRoot', where: (request) => request.log_id === treeId };
}

/**
 * What Trillian on MySQL answers when its query for the root is interrupted: the root of a tree of no leaves, with neither hash
 * nor time (trillian: storage/mysql/log_storage.go, fetchLatestRoot). A LogRootV1 in TLS notation: its version, and zeros.
 */
export const emptyRoot: GrpcMessage = {
  message: { signed_log_root: { log_root: Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(27)]) } },
};
