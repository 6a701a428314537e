import { createHash, timingSafeEqual } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import type { ZodType } from 'zod';
import {
  beginOrder,
  holdOrder,
  nextNotice,
  problems,
  sendOrder,
  shardsNotice,
  type GateRefusal,
  type GateState,
} from './messages';
import type { GateMetrics } from './metrics';
import type { OrderDesk } from './order-desk';
import type { Ruling } from './orders';
import type { AskedReadiness, Readiness } from './readiness';

const STATUS: Record<GateRefusal['code'], number> = {
  UNAUTHORIZED: 401,
  TOKEN_UNREADABLE: 500,
  NOT_FOUND: 404,
  ORDER_INVALID: 400,
  ORDER_TOO_LOW: 409,
  ORDER_ENDED: 409,
  NOTICE_OUTDATED: 409,
  STATE_NOT_SAVED: 500,
};

/** For anybody: the token is the power to give orders, which nobody needs who only looks. */
const FOR_ANYBODY = ['/healthz', '/readyz', '/metrics'];

/** Has Fastify load what its first server needs: 0.1 s, for which clients would wait when one that stands by goes on. */
export async function prepareAdmin(): Promise<void> {
  await fastify({ logger: false }).close();
}

/** The admin interface: `GET` of `/healthz`, `/readyz` and `/metrics` for anybody, the rest for the bearer of the token. */
export function adminServer(parts: {
  desk: OrderDesk;
  readiness: Readiness;
  metrics: GateMetrics;
  token: () => string;
  log: Logger;
}): FastifyInstance {
  const { desk, readiness, metrics, log } = parts;
  const server = fastify({ logger: false, bodyLimit: 1024 * 1024, forceCloseConnections: true });

  server.addHook('onRequest', async (request, reply) => {
    if (FOR_ANYBODY.includes(request.routeOptions.url ?? '')) return;
    let token: string;
    try {
      token = parts.token();
    } catch (error) {
      log.error({ err: error }, 'the token cannot be read: nobody is obeyed');
      await refuse(reply, 'TOKEN_UNREADABLE', 'the gate cannot read its token; its log says why');
      return;
    }
    if (!bears(request.headers.authorization, token)) {
      await refuse(
        reply,
        'UNAUTHORIZED',
        'this needs the header "Authorization: Bearer TOKEN" with the token of the gate',
      );
    }
  });
  server.setErrorHandler(async (error: Error, _request, reply) => {
    await refuse(reply, 'ORDER_INVALID', error.message);
  });
  server.setNotFoundHandler(async (request, reply) => {
    await refuse(reply, 'NOT_FOUND', `there is no ${request.method} ${request.url} here`);
  });

  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', async (request, reply) => {
    const { status, reason } = await readiness.told(request.query as AskedReadiness);
    if (status === 400) return refuse(reply, 'ORDER_INVALID', reason ?? '');
    return reply.status(status).send(reason === null ? { status: 'ready' } : { status: 'not ready', reason });
  });
  server.get('/metrics', async (_request, reply) => {
    return reply.type(metrics.contentType).send(await metrics.page());
  });
  server.get('/state', (request): GateState => {
    const { peer } = request.query as { readonly peer?: unknown };
    return typeof peer === 'string' ? desk.tellPeer(peer) : desk.state();
  });

  takes('/order/hold', holdOrder, (order) => desk.take({ kind: 'hold', order }));
  takes('/order/begin', beginOrder, (order) => desk.take({ kind: 'begin', order }));
  takes('/order/switch', sendOrder, (order) => desk.take({ kind: 'switch', order }));
  takes('/order/send', sendOrder, (order) => desk.take({ kind: 'send', order }));
  takes('/shards', shardsNotice, (notice) => desk.hear(notice));
  takes('/next', nextNotice, (notice) => desk.hearOfNext(notice));

  function takes<Body>(path: string, schema: ZodType<Body>, take: (body: Body) => Promise<Ruling>): void {
    server.put(path, async (request, reply) => {
      const body = schema.safeParse(request.body);
      if (!body.success) return refuse(reply, 'ORDER_INVALID', problems(body.error));
      return follow(() => take(body.data), reply);
    });
  }

  async function follow(take: () => Promise<Ruling>, reply: FastifyReply): Promise<FastifyReply> {
    try {
      const ruling = await take();
      if (ruling.accepted) return await reply.send(desk.state());
      return await refuse(reply, ruling.code, ruling.message, desk.state());
    } catch (error) {
      log.error({ err: error }, 'an order could not be saved');
      return refuse(
        reply,
        'STATE_NOT_SAVED',
        `the order was not obeyed: ${(error as Error).message}`,
        desk.state(),
      );
    }
  }

  return server;
}

function refuse(
  reply: FastifyReply,
  code: GateRefusal['code'],
  message: string,
  state?: GateState,
): FastifyReply {
  const body: GateRefusal = { code, message, ...(state && { state }) };
  return reply.status(STATUS[code]).send(body);
}

/** Compared as digests of one length, in a time that tells nothing about the token. */
function bears(authorization: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`));
}
