import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { refusal } from '../workflows/model/refusals';
import { adminServer } from './admin';
import { ByteBudget } from './byte-budget';
import { systemClock, type Clock } from './clock';
import { newConnection } from './connection';
import { Hold } from './hold';
import { Lines } from './lines';
import { GateMetrics } from './metrics';
import { instanceUrls } from './messages';
import { OrderDesk } from './order-desk';
import { publicServer } from './proxy';
import { GateStartError } from './start-error';
import { loadState, saveState, type SavedState } from './state-file';
import { stopServing } from './stopping';
import { connector, Upstream, type Authorities } from './upstream';
import { Upstreams } from './upstreams';
import { WriteCounts } from './write-counts';
import { WriteCourse } from './write-course';
import { Writes } from './writes';

export interface Listen {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface GateOptions {
  /** Where clients come. */
  readonly public: Listen;
  /** Where orders come; never an address that clients can reach. */
  readonly admin: Listen;
  /** Reads what orders must bear, for each of them anew, so that a changed token is taken up. Throws what is wrong. */
  readonly token: () => string;
  /** Who may sign for an instance with https; read for each connection. Throws what is wrong. */
  readonly authorities?: Authorities;
  readonly stateFile: string;
  /** Where bodies over `bodyInMemoryBytes` are kept while they wait; made when missing. */
  readonly spoolDirectory: string;
  /** Where to send when there is no state file yet, each as `http://HOST:PORT`. Without effect when there is one. */
  readonly firstInstances?: readonly string[];
  /** The longest wait of a write. Default 3.5 s: the tightest client gives up after 5 s. */
  readonly maxWaitMs?: number;
  /** Default 1 MiB. */
  readonly bodyInMemoryBytes?: number;
  /** For all bodies together that wait or come in, as far as they are in memory. Default 64 MiB. */
  readonly bodyMemoryBytes?: number;
  /** The same for those in `spoolDirectory`. Default 1 GiB. */
  readonly spoolSizeBytes?: number;
  /** Default 32 MiB; larger bodies stream and are never sent again (H14). */
  readonly bodyLimitBytes?: number;
  /** How long `close` waits for requests that are under way. Default 10 s. */
  readonly stopWithinMs?: number;
  /** How long `close` leaves a quiet connection open, for a request that is on its way. Default 500 ms. */
  readonly stopQuietMs?: number;
  readonly logger: Logger;
  readonly clock?: Clock;
}

export interface RunningGate {
  readonly publicUrl: string;
  readonly adminUrl: string;
  /** Takes no new connection, ends each one with its next answer, and breaks what is open after `stopWithinMs`. */
  close(): Promise<void>;
}

const DEFAULTS = {
  maxWaitMs: 3_500,
  bodyInMemoryBytes: 1024 * 1024,
  bodyMemoryBytes: 64 * 1024 * 1024,
  spoolSizeBytes: 1024 * 1024 * 1024,
  bodyLimitBytes: 32 * 1024 * 1024,
  stopWithinMs: 10_000,
  stopQuietMs: 500,
  authorities: () => undefined,
};

/**
 * Starts one log's write gate. Throws GateStartError when it cannot know where to send: no state file and no
 * `firstInstances`, or a state file that it does not understand; or when it cannot listen. The public port opens last.
 */
export async function startGate(options: GateOptions): Promise<RunningGate> {
  const settings = { ...DEFAULTS, clock: systemClock, ...options };
  const log = options.logger;
  options.token();
  const saved = (await loadState(options.stateFile)) ?? (await firstState(options));
  await mkdir(options.spoolDirectory, { recursive: true, mode: 0o700 });

  const { clock, maxWaitMs, authorities } = settings;
  if (saved.instances.some((url) => new URL(url).protocol === 'https:')) authorities();
  // Nobody waits in a hold that a restart has interrupted, and its lease is gone: it heals (H15).
  const mode = saved.mode === 'hold' ? 'healing' : 'pass';
  const counts = new WriteCounts();
  const { instances, hold: figures } = saved;
  const hold = new Hold({ clock, maxWaitMs, instances, mode, figures, counts });
  const connect = connector(authorities);
  const upstreams = new Upstreams({ open: (url) => new Upstream(url, connect), clock });
  const lines = new Lines({
    ...{ upstreams, instances, shards: saved.shards, clock, log },
    connect: (url, load) => newConnection(url, load, connect),
  });
  const limits = {
    inMemoryBytes: settings.bodyInMemoryBytes,
    memory: new ByteBudget(settings.bodyMemoryBytes),
    disk: new ByteBudget(settings.spoolSizeBytes),
    limitBytes: settings.bodyLimitBytes,
    spoolDirectory: options.spoolDirectory,
  };
  const file = options.stateFile;
  const desk = new OrderDesk({ hold, lines, bodies: limits, counts, file, clock, log, saved });
  const metrics = new GateMetrics({ counts, clock, state: () => desk.state() });
  const { server, connections } = publicServer({
    hold,
    upstreams,
    writes: new Writes({
      course: new WriteCourse({ hold, lines, clock, counts, log }),
      ...{ limits, clock, counts, log },
    }),
    ...{ metrics, log },
  });
  const admin = adminServer({ desk, metrics, token: options.token, log });

  const adminUrl = await opened('admin', options.admin, () => admin.listen(options.admin));
  try {
    await opened('listen', options.public, () => listening(server, options.public));
  } catch (error) {
    await admin.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const { host } = options.public;
  const publicUrl = `http://${addressOf({ host, port })}`;
  log.info({ publicUrl, adminUrl, mode, instances, number: saved.number }, 'gate open');

  return {
    publicUrl,
    adminUrl,
    close: async () => {
      await stopServing(server, connections, hold, {
        withinMs: settings.stopWithinMs,
        quietMs: settings.stopQuietMs,
      });
      await admin.close();
      hold.stop();
      await desk.leave(true);
      lines.destroy();
      await upstreams.destroy();
      log.info('gate closed');
    },
  };
}

/** The state of a gate that has never run. */
async function firstState(options: GateOptions): Promise<SavedState> {
  const { firstInstances: given, stateFile: file } = options;
  const instances = instanceUrls.safeParse(given);
  if (!instances.success) {
    throw new GateStartError(refusal('GATE_INSTANCES_MISSING', { file, given: given?.join(', ') }));
  }
  const state: SavedState = {
    ...{ mode: 'pass', instances: instances.data, attemptId: null, number: 0 },
    ...{ shards: null, hold: null },
  };
  await saveState(file, state);
  return state;
}

/** An address that cannot be listened on keeps the gate from starting, in the words of the configuration. */
async function opened<Result>(
  field: 'listen' | 'admin',
  listen: Listen,
  open: () => Promise<Result>,
): Promise<Result> {
  try {
    return await open();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const found = refusal('GATE_ADDRESS_UNUSABLE', { field, address: addressOf(listen), reason });
    throw new GateStartError(found, { cause: error });
  }
}

/** `HOST:PORT`; an IPv6 host in brackets. */
function addressOf({ host, port }: Listen): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function listening(server: Server, { host, port }: Listen): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
