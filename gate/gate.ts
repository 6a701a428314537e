import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { refusal } from '../workflows/model/refusals';
import { adminServer, prepareAdmin } from './admin';
import { ByteBudget } from './byte-budget';
import { systemClock, type Clock } from './clock';
import { newConnection } from './connection';
import { handOver } from './handing-over';
import { Hold } from './hold';
import { Inquiry } from './inquiry';
import { Lines } from './lines';
import { addressOf, listenAt, listenOn, opened, type Listen } from './listening';
import { GateMetrics } from './metrics';
import { instanceUrls } from './messages';
import { OrderDesk } from './order-desk';
import type { PassedSockets } from './passed-sockets';
import { askPeers } from './peers';
import { publicServer } from './proxy';
import { Readiness } from './readiness';
import type { ServingLock } from './serving-lock';
import { GateStartError } from './start-error';
import { loadState, readState, saveState, type SavedState } from './state-file';
import { stopServing } from './stopping';
import { Turns } from './turns';
import { connector, Upstream, type Authorities } from './upstream';
import { Upstreams } from './upstreams';
import { Waiting } from './waiting';
import { WriteCounts } from './write-counts';
import { WriteCourse } from './write-course';
import { Writes } from './writes';

export interface GateOptions {
  /** Where clients come. */
  readonly public: Listen;
  /** Where orders come; never an address that clients can reach. */
  readonly admin: Listen;
  /** The sockets that listen there already, and the right to serve them. Without, the gate listens there by itself. */
  readonly passed?: { readonly sockets: PassedSockets; readonly lock: ServingLock };
  /**
   * The admin interfaces of all gates of this log that clients reach side by side, this one's among them; base URLs. Absent: it is
   * the only one.
   */
  readonly members?: readonly string[];
  /** Ends the wait for the other gates, which is for ever if need be; startGate then rejects with its reason. */
  readonly signal?: AbortSignal;
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
  /** So many writes may wait at a time; the next ones get 503. Default 2,000: see docs/gate.md. */
  readonly maxWaiting?: number;
  /** The bodies of so many writes may come in at a time; the next ones get 503. Default 6,000. */
  readonly maxUploads?: number;
  /** Default 1 MiB. */
  readonly bodyInMemoryBytes?: number;
  /** For all bodies together: half for those that stay in memory, half for what is not on the disk yet. Default 64 MiB. */
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
  /**
   * Takes no new connection, ends each one with its next answer, and breaks what is open after `stopWithinMs`. On sockets that
   * were passed, a process that stands by goes on (handing-over.ts).
   */
  close(): Promise<void>;
}

const DEFAULTS = {
  maxWaitMs: 3_500,
  maxWaiting: 2_000,
  maxUploads: 6_000,
  bodyInMemoryBytes: 1024 * 1024,
  bodyMemoryBytes: 64 * 1024 * 1024,
  spoolSizeBytes: 1024 * 1024 * 1024,
  bodyLimitBytes: 32 * 1024 * 1024,
  stopWithinMs: 10_000,
  stopQuietMs: 500,
  authorities: () => undefined,
};

/** A few, because the threads of Node.js write four at a time. */
const TO_DISK_AT_A_TIME = 16;

/**
 * Starts one log's write gate. Throws GateStartError when it cannot know where to send: no state file and no
 * `firstInstances`, or a state file that it does not understand; or when it cannot listen. The public port opens last: one of
 * several gates first asks the others what it may have missed (conclusion.ts).
 */
