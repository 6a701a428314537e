import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { LosslessNumber, parse, stringify } from 'lossless-json';
import type { Manifest } from '../../../../lab/kubernetes/api';
import { type PrivateAuthority, privateAuthority } from '../../private-authority';

/** What a request was, as it came. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  /** The name in the client's certificate, when a certificate of the test's authority came with it. */
  readonly certificate: string | undefined;
  readonly body: string;
}

/** What a test answers in place of the server; undefined leaves it to the server. */
export type Interference = (request: Received, response: ServerResponse) => unknown;

export interface ApiServer {
  readonly url: string;
  readonly authority: PrivateAuthority;
  /** The text of each object by its path. */
  readonly objects: Map<string, string>;
  readonly received: Received[];
  /** Requests that have an effect, and had it. */
  readonly changed: string[];
  interfere: Interference | undefined;
  /** Called when somebody begins to connect. */
  onConnection: (() => void) | undefined;
  close(): Promise<void>;
}

interface Stored {
  metadata: Record<string, unknown>;
  [key: string]: unknown;
}

interface Kind {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const KINDS: Readonly<Record<string, readonly Kind[]>> = {
  '/api/v1': [
    { name: 'configmaps', kind: 'ConfigMap', namespaced: true },
    { name: 'secrets', kind: 'Secret', namespaced: true },
    { name: 'services', kind: 'Service', namespaced: true },
    { name: 'pods', kind: 'Pod', namespaced: true },
    { name: 'namespaces', kind: 'Namespace', namespaced: false },
    { name: 'nodes', kind: 'Node', namespaced: false },
  ],
  '/apis/apps/v1': [
    { name: 'deployments', kind: 'Deployment', namespaced: true },
    { name: 'deployments/scale', kind: 'Scale', namespaced: true },
    { name: 'statefulsets', kind: 'StatefulSet', namespaced: true },
    { name: 'daemonsets', kind: 'DaemonSet', namespaced: true },
    { name: 'replicasets', kind: 'ReplicaSet', namespaced: true },
  ],
  '/apis/batch/v1': [
    { name: 'cronjobs', kind: 'CronJob', namespaced: true },
    { name: 'jobs', kind: 'Job', namespaced: true },
  ],
  '/apis/networking.k8s.io/v1': [{ name: 'ingresses', kind: 'Ingress', namespaced: true }],
  '/apis/rbac.authorization.k8s.io/v1': [{ name: 'rolebindings', kind: 'RoleBinding', namespaced: true }],
  '/apis/rhtas.redhat.com/v1': [{ name: 'rekors', kind: 'Rekor', namespaced: true }],
};

/** The path of an object of one of these kinds. */
export function pathOf({ apiVersion, kind, metadata }: Manifest): string {
  const api = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const resource = KINDS[api]?.find((one) => one.kind === kind);
  if (resource === undefined) throw new Error(`The server has no ${kind} of ${apiVersion}.`);
  const { namespace, name } = metadata;
  return `${api}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${resource.name}/${name}`;
}

const LISTS = new Set(
  Object.values(KINDS)
    .flat()
    .map(({ name }) => name),
);

/** Keys take a second to be made, so the servers of a file share them. */
let authorityOfAll: PrivateAuthority | undefined;
let certificate: ReturnType<PrivateAuthority['serverFor']> | undefined;

/**
 * As much of a Kubernetes API server as its client can tell, over TLS on a loopback port. Numbers are texts to it; it answers what
 * Kubernetes 1.33 answers. Nothing that is only tried, or refused, has an effect.
 */
export async function apiServer(): Promise<ApiServer> {
  authorityOfAll ??= privateAuthority();
  const authority = authorityOfAll;
  certificate ??= authority.serverFor('127.0.0.1');
  let version = 100;
  const server = createServer(
    {
      ...certificate,
      ca: readFileSync(authority.file),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => take(request, response, Buffer.concat(chunks).toString()));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: ApiServer = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authority,
    objects: new Map(),
    received: [],
    changed: [],
    interfere: undefined,
    onConnection: undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  server.on('connection', () => fake.onConnection?.());

  function take(request: IncomingMessage, response: ServerResponse, body: string): void {
    const url = new URL(request.url ?? '', fake.url);
    const received: Received = {
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname),
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      certificate: certifiedName(request.socket),
      body,
    };
    fake.received.push(received);
    if (fake.interfere?.(received, response) === undefined) serve(received, response);
  }

  function serve(received: Received, response: ServerResponse): void {
    const { method, path, query, body } = received;
    const kinds = KINDS[path];
    if (kinds !== undefined) {
      answer(response, 200, { kind: 'APIResourceList', resources: kinds });
      return;
    }
    if (method === 'GET') {
      const found = fake.objects.get(path);
      if (found !== undefined) {
        answer(response, 200, found);
        return;
      }
      if (LISTS.has(path.slice(path.lastIndexOf('/') + 1))) list(path, query, response);
      else notFound(response);
      return;
    }
    if (method === 'POST') {
      const created = parse(body) as Stored;
      const place = `${path}/${String(created.metadata.name)}`;
      if (fake.objects.has(place)) {
        failure(response, 409, 'AlreadyExists', 'it already exists');
        return;
      }
      store(place, created, received, response, 201);
      return;
    }
    if (method === 'DELETE') {
      remove(received, response);
      return;
    }
    if (received.headers['content-type'] === 'application/apply-patch+yaml') {
      store(path, parse(body) as Stored, received, response, 200);
      return;
    }
    const before = fake.objects.get(path);
    if (before === undefined) notFound(response);
    else patch(before, received, response);
  }

  function store(
    place: string,
    object: Stored,
    { method, query }: Received,
    response: ServerResponse,
    status: number,
  ): void {
    const metadata = { uid: 'uid-1', ...object.metadata, resourceVersion: String(++version) };
    const text = stringify({ ...object, metadata }) ?? '';
    if (query.dryRun === undefined) {
      fake.objects.set(place, text);
      fake.changed.push(`${method} ${place}`);
    }
    answer(response, status, text);
  }

  function patch(before: string, received: Received, response: ServerResponse): void {
    const object = parse(before) as Stored;
    for (const operation of parse(received.body) as { op: string; path: string; value: unknown }[]) {
      const { op, path, value } = operation;
      const steps = path.slice(1).split('/');
      const last = (steps.pop() ?? '').replaceAll('~1', '/').replaceAll('~0', '~');
      const parent = steps.reduce<Record<string, unknown>>(
        (at, step) => at[step] as Record<string, unknown>,
        object,
      );
      if (path === '/metadata/resourceVersion' && parent[last] !== value) {
        failure(response, 409, 'Conflict', `Operation cannot be fulfilled: ${received.body}`);
        return;
      }
      if (op === 'test' && stringify(parent[last]) !== stringify(value)) {
        const message = 'the server rejected our request due to an error in our request';
        failure(response, 422, 'Invalid', message);
        return;
      }
      if (op === 'add' || op === 'replace') parent[last] = value;
    }
    store(received.path, object, received, response, 200);
  }

  /** The query of a request with a body is not looked at. */
  function remove({ path, body, query }: Received, response: ServerResponse): void {
    const found = fake.objects.get(path);
    if (found === undefined) {
      notFound(response);
      return;
    }
    const options = (body === '' ? query : parse(body)) as {
      preconditions?: { uid?: string; resourceVersion?: string };
      dryRun?: unknown;
    };
    const { uid, resourceVersion } = (parse(found) as Stored).metadata;
    const { preconditions = {} } = options;
    const differs =
      (preconditions.uid ?? uid) !== uid ||
      (preconditions.resourceVersion ?? resourceVersion) !== resourceVersion;
    if (differs) {
      failure(response, 409, 'Conflict', 'the UID in the precondition differs');
      return;
    }
    if (options.dryRun === undefined) {
      fake.objects.delete(path);
      fake.changed.push(`DELETE ${path}`);
    }
    answer(response, 200, { kind: 'Status', apiVersion: 'v1', status: 'Success' });
  }

  /** Of the objects in a list of a built-in kind none says what it is. */
  function list(path: string, query: Received['query'], response: ServerResponse): void {
    const selector = query.labelSelector ?? '';
    const [label = '', value] = selector.split('=');
    const items = [...fake.objects]
      .filter(([place]) => place.startsWith(`${path}/`))
      .map(([, text]) => parse(text) as Stored)
      .filter(
        ({ metadata }) =>
          selector === '' || (metadata.labels as Record<string, string> | undefined)?.[label] === value,
      )
      .map((item) => ({ ...item, apiVersion: undefined, kind: undefined }));
    answer(response, 200, {
      kind: 'List',
      metadata: { resourceVersion: String(version) },
      items,
    });
  }

  return fake;
}

/** Answers with a Status, as every error of an API server is. */
export function failure(
  response: ServerResponse,
  code: number,
  reason: string,
  message: string,
  details: object = {},
): void {
  answer(response, code, {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message,
    reason,
    details,
    code: new LosslessNumber(String(code)),
  });
}

export function answer(response: ServerResponse, status: number, body: string | object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : stringify(body));
}

function certifiedName(socket: Socket): string | undefined {
  return socket instanceof TLSSocket && socket.authorized
    ? socket.getPeerCertificate().subject.CN?.toString()
    : undefined;
}

function notFound(response: ServerResponse): void {
  failure(response, 404, 'NotFound', 'not found');
}
