import { ask, Started } from './support';

const started = new Started();
afterEach(() => started.end());

describe('the admin interface', () => {
  it('is not on the public port', async () => {
    const rekor = await started.rekor((seen, response) => void response.end(`rekor ${seen.path}`));
    const { url } = await started.gate({ firstUpstream: rekor.url });
    expect((await ask(url, { path: '/state' })).body).toBe('rekor /state');
  });

  it.each([undefined, 'Bearer', 'Bearer wrong', 'a token of the test'])(
    'refuses the authorization %j',
    async (authorization) => {
      const rekor = await started.rekor();
      const { gate } = await started.gate({ firstUpstream: rekor.url });
      const headers: Record<string, string> =
        authorization === undefined ? {} : { Authorization: authorization };
      for (const [method, path] of [
        ['GET', '/state'],
        ['PUT', '/order/hold'],
        ['GET', '/nothing'],
      ] as const) {
        const reply = await ask(gate.adminUrl, { method, path, headers });
        expect([reply.status, JSON.parse(reply.body)]).toMatchObject([401, { code: 'UNAUTHORIZED' }]);
      }
    },
  );

  it('tells its health to anybody', async () => {
    const rekor = await started.rekor();
    const { gate } = await started.gate({ firstUpstream: rekor.url });
    expect((await ask(gate.adminUrl, { path: '/healthz' })).status).toBe(200);
  });

  it.each([
    ['hold', { rotation: 'r/1', number: 1 }, 'leaseMs'],
    ['hold', { rotation: 'r/1', number: 1.5, leaseMs: 10 }, 'number'],
    ['hold', { rotation: 'r/1', number: 1, leaseMs: 0 }, 'leaseMs'],
    ['hold', { rotation: '', number: 1, leaseMs: 10 }, 'rotation'],
    ['hold', { rotation: 'r/1', number: 1, leaseMs: 10, lease: 3 }, '"lease"'],
    ['release', { rotation: 'r/1', number: 1 }, 'upstream'],
    ['release', { rotation: 'r/1', number: 1, upstream: 'http://a:1/' }, 'upstream'],
    ['release', { rotation: 'r/1', number: 1, upstream: 'ftp://a:1' }, 'upstream'],
    ['release', 'text', 'order'],
  ] as const)('refuses %s %j and names %s', async (kind, order, field) => {
    const rekor = await started.rekor();
    const gate = await started.gate({ firstUpstream: rekor.url });
    const { status, refusal } = await gate.order(kind, order);
    expect([status, refusal.code]).toEqual([400, 'ORDER_INVALID']);
    expect(refusal.message).toContain(field);
    expect(await gate.state()).toMatchObject({ mode: 'pass', number: 0 });
  });

  it('says in a refusal how the gate stands', async () => {
    const rekor = await started.rekor();
    const gate = await started.gate({ firstUpstream: rekor.url });
    await gate.hold(5);
    await gate.release(5, rekor.url);
    const { status, refusal } = await gate.order('hold', { rotation: 'r5/1', number: 5, leaseMs: 10 });
    expect([status, refusal.code]).toEqual([409, 'ORDER_ENDED']);
    expect(refusal.state).toMatchObject({ mode: 'pass', number: 5, upstream: rekor.url });
  });
});
