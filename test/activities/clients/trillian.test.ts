import { resolve } from 'node:path';
import {
  type Deadline,
  loadPackageDefinition,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { CallOutcomeUnknown, CallTooLate } from '../../../activities/clients/call-bounds';
import { connectTrillian, type TrillianClient, TrillianError } from '../../../activities/clients/trillian';
import { refused, rejected } from '../refused';

const TREE = '6826284441047790130';

type Answer = (request: { treeId?: string }, reply: sendUnaryData<unknown>, deadline: Deadline) => void;

/** What the faulty Trillian does with a method; what is not named is not implemented. */
let answers: Record<string, Answer>;
let received: string[];
let server: Server;
let address: string;
let trillian: TrillianClient;
const signal = new AbortController().signal;

const tree = (state: string) => ({ treeId: TREE, treeState: state, treeType: 'LOG', description: 'a mark' });

beforeEach(async () => {
  answers = {};
  received = [];
  const definition = loadPackageDefinition(
    loadSync(resolve(__dirname, '../../../proto/trillian.proto'), {
      longs: String,
      enums: String,
      defaults: true,
    }),
  ).trillian as unknown as Record<'TrillianAdmin' | 'TrillianLog', ServiceClientConstructor>;
  server = new Server();
  for (const { service } of [definition.TrillianAdmin, definition.TrillianLog]) {
    const handlers: UntypedServiceImplementation = {};
    for (const name of Object.keys(service)) {
      handlers[name] = (
        call: ServerUnaryCall<{ treeId?: string }, unknown>,
        reply: sendUnaryData<unknown>,
      ) => {
        received.push(name);
        const answer = answers[name];
        if (answer) answer(call.request, reply, call.getDeadline());
        else reply({ code: status.UNIMPLEMENTED, details: name });
      };
    }
    server.addService(service, handlers);
  }
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  address = `127.0.0.1:${port}`;
  trillian = connectTrillian({ log: 'production', address });
});

afterEach(() => {
  trillian.close();
  server.forceShutdown();
});

/** The connection is there: what follows waits for an answer alone. */
async function connected(): Promise<void> {
  answers.GetTree = (_, reply) => reply(null, tree('ACTIVE'));
  await trillian.getTree(TREE, { signal });
}

describe('a changing call', () => {
  it('that gets no answer says until when it may still land (H8)', async () => {
    answers.UpdateTree = () => undefined;
    await connected();
    const before = Date.now();
    const error = await rejected(trillian.setState(TREE, 'FROZEN', { signal, timeoutMs: 150 }));
    expect(error).toBeInstanceOf(CallOutcomeUnknown);
    const { mayLandUntil } = error as CallOutcomeUnknown;
    expect(mayLandUntil).toBeGreaterThanOrEqual(before + 150);
    expect(mayLandUntil).toBeLessThanOrEqual(Date.now());
  });

  it('tells Trillian its deadline, so that Trillian gives it up as well (H8)', async () => {
    const sent = Date.now();
    const notAfter = sent + 60_000;
    let told = Infinity;
    let underWayMs = Infinity;
    answers.UpdateTree = (_, reply, deadline) => {
      told = Number(deadline);
      underWayMs = Date.now() - sent;
      reply(null, tree('DRAINING'));
    };
    answers.GetTree = (_, reply) => reply(null, tree('DRAINING'));
    await trillian.setState(TREE, 'DRAINING', { signal, notAfter, timeoutMs: 120_000 });
    // What is told is the time that is left, so the way there comes on top of it; a millisecond or two is rounding.
    expect(told).toBeGreaterThanOrEqual(notAfter - 5);
    expect(told).toBeLessThanOrEqual(notAfter + underWayMs + 5);
  });

  it('is not sent once the wall clock says its attempt is over, though no timer has fired (H8)', async () => {
    answers.UpdateTree = (_, reply) => reply(null, tree('FROZEN'));
    answers.GetTree = (_, reply) => reply(null, tree('FROZEN'));
    await trillian.getTree(TREE, { signal });
    const error = await rejected(trillian.setState(TREE, 'FROZEN', { signal, notAfter: Date.now() - 1 }));
    expect(error).toBeInstanceOf(CallTooLate);
    expect(received).toEqual(['GetTree']);
  });

  it('is not sent when the time ran out while it waited for a connection (H8)', async () => {
    answers.UpdateTree = (_, reply) => reply(null, tree('FROZEN'));
    const notAfter = Date.now() + 30;
    const sent = rejected(trillian.setState(TREE, 'FROZEN', { signal, notAfter }));
    // The process is stopped while the connection is made, as by SIGSTOP: no timer fires in time.
    while (Date.now() <= notAfter + 20);
    await sent;
    expect(received).toEqual([]);
  });

  it('is never sent twice, whatever happens to its connection (H8)', async () => {
    answers.CreateTree = (_, reply) => reply({ code: status.UNAVAILABLE, details: 'going away' });
    const error = await rejected(
      trillian.createTree({ displayName: 'next', description: 'mark', maxRootDurationMs: 0 }, { signal }),
    );
    expect(error).toBeInstanceOf(CallOutcomeUnknown);
    expect(received).toEqual(['CreateTree']);
  });

  it('that was aborted after it was sent is of unknown outcome, before it was sent is not', async () => {
    answers.QueueLeaf = () => setTimeout(() => stop.abort(new Error('cancelled')), 20);
    const stop = new AbortController();
    const leaf = { value: Buffer.from('leaf'), identityHash: Buffer.alloc(32) };
    const first = await rejected(trillian.queueLeaf(TREE, leaf, { signal: stop.signal }));
    expect(first).toBeInstanceOf(CallOutcomeUnknown);
    const second = await rejected(trillian.queueLeaf(TREE, leaf, { signal: stop.signal }));
    expect(second).toEqual(new Error('cancelled'));
    expect(received).toEqual(['QueueLeaf']);
  });

  it('without a connection has done nothing and says so', async () => {
    server.forceShutdown();
    const message = await refused('TRILLIAN_UNREACHABLE', trillian.initLog(TREE, { signal, timeoutMs: 200 }));
    expect(message).toContain(address);
  });
});

describe('a read', () => {
  it('is repeated when its connection breaks', async () => {
    let tries = 0;
    answers.GetTree = (_, reply) =>
      ++tries < 3 ? reply({ code: status.UNAVAILABLE, details: 'going away' }) : reply(null, tree('ACTIVE'));
    await expect(trillian.getTree(TREE, { signal })).resolves.toMatchObject({
      treeId: TREE,
      state: 'ACTIVE',
    });
    expect(received).toHaveLength(3);
  });

  it('of a Trillian that is not there says what was tried and why it failed', async () => {
    server.forceShutdown();
    const message = await refused('TRILLIAN_UNREACHABLE', trillian.listTrees({ signal }));
    expect(message).toMatch(/production at 127\.0\.0\.1:\d+ .*ECONNREFUSED/);
  });

  it('that is not answered in time is unreachable', async () => {
    await connected();
    answers.GetTree = () => undefined;
    const message = await refused('TRILLIAN_UNREACHABLE', trillian.getTree(TREE, { signal, timeoutMs: 100 }));
    expect(message).toContain('no answer to GetTree within 100 ms');
  });

  it('ends with the reason of its signal', async () => {
    const reason = new Error('over budget');
    const stop = new AbortController();
    answers.GetTree = () => stop.abort(reason);
    const error = await rejected(trillian.getTree(TREE, { signal: stop.signal }));
    expect(error).toBe(reason);
  });
});

describe('a tree', () => {
  it('whose state was changed by someone else is found by reading it back (H8)', async () => {
    answers.UpdateTree = (_, reply) => reply(null, tree('DRAINING'));
    answers.GetTree = (_, reply) => reply(null, tree('ACTIVE'));
    const message = await refused('CHANGED_BY_SOMEONE', trillian.setState(TREE, 'DRAINING', { signal }));
    expect(message).toContain('expected DRAINING, found ACTIVE');
  });

  it('keeps all digits of its id on the wire', async () => {
    let asked: string | undefined;
    answers.GetTree = (request, reply) => {
      asked = request.treeId;
      reply(null, tree('ACTIVE'));
    };
    await trillian.getTree(TREE, { signal });
    expect(asked).toBe(TREE);
  });

  it('is not made with a name or mark that the database would refuse', async () => {
    const error = await rejected(
      trillian.createTree(
        { displayName: 'x', description: 'é'.repeat(201), maxRootDurationMs: 0 },
        { signal },
      ),
    );
    expect(error).toBeInstanceOf(RangeError);
    expect(received).toEqual([]);
  });

  it.each([
    ['a change', () => trillian.initLog(TREE, { signal }), 'InitLog'],
    ['a read', () => trillian.treeHead(TREE, { signal }), 'GetLeavesByRange'],
  ])('%s that a quota refuses is told as that, and may be repeated at once', async (_, act, method) => {
    const details = 'quota exhausted: too many unsequenced rows';
    answers[method] = (_request, reply) => reply({ code: status.RESOURCE_EXHAUSTED, details });
    const message = await refused('TRILLIAN_QUOTA', act());
    expect(message).toContain(`refuses ${method}: ${details}`);
    expect(received).toEqual([method]);
  });

  it('without a root is not asked for it in a way that costs Trillian a connection (H7)', async () => {
    answers.GetLeavesByRange = (_, reply) =>
      reply({ code: status.FAILED_PRECONDITION, details: 'tree needs initialising' });
    await refused('TREE_UNINITIALISED', trillian.treeHead(TREE, { signal }));
    await refused('TREE_UNINITIALISED', trillian.leavesByRange(TREE, 0, 1, { signal }));
    expect(new Set(received)).toEqual(new Set(['GetLeavesByRange']));
  });

  it('that cannot be read for another reason is not taken for one without a root', async () => {
    answers.GetLeavesByRange = (_, reply) =>
      reply({ code: status.FAILED_PRECONDITION, details: 'not in this state' });
    expect(await rejected(trillian.treeHead(TREE, { signal }))).toBeInstanceOf(TrillianError);
  });

  it('that Trillian does not initialise says what Trillian said', async () => {
    answers.InitLog = (_, reply) => reply({ code: status.FAILED_PRECONDITION, details: 'not now' });
    const error = await rejected(trillian.initLog(TREE, { signal }));
    expect(error).toBeInstanceOf(TrillianError);
    expect((error as TrillianError).message).toBe(
      'Trillian answered InitLog with FAILED_PRECONDITION: not now',
    );
  });
});
