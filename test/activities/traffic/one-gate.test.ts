import type { IncomingMessage } from 'node:http';
import { connectGate } from '../../../activities/traffic/one-gate';
import type { GateRefusal, GateState } from '../../../gate/messages';
import { answeringServer, type AnsweringServer } from '../answering-server';
import { refused } from '../refused';

const signal = new AbortController().signal;
const state: GateState = {
  process: 'p',
  informed: true,
  switching: 'no',
  leaseMs: 3_500,
  mode: 'hold',
  instances: ['http://127.0.0.1:3001'],
  attemptId: 'r/1',
  number: 7,
  writesInFlight: 2,
  streamsInFlight: 0,
  writesWaiting: 5,
  shards: null,
  unproven: [],
  bodyMemoryBytes: 0,
  spooledBytes: 0,
  hold: null,
  writes: { since: '2026-11-28T12:00:00.000Z', accepted: 3, failed: 1, callMs: null, calls: null },
};

let server: AnsweringServer;
let answer: { status: number; body: unknown };
let received: { request: IncomingMessage; body: string }[];

beforeEach(async () => {
  received = [];
  answer = { status: 200, body: state };
  server = await answeringServer((request, response, body) => {
    received.push({ request, body });
    response.statusCode = answer.status;
    response.end(JSON.stringify(answer.body));
  });
});

afterEach(async () => await server.close());

const gate = () => connectGate({ log: 'production', url: server.url, token: () => 'a-token' });

describe('the gate', () => {
  it('is given orders with the token, and answers with its state', async () => {
    const hold = { attemptId: 'r/1', number: 7, leaseMs: 1000 };
    await expect(gate().hold(hold, signal)).resolves.toEqual(state);
    const release = { attemptId: 'r/1', number: 7, instances: ['http://127.0.0.1:3002'] };
    await gate().send(release, signal);
    await gate().state(signal);
    expect(received.map(({ request }) => `${request.method} ${request.url}`)).toEqual([
      'PUT /order/hold',
      'PUT /order/send',
      'GET /state',
    ]);
    expect(JSON.parse(received[0]?.body ?? '')).toEqual(hold);
    expect(JSON.parse(received[1]?.body ?? '')).toEqual(release);
    expect(received.map(({ request }) => request.headers.authorization)).toEqual(
      Array(3).fill('Bearer a-token'),
    );
  });

  it.each([401, 403])('that answers %i refuses the token, which is not shown (H28)', async (status) => {
    answer = { status, body: { code: 'UNAUTHORIZED', message: 'no' } satisfies GateRefusal };
    expect(await refused('GATE_TOKEN_REFUSED', gate().state(signal))).not.toContain('a-token');
  });

  it('that follows a later order refuses this one (H22)', async () => {
    answer = {
      status: 409,
      body: { code: 'ORDER_TOO_LOW', message: 'too low', state } satisfies GateRefusal,
    };
    const message = await refused(
      'GATE_ORDER_REFUSED',
      gate().send({ attemptId: 'r/1', number: 6, instances: ['http://127.0.0.1:3001'] }, signal),
    );
    expect(message).toMatch(/order 6: it follows order 7 \(hold\)/);
  });

  it('is not taken for one when it answers with something else', async () => {
    answer = { status: 200, body: { mode: 'open' } };
    expect(await refused('GATE_UNREACHABLE', gate().state(signal))).toContain('mode');
    answer = {
      status: 400,
      body: { code: 'ORDER_INVALID', message: 'leaseMs is missing' } satisfies GateRefusal,
    };
    const order = { attemptId: 'r/1', number: 6, leaseMs: 1 };
    expect(await refused('GATE_UNREACHABLE', gate().hold(order, signal))).toContain('400 (ORDER_INVALID)');
  });

  it('gets no order whose time is over (H8)', async () => {
    const reason = new Error('over budget');
    const order = { attemptId: 'r/1', number: 6, leaseMs: 1 };
    await expect(gate().hold(order, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(received).toEqual([]);
  });

  it('that is not there is named with its address', async () => {
    const client = gate();
    await server.close();
    const message = await refused('GATE_UNREACHABLE', client.state(signal));
    expect(message).toMatch(/production at http:\/\/127.*ECONNREFUSED/);
  });
});
