import type { HttpAnswer, HttpMessage, HttpTransport } from '../../activities/clients/http';
import type { BeginOrder, HoldOrder, NextNotice, SendOrder, ShardsNotice } from '../../gate/messages';
import { GateUninformed, type SimulatedGate } from './gate';
import { bodyOf } from './http-answers';
import type { Network, RemoteCall } from './network';
import { onlyKey } from './only-key';
import { RekorGone, type RekorProcess } from './rekor';
import { type SimulatedTrillian, TrillianSaysNo } from './trillian';

/** Where clients of the log come: through the gate. */
export const PUBLIC_URL = 'http://gate:3000';
/** Of as many gates as a log can have. */
export const GATE_ADMIN_URLS: readonly string[] = ['http://gate:3001', 'http://gate-2:3001'];
export const LOG_SERVER_METRICS = 'http://log-server/metrics';
export const SIGNER_METRICS = 'http://signer/metrics';

interface Served {
  readonly status: number;
  readonly text: string;
}

interface Server {
  readonly system: RemoteCall['system'];
  readonly serve: (message: HttpMessage) => Served | Promise<Served>;
}

interface Parts {
  readonly network: Network;
  readonly trillian: SimulatedTrillian;
  /** Each at its own admin address. */
  readonly gates: readonly SimulatedGate[];
  /** The Rekor that answers at an address now, also at the public one. */
  readonly rekorAt: (url: string) => RekorProcess | undefined | Promise<RekorProcess>;
}

/** Carries the requests of the real clients over the simulated network to whatever answers there. */
export function httpTransport(parts: Parts): HttpTransport {
  const servers: Readonly<Record<string, Server>> = {
    [new URL(LOG_SERVER_METRICS).origin]: page(() => logServerMetrics(parts.trillian)),
    [new URL(SIGNER_METRICS).origin]: page(() => signerMetrics(parts.trillian)),
    ...Object.fromEntries(
      parts.gates.map((gate, position): [string, Server] => [
        GATE_ADMIN_URLS[position] ?? '',
        { system: 'gate', serve: (message) => gateAdmin(gate, message) },
      ]),
    ),
  };
  return async (message, read) => {
    const { url, method, signal } = message;
    const { system, serve } = servers[url.origin] ?? {
      system: 'rekor',
      serve: (request) => rekorApi(() => parts.rekorAt(url.origin), request),
    };
    const name = url.pathname.split('/').at(-1) ?? '';
    const call = { system, to: url.origin, method: name, changes: method === 'PUT', signal } as const;
    const { status, text } = await parts.network.send(call, () => serve(message));
    // All processes have one clock.
    const answer: HttpAnswer = { status, headers: { date: new Date().toUTCString() }, body: bodyOf(text) };
    return await read(answer);
  };
}

function page(text: () => string): Server {
  return { system: 'metrics', serve: () => ({ status: 200, text: text() }) };
}

function json(status: number, body: unknown): Served {
  return { status, text: JSON.stringify(body) };
}

/** `GET /metrics` of the log server: calls that began, and calls that ended. */
function logServerMetrics(trillian: SimulatedTrillian): string {
  const queueLeaf = 'method="/trillian.TrillianLog/QueueLeaf"';
  return [
    'proof_index_percentiles_count 0',
    `log_rpc_requests{${queueLeaf}} ${trillian.queueLeafEnded + trillian.queueLeafInFlight()}`,
    `log_rpc_success{${queueLeaf}} ${trillian.queueLeafEnded}`,
    `log_rpc_requests{method="/trillian.TrillianAdmin/GetTree"} ${trillian.getTreeCalls}`,
  ].join('\n');
}

/** `GET /metrics` of the signer: what it did for each tree. */
function signerMetrics(trillian: SimulatedTrillian): string {
  return [...trillian.trees.values()]
    .flatMap((tree) => {
      const { runs, added } = trillian.passes(tree);
      const label = `logid="${tree.treeId}"`;
      return [`known_logs{${label}} 1`, `signing_runs{${label}} ${runs}`, `entries_added{${label}} ${added}`];
    })
    .join('\n');
}

/** Orders to a gate and notices, as gate/admin.ts takes them. */
async function gateAdmin(gate: SimulatedGate, { url, body = '' }: HttpMessage): Promise<Served> {
  if (url.pathname === '/state') {
    return json(200, await gate.ask());
  }
  const told: unknown = JSON.parse(body);
  const paths: Readonly<Record<string, () => ReturnType<SimulatedGate['hear']>>> = {
    '/order/hold': () => gate.order({ kind: 'hold', order: told as HoldOrder }),
    '/order/begin': () => gate.order({ kind: 'begin', order: told as BeginOrder }),
    '/order/switch': () => gate.order({ kind: 'switch', order: told as SendOrder }),
    '/order/send': () => gate.order({ kind: 'send', order: told as SendOrder }),
    '/shards': () => gate.hear((desk) => desk.hear(told as ShardsNotice)),
    '/next': () => gate.hear((desk) => desk.hearOfNext(told as NextNotice)),
  };
  const taken = await paths[url.pathname]?.();
  if (!taken) {
    return json(404, { code: 'NOT_FOUND', message: url.pathname });
  }
  const { ruling, state } = taken;
  return ruling.accepted
    ? json(200, state)
    : json(409, { code: ruling.code, message: ruling.message, state });
}

/** What Rekor's API answers, as far as a rotation asks it. */
async function rekorApi(
  rekor: () => ReturnType<Parts['rekorAt']>,
  { url, method }: HttpMessage,
): Promise<Served> {
  try {
    const process = await rekor();
    if (!process) {
      throw new RekorGone(url.origin);
    }
    const { activeTreeId, active, inactive } = process.log();
    if (method === 'POST') {
      return json(400, { code: 400, message: 'the proposed entry is wrong' });
    }
    if (url.pathname === '/api/v1/log') {
      return json(200, {
        ...{ treeID: activeTreeId, treeSize: active.size, rootHash: active.rootHash },
        inactiveShards: inactive.map(({ treeId, liveLength, loadedLength }) => ({
          ...{ treeID: treeId, treeSize: liveLength, signedTreeHead: `rekor - ${treeId}\n${loadedLength}\n` },
        })),
      });
    }
    if (url.pathname === '/api/v1/log/publicKey') {
      return { status: 200, text: onlyKey };
    }
    const entry = process.entryAt(Number(url.searchParams.get('logIndex')));
    if (!entry) {
      return json(404, { code: 404, message: 'entry not found' });
    }
    const { entryId, logIndex, leafIndex } = entry;
    return json(200, { [entryId]: { logIndex, verification: { inclusionProof: { logIndex: leafIndex } } } });
  } catch (error) {
    if (error instanceof TrillianSaysNo) {
      return json(500, { code: 500, message: error.message });
    }
    if (error instanceof GateUninformed) {
      return json(503, { code: 503, message: error.message });
    }
    throw error;
  }
}
