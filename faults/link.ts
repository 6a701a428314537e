import { randomInt } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { isFree } from '../lab/ports';

/** A TCP connection between two parts that can be broken, as a cable can. */
export interface Link {
  readonly port: number;
  /** Nothing gets through and nobody is told: what is sent waits, and connections are taken that lead nowhere. */
  silence(): void;
  /** Connections are reset, with what was waiting in them, and new ones refused. */
  refuse(): Promise<void>;
  /** New connections get through, and those that were silenced go on. */
  heal(): Promise<void>;
  end(): Promise<void>;
}

interface Pair {
  readonly caller: Socket;
  /** Null while the connection leads nowhere. */
  called: Socket | null;
}

/** Listens on a port of 127.0.0.1 and passes every connection on to another one. */
export async function startLink(to: number): Promise<Link> {
  const pairs = new Set<Pair>();
  let silent = false;

  const join = (pair: Pair): void => {
    const called = connect({ port: to, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    pair.called = called;
    called.on('error', () => pair.caller.resetAndDestroy());
    called.on('close', () => pair.caller.destroySoon());
    pipe(pair);
  };
  const take = (caller: Socket): void => {
    const pair: Pair = { caller, called: null };
    pairs.add(pair);
    caller.setNoDelay(true);
    caller.on('error', () => pair.called?.resetAndDestroy());
    caller.on('close', () => {
      pairs.delete(pair);
      pair.called?.destroySoon();
    });
    if (!silent) {
      join(pair);
    }
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, take);
  const port = await listenBelowEphemeral(server);
  const reset = (): void => {
    for (const { caller, called } of pairs) {
      caller.resetAndDestroy();
      called?.resetAndDestroy();
    }
    pairs.clear();
  };
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    reset();
    await closed;
  };
  return {
    port,
    silence: () => {
      silent = true;
      pairs.forEach(unpipe);
    },
    refuse: close,
    heal: async () => {
      silent = false;
      for (const pair of pairs) {
        if (pair.called) {
          pipe(pair);
        } else {
          join(pair);
        }
      }
      if (!server.listening) {
        await listen(server, port);
      }
    },
    end: async () => {
      if (server.listening) {
        await close();
      }
    },
  };
}

function pipe({ caller, called }: Pair): void {
  if (called) {
    caller.pipe(called);
    called.pipe(caller);
  }
}

function unpipe({ caller, called }: Pair): void {
  caller.unpipe();
  caller.pause();
  called?.unpipe();
  called?.pause();
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * Below the ports of outgoing connections and beside the lab's own: nobody may take the port while it refuses, and a
 * caller whose own port it happened to be would be connected with itself.
 */
async function listenBelowEphemeral(server: Server): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 20_000);
    if (await isFree(port)) {
      await listen(server, port);
      return port;
    }
  }
}