export async function startGate(options: GateOptions): Promise<RunningGate> {
  const settings = { ...DEFAULTS, clock: systemClock, ...options };
  const log = options.logger;
  options.token();
  const saved = (await loadState(options.stateFile)) ?? (await saveFirst(options));
  await mkdir(options.spoolDirectory, { recursive: true, mode: 0o700 });

  const { clock, maxWaitMs, authorities } = settings;
  if (saved.instances.some((url) => new URL(url).protocol === 'https:')) authorities();
  // Nobody waits in a hold that a restart has interrupted, and its lease is gone: it heals (H15).
  const mode = saved.mode === 'hold' ? 'healing' : 'pass';
  const counts = new WriteCounts();
  const { instances, hold: figures } = saved;
  const { members, passed } = options;
  // Whoever handed over to this process has left no order that it was given unsaved, and those since then wait.
  const isInformed = !members || passed?.lock.wasInformed === true;
  const hold = new Hold({ clock, maxWaitMs, instances, mode, informed: isInformed, figures, counts });
  const connect = connector(authorities);
  const upstreams = new Upstreams({ open: (url) => new Upstream(url, connect), clock });
  const lines = new Lines({
    ...{ upstreams, instances, shards: saved.shards, clock, log },
    connect: (url, load) => newConnection(url, load, connect),
  });
  const waiting = new Waiting({ hold, lines, clock, most: settings.maxWaiting });
  const limits = {
    inMemoryBytes: settings.bodyInMemoryBytes,
    memory: new ByteBudget(settings.bodyMemoryBytes / 2),
    toWrite: new ByteBudget(settings.bodyMemoryBytes / 2),
    disk: new ByteBudget(settings.spoolSizeBytes),
    toDisk: new Turns(TO_DISK_AT_A_TIME),
    limitBytes: settings.bodyLimitBytes,
    spoolDirectory: options.spoolDirectory,
  };
  const file = options.stateFile;
  const process = randomUUID();
  const ask = { token: options.token, process };
  const inquiry = members
    ? new Inquiry({ ask: () => askPeers({ ...ask, urls: members }), process, clock, log })
    : null;
  const desk = new OrderDesk({
    ...{ hold, lines, waiting, bodies: limits, counts, inquiry, process, file, clock, log, saved },
  });
  const readiness = new Readiness({
    stateFault: () => desk.stateFault(),
    uninformed: () => (desk.informed ? null : (inquiry?.words ?? '')),
    clock,
  });
  const writes = new Writes({
    course: new WriteCourse({ hold, lines, waiting, clock, counts, log }),
    ...{ limits, maxUploads: settings.maxUploads, clock, counts, log },
  });
  const metrics = new GateMetrics({
    ...{ counts, waiting, readiness, clock },
    state: () => desk.state(),
    uploads: () => writes.uploads,
  });
  const { server, connections } = publicServer({ hold, upstreams, writes, readiness, metrics, log });
  const admin = adminServer({ desk, readiness, metrics, token: options.token, log });

  const sockets = passed?.sockets;
  const adminUrl = await opened('admin', options.admin, async () => {
    if (!sockets) return admin.listen(options.admin);
    await admin.ready();
    await listenOn(admin.server, sockets.admin);
    return `http://${addressOf(sockets.admin)}`;
  });
  try {
    await informed(desk, inquiry, options.signal);
    await opened('listen', options.public, () =>
      sockets ? listenOn(server, sockets.listen) : listenAt(server, options.public),
    );
  } catch (error) {
    await admin.close();
    lines.destroy();
    throw error;
  }
  readiness.begin();
  const { port } = server.address() as AddressInfo;
  const publicUrl = `http://${addressOf(sockets?.listen ?? { ...options.public, port })}`;
  log.info({ publicUrl, adminUrl, mode, instances, number: saved.number }, 'gate open');

  return {
    publicUrl,
    adminUrl,
    close: async () => {
      const limits = { withinMs: settings.stopWithinMs, quietMs: settings.stopQuietMs };
      if (passed) {
        const { lock } = passed;
        const closeAdmin = (): Promise<void> => admin.close();
        await handOver({ server, connections, hold, lines, desk, closeAdmin, lock, publicUrl, log }, limits);
      } else {
        readiness.end();
        await stopServing(server, connections, hold, limits);
        await admin.close();
        await desk.leave(true);
      }
      hold.stop();
      lines.destroy();
      await upstreams.destroy();
      log.info('gate closed');
    },
  };
}

/** Resolves when the gate may serve. */
async function informed(desk: OrderDesk, inquiry: Inquiry | null, signal?: AbortSignal): Promise<void> {
  signal?.addEventListener('abort', () => inquiry?.end(), { once: true });
  await desk.untilInformed();
  signal?.throwIfAborted();
}

/**
 * What can be done before a gate may serve. Throws GateStartError for what would keep it from starting, so that one that stands
 * by finds it while another one serves. Changes nothing.
 */
export async function prepareStart(options: GateOptions): Promise<void> {
  options.token();
  if (!(await readState(options.stateFile))) firstState(options);
  await prepareAdmin();
}

/** The state of a gate that has never run. */
function firstState(options: GateOptions): SavedState {
  const { firstInstances: given, stateFile: file } = options;
  const instances = instanceUrls.safeParse(given);
  if (!instances.success) {
    throw new GateStartError(refusal('GATE_INSTANCES_MISSING', { file, given: given?.join(', ') }));
  }
  return {
    ...{ mode: 'pass', instances: instances.data, attemptId: null, number: 0 },
    ...{ shards: null, switching: 'no', leaseMs: 0, hold: null },
  };
}

async function saveFirst(options: GateOptions): Promise<SavedState> {
  const state = firstState(options);
  await saveState(options.stateFile, state);
  return state;
}
