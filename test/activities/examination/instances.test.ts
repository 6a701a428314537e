import { connectRekor } from '../../../activities/clients/rekor';
import { withinLook } from '../../../activities/bounds/look-bounds';
import { examineInstances } from '../../../activities/examination/instances';
import type { BoundSystems } from '../../../activities/systems';
import { answeringServer } from '../answering-server';

/** What a Rekor says of its shards, with a signature under the checkpoint of the inactive one. */
function logInfo(signature: string): string {
  const shard = { treeID: '100', treeSize: 10, rootHash: 'a'.repeat(64) };
  return JSON.stringify({
    ...{ treeID: '200', treeSize: 3, rootHash: 'b'.repeat(64), signedTreeHead: 'none' },
    inactiveShards: [{ ...shard, signedTreeHead: `rekor - 100\n10\nAAAA\n\n— rekor ${signature}\n` }],
  });
}

async function examinedAt(answer: () => { status: number; body: string }) {
  const server = await answeringServer((request, response) => {
    const { status, body } = request.method === 'GET' ? answer() : { status: 400, body: '{}' };
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  const rekor = connectRekor({ log: 'production' });
  const checks = await withinLook(60_000, new AbortController().signal, (bounds) =>
    examineInstances({ log: 'production', rekor, bounds } as BoundSystems, [
      { name: 'blue', url: server.url },
    ]),
  );
  await server.close();
  return checks;
}

it('is right of a Rekor that signs the checkpoint of an inactive shard once (H29)', async () => {
  const checks = await examinedAt(() => ({ status: 200, body: logInfo('same') }));
  expect(checks.map(({ code, state }) => [code, state])).toEqual([
    ['OPERATIONS_ON', 'ok'],
    ['CHECKPOINTS_KEPT', 'ok'],
  ]);
});

it('refuses a Rekor that signs anew each time, or several processes at one address (H29)', async () => {
  let asked = 0;
  const checks = await examinedAt(() => ({ status: 200, body: logInfo(`number ${(asked += 1)}`) }));
  expect(checks.find(({ code }) => code === 'CHECKPOINTS_KEPT')).toMatchObject({
    state: 'refused',
    reason: 'CHECKPOINTS_DIFFER',
    found: expect.stringContaining('inactive tree 100') as string,
    remedy: expect.stringContaining('1.3.9') as string,
  });
});

it('says nothing of a Rekor that cannot be read: preflight does', async () => {
  const checks = await examinedAt(() => ({ status: 503, body: '' }));
  expect(checks.map(({ code }) => code)).toEqual(['OPERATIONS_ON']);
});
