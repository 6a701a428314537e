import { ask, useStarted } from './support';

const started = useStarted();

describe('the admin interface', () => {
  it('is not on the public port', async () => {
    const rekor = await started.rekor((seen, response) => void response.end(`rekor ${seen.path}`));
    const { url } = await started.gate({ firstInstances: [rekor.url] });
    expect((await ask(url, { path: '/state' })).body).toBe('rekor /state');
  });

  it.each([undefined, 'Bearer', 'Bearer wrong', 'a token of the test'])(
    'refuses the authorization %j',
    async (authorization) => {
      const rekor = await started.rekor();
      const { gate } = await started.gate({ firstInstances: [rekor.url] });
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
    const { gate } = await started.gate({ firstInstances: [rekor.url] });
    expect((await ask(gate.adminUrl, { path: '/healthz' })).status).toBe(200);
  });

  it.each([
    ['hold', { attemptId: 'r/1', number: 1 }, 'leaseMs'],
    ['hold', { attemptId: 'r/1', number: 1.5, leaseMs: 10 }, 'number'],
    // No rotation counts so far, and no order could follow one of these.
    ['hold', { attemptId: 'r/1', number: 1_000_000_001, leaseMs: 10 }, 'number'],
    ['send', { attemptId: 'r/1', number: 1e15, instances: ['http://a:1'] }, 'number'],
    ['hold', { attemptId: 'r/1', number: 1, leaseMs: 0 }, 'leaseMs'],
    ['hold', { attemptId: '', number: 1, leaseMs: 10 }, 'attemptId'],
    ['hold', { attemptId: 'r/1', number: 1, leaseMs: 10, lease: 3 }, '"lease"'],
    ['send', { attemptId: 'r/1', number: 1 }, 'instances'],
    ['send', { attemptId: 'r/1', number: 1, instances: ['http://a:1/rekor'] }, 'instances'],
    ['send', { attemptId: 'r/1', number: 1, instances: ['ftp://a:1'] }, 'instances'],
    ['send', 'text', 'order'],
  ] as const)('refuses %s %j and names %s', async (kind, order, field) => {
    const { gate } = await started.both();
    const { status, refusal } = await gate.order(kind, order);
    expect([status, refusal.code]).toEqual([400, 'ORDER_INVALID']);
    expect(refusal.message).toContain(field);
    expect(await gate.state()).toMatchObject({ mode: 'pass', number: 0 });
  });

  it('sends to a Rekor by one spelling of its URL, however an order spells it', async () => {
    const gate = await started.gate({ firstInstances: ['HTTP://Rekor.internal:80/'] });
    expect((await gate.state()).instances).toEqual(['http://rekor.internal']);
    const shards = { activeTreeId: '12', inactive: [] };
    await gate.send(1, 'http://REKOR.internal:080', shards);
    expect(await gate.state()).toMatchObject({ instances: ['http://rekor.internal'], shards });
    const told = await gate.tell({ number: 1, instances: ['http://rekor.internal:80/'], shards: null });
    expect(told.shards).toBeNull();
  });

  it('takes up a token that was changed, and refuses the former one', async () => {
    const rekor = await started.rekor();
    let token = 'the first';
    const { gate } = await started.gate({ firstInstances: [rekor.url], token: () => token });
    const status = async (bearer: string): Promise<number> => {
      const headers = { Authorization: `Bearer ${bearer}` };
      return (await ask(gate.adminUrl, { path: '/state', headers })).status;
    };
    expect([await status('the first'), await status('the second')]).toEqual([200, 401]);
    token = 'the second';
    expect([await status('the first'), await status('the second')]).toEqual([401, 200]);
  });

  it('obeys nobody while its token cannot be read, says why, and goes on when it can', async () => {
    const rekor = await started.rekor();
    let readable = true;
    const token = (): string => {
      if (!readable) throw new Error('The secret gate.token cannot be read from file /x: it does not exist.');
      return 'the token';
    };
    const { gate } = await started.gate({ firstInstances: [rekor.url], token });
    const asked = { path: '/state', headers: { Authorization: 'Bearer the token' } };
    readable = false;
    const refused = await ask(gate.adminUrl, asked);
    expect(refused.status).toBe(500);
    expect(JSON.parse(refused.body)).toMatchObject({
      code: 'TOKEN_UNREADABLE',
      message: expect.not.stringContaining('/x') as string,
    });
    expect((await ask(gate.adminUrl, { path: '/healthz' })).status).toBe(200);
    readable = true;
    expect((await ask(gate.adminUrl, asked)).status).toBe(200);
  });

  it('does not start while its token cannot be read', async () => {
    const token = (): string => {
      throw new Error('no token');
    };
    await expect(started.gate({ firstInstances: ['http://127.0.0.1:9'], token })).rejects.toThrow('no token');
  });

  it('says in a refusal how the gate stands', async () => {
    const { rekor, gate } = await started.both();
    await gate.hold(5);
    await gate.send(5, rekor.url);
    const { status, refusal } = await gate.order('hold', { attemptId: 'r5/1', number: 5, leaseMs: 10 });
    expect([status, refusal.code]).toEqual([409, 'ORDER_ENDED']);
    expect(refusal.state).toMatchObject({ mode: 'pass', number: 5, instances: [rekor.url] });
  });
});
