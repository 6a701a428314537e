import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { type Cluster, openCluster } from '../../../../activities/clients/kubernetes/cluster';
import { errorReason, errorTrail } from '../../../../activities/errors/error-reason';
import { RefusalError } from '../../../../activities/errors/refusal-error';
import type { RefusalCode } from '../../../../workflows/model/refusals';
import { refused, rejected } from '../../refused';
import { answer, apiServer, type ApiServer, failure } from './api-server';
import { kubeconfig } from './kubeconfigs';

const SECRET = { apiVersion: 'v1', kind: 'Secret', namespace: 'rekor', name: 'signer' };
const HIDDEN = 'hunter2';

let server: ApiServer;
let cluster: Cluster;
const bounds = { signal: new AbortController().signal };

beforeEach(async () => {
  server = await apiServer();
  cluster = openCluster({ log: 'production', source: { kubeconfig: kubeconfig(server) } });
});

afterEach(() => server.close());

/** What a patch ends with when the server answers it so. */
async function patchAnswered(say: (response: ServerResponse) => void): Promise<unknown> {
  server.interfere = ({ method }, response) => (method === 'PATCH' ? (say(response), true) : undefined);
  return await rejected(cluster.patch(SECRET, '1', [{ op: 'add', path: '/data', value: HIDDEN }], bounds));
}

async function wordsOf(code: RefusalCode, say: (response: ServerResponse) => void): Promise<string> {
  return await refused(
    code,
    patchAnswered(say).then((error) => {
      throw error;
    }),
  );
}

it.each<[number, string, object]>([
  [400, 'BadRequest', {}],
  [403, 'Forbidden', { name: HIDDEN }],
  [404, 'NotFound', { name: HIDDEN }],
  [
    409,
    'Conflict',
    { causes: [{ reason: 'FieldManagerConflict', message: HIDDEN, field: `.data["${HIDDEN}"]` }] },
  ],
  [422, 'Invalid', { causes: [{ reason: 'FieldValueInvalid', message: HIDDEN, field: `data[${HIDDEN}]` }] }],
  [429, 'TooManyRequests', {}],
  [500, HIDDEN, {}],
])('quotes nothing of an answer %s, wherever its error goes (H28)', async (status, reason, details) => {
  const error = await patchAnswered((response) => {
    const message = `Secret in version "v1" cannot be handled: json: {"data":{"password":"${HIDDEN}"}}`;
    failure(response, status, reason, message, details);
  });
  expect(error).toBeInstanceOf(RefusalError);
  const said = [errorReason(error), JSON.stringify(errorTrail(error)), inspect(error, { depth: 9 })];
  expect(said.join('\n')).not.toContain(HIDDEN);
});

it('quotes nothing of an answer that is no JSON', async () => {
  const error = await patchAnswered((response) => answer(response, 200, `password: ${HIDDEN}`));
  expect(inspect(error, { depth: 9 })).not.toContain(HIDDEN);
});

it('says which verb, resource and name a Role lacks', async () => {
  const words = await wordsOf('CLUSTER_DENIED', (response) => failure(response, 403, 'Forbidden', 'no'));
  expect(words).toContain('does not let us patch secrets rekor/signer');
});

it('names the fields that are invalid, each once', async () => {
  const causes = ['data.password', 'metadata.labels', 'metadata.labels', 'spec.containers[0].image'];
  const words = await wordsOf('CLUSTER_INVALID', (response) => {
    const details = { causes: causes.map((field) => ({ reason: 'FieldValueInvalid', field })) };
    failure(response, 422, 'Invalid', `is invalid: ${HIDDEN}`, details);
  });
  expect(words).toContain(': data.password, metadata.labels, spec.containers[0].image.');
});

it('names the fields that the API server does not know', async () => {
  const words = await wordsOf('CLUSTER_INVALID', (response) => {
    const message =
      'Secret in version "v1" cannot be handled as a Secret: strict decoding error: unknown field "spec.replicasx", duplicate field "data"';
    failure(response, 400, 'BadRequest', message);
  });
  expect(words).toContain(': unknown field spec.replicasx, duplicate field data.');
});

it('says that a field is not named where its name cannot be shown', async () => {
  const words = await wordsOf('CLUSTER_INVALID', (response) => {
    const details = { causes: [{ field: `data."${HIDDEN}"` }, {}] };
    failure(response, 422, 'Invalid', 'is invalid', details);
  });
  expect(words).toContain(': a field whose name is not shown, no field.');
});

it.each([403, 404, 409, 422])(
  'takes no %s from what stands before an API server for its word',
  async (status) => {
    const words = await wordsOf('CLUSTER_UNREACHABLE', (response) =>
      answer(response, status, '<html>no</html>'),
    );
    expect(words).toContain(`it answered ${status}`);
  },
);

it('does not take a page of something else for an object that is not there', async () => {
  await cluster.get(SECRET, bounds);
  server.interfere = (_, response) => (answer(response, 404, '<html>not found</html>'), true);
  await refused('CLUSTER_UNREACHABLE', cluster.get(SECRET, bounds));
});

it.each(['{}', '[]', '{"kind":"Secret","apiVersion":"v1"}'])(
  'does not take %s for an object',
  async (body) => {
    await cluster.get(SECRET, bounds);
    server.interfere = (_, response) => (answer(response, 200, body), true);
    const words = await refused('CLUSTER_UNREACHABLE', cluster.get(SECRET, bounds));
    expect(words).toContain('no object');
  },
);
