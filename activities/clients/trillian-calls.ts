import * as path from 'node:path';
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import type { TreeState, TreeType } from '../../workflows/model/log';
import { refusal } from '../../workflows/model/refusals';
import { type PemFile, readAuthorities, readPem } from './authorities';
import { errorReason } from '../errors/error-reason';
import { OwnWords } from '../errors/own-words';
import { refuse, RefusalError } from '../errors/refusal-error';
import { abortReason, pause, throwIfAborted } from '../bounds/waiting';

/** How Trillian's log server is reached. Without `tls` the connection is in the clear. */
export interface TrillianOptions {
  /** The log's name in the configuration, for messages. */
  readonly log: string;
  /** `HOST:PORT` of the gRPC port. */
  readonly address: string;
  /** Paths of PEM files. Without `caFile` the roots that Node.js ships are trusted. */
  readonly tls?: {
    readonly caFile?: string;
    readonly certificateFile?: string;
    readonly keyFile?: string;
    /** The name in the server's certificate, when it is not the host of `address`. */
    readonly serverName?: string;
  };
}

/** What bounds one call. */
export interface CallBounds {
  /** Ends the call; its reason becomes the error. */
  readonly signal: AbortSignal;
  /** Milliseconds from now; default 5000. */
  readonly timeoutMs?: number;
  /**
   * Wall-clock time, in milliseconds since the epoch, from which on nothing may be sent (H8). A signal is not
   * enough for that: the timer behind it fires late in a process that was stopped and continued.
   */
  readonly notAfter?: number;
  /** Gets every change that is sent, and keeps those without an answer. */
  readonly unanswered?: Set<UnansweredChange>;
}

/** A changing call that was sent and not answered. */
export interface UnansweredChange {
  /** The call's deadline, which Trillian was told, in milliseconds since the epoch. */
  readonly mayLandUntil: number;
}

/** Trillian answered with an error of its own: nothing more will come of this call. */
export class TrillianError extends OwnWords {
  readonly method: string;
  readonly code: status;
  /** Trillian's own text, which tells cases of one code apart. No person is told it. */
  readonly details: string;

  constructor(method: string, code: status, details: string, options?: ErrorOptions) {
    super(`Trillian answered ${method} with ${status[code]}`, { ...options, detail: details });
    this.name = 'TrillianError';
    this.method = method;
    this.code = code;
    this.details = details;
  }
}

/**
 * A changing call was sent and not answered: it may have had its effect, or have it until `mayLandUntil` (H8). To a person
 * it is TRILLIAN_UNREACHABLE.
 */
export class CallOutcomeUnknown extends RefusalError {
  readonly method: string;
  /** The call's deadline, which Trillian was told, in milliseconds since the epoch. */
  readonly mayLandUntil: number;

  constructor(
    { log, address }: Pick<TrillianOptions, 'log' | 'address'>,
    method: string,
    mayLandUntil: number,
    options?: ErrorOptions,
  ) {
    const reason = `no answer to ${method}, of which it is not known whether it had its effect`;
    super(refusal('TRILLIAN_UNREACHABLE', { log, address, reason }), options);
    this.name = 'CallOutcomeUnknown';
    this.method = method;
    this.mayLandUntil = mayLandUntil;
  }
}

/** A call was not sent, because its time was over (H8): it has no effect, and the next try need not wait for it. */
export class CallTooLate extends OwnWords {
  readonly method: string;

  constructor(method: string) {
    super(`${method} was not sent: its time was over`);
    this.name = 'CallTooLate';
    this.method = method;
  }
}

/** `google.protobuf.Timestamp`, since the epoch, and `Duration`, as proto-loader hands them over. */
export interface TimeMessage {
  readonly seconds: string;
  readonly nanos: number;
}

interface LogRoot {
  readonly logRoot: Buffer;
}

/** `trillian.Tree` as proto-loader hands it over: 64-bit numbers as decimal strings, enumerations by name. */
export interface TreeMessage {
  readonly treeId: string;
  readonly treeState: TreeState;
  readonly treeType: TreeType;
  readonly displayName: string;
  readonly description: string;
  readonly maxRootDuration: TimeMessage | null;
  readonly updateTime: TimeMessage | null;
  readonly deleted: boolean;
}

interface LeafMessage {
  readonly merkleLeafHash: Buffer;
  readonly leafValue: Buffer;
  readonly extraData: Buffer;
  readonly leafIndex: string;
  readonly integrateTimestamp: TimeMessage | null;
}

interface NewTree {
  readonly treeState: 'ACTIVE';
  readonly treeType: 'LOG';
  readonly displayName: string;
  readonly description: string;
  readonly maxRootDuration: TimeMessage;
}

/** Request and response of every method in proto/trillian.proto. */
interface Methods {
  ListTrees: { request: { showDeleted: boolean }; response: { tree: TreeMessage[] } };
  GetTree: { request: { treeId: string }; response: TreeMessage };
  CreateTree: { request: { tree: NewTree }; response: TreeMessage };
  UpdateTree: {
    request: { tree: { treeId: string; treeState: TreeState }; updateMask: { paths: string[] } };
    response: TreeMessage;
  };
  DeleteTree: { request: { treeId: string }; response: TreeMessage };
  QueueLeaf: {
    request: { logId: string; leaf: { leafValue: Buffer; extraData: Buffer; leafIdentityHash: Buffer } };
    response: { queuedLeaf: { status: { code: status; message: string } | null } | null };
  };
  InitLog: { request: { logId: string }; response: { created: LogRoot | null } };
  GetLeavesByRange: {
    request: { logId: string; startIndex: string; count: string };
    response: { leaves: LeafMessage[]; signedLogRoot: LogRoot | null };
  };
}

type Method = keyof Methods;

const DEFAULT_TIMEOUT_MS = 5000;

/** Pauses between the tries of a read, in milliseconds. */
const READ_RETRY_PAUSES_MS = [50, 100, 200];

const CHANNEL_OPTIONS: ChannelOptions = {
  // A changing call is never repeated behind our back (H8); reads are repeated here.
  'grpc.enable_retries': 0,
  // Only config/ reads the environment; Trillian is not reached through its http_proxy.
  'grpc.enable_http_proxy': 0,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 500,
  // A leaf may be as large as Trillian takes a request, so an answer with one is larger.
  'grpc.max_receive_message_length': -1,
};

/** One connection to a Trillian log server, with the rules that all calls share. */
export interface TrillianCalls {
  /** A call without effect: repeated when the connection breaks, for as long as its deadline allows. */
  read<Name extends Method>(
    name: Name,
    request: Methods[Name]['request'],
    bounds: CallBounds,
  ): Promise<Methods[Name]['response']>;
  /**
   * A call with an effect: sent at most once, over a connection that stands, and never after its deadline (H8).
   * Throws `CallOutcomeUnknown` when it was sent and no answer came; any other error means that nothing was sent, or
   * that Trillian said no. Both refuse TRILLIAN_QUOTA: of what is sent here, Trillian's default quotas charge QueueLeaf and
   * InitLog alone, and one of etcd may charge reads of a tree's leaves, too (trillian: server/interceptor/interceptor.go).
   */
  change<Name extends Method>(
    name: Name,
    request: Methods[Name]['request'],
    bounds: CallBounds,
  ): Promise<Methods[Name]['response']>;
  close(): void;
}

/** Opens the connection when the first call is made, which refuses TLS_FILE_UNUSABLE for a file that cannot be used. */
export function openTrillianCalls(options: TrillianOptions): TrillianCalls {
  const methods = loadMethods();
  let opened: Client | undefined;

  function client(): Client {
    opened ??= new Client(options.address, channelCredentials(options), channelOptions(options));
    return opened;
  }

  function send<Name extends Method>(
    name: Name,
    request: Methods[Name]['request'],
    bounds: CallBounds,
    deadline: number,
  ): Promise<Methods[Name]['response']> {
    const method = methods[name];
    return new Promise((resolve, reject) => {
      const sent = client().makeUnaryRequest(
        method.path,
        method.requestSerialize,
        // proto-loader's decoder makes exactly the message that proto/trillian.proto describes.
        (bytes) => method.responseDeserialize(bytes) as Methods[Name]['response'],
        request,
        new Metadata(),
        { deadline },
        (error, response) => {
          bounds.signal.removeEventListener('abort', cancel);
          if (error) reject(error);
          else if (response === undefined) reject(new TrillianError(name, status.INTERNAL, 'empty answer'));
          else resolve(response);
        },
      );
      const cancel = (): void => sent.cancel();
      bounds.signal.addEventListener('abort', cancel, { once: true });
    });
  }

  function unreachable(reason: string, cause?: unknown): Error {
    return refuse('TRILLIAN_UNREACHABLE', { log: options.log, address: options.address, reason }, cause);
  }

  /** What Trillian's answer means that is an error. */
  function saidNo(method: Method, error: ServiceError): Error {
    const { log, address } = options;
    return error.code === status.RESOURCE_EXHAUSTED
      ? refuse('TRILLIAN_QUOTA', { log, address, method, reason: error.details }, error)
      : new TrillianError(method, error.code, error.details, { cause: error });
  }

  return {
    async read(name, request, bounds) {
      const started = Date.now();
      const deadline = deadlineOf(bounds);
      for (let tries = 0; ; tries++) {
        throwIfOver(name, bounds, deadline);
        try {
          return await send(name, request, bounds, deadline);
        } catch (error) {
          throwIfAborted(bounds.signal);
          if (!isServiceError(error)) throw error;
          if (error.code === status.DEADLINE_EXCEEDED) {
            throw unreachable(`no answer to ${name} within ${deadline - started} ms`, error);
          }
          if (error.code !== status.UNAVAILABLE) throw saidNo(name, error);
          const pauseMs = READ_RETRY_PAUSES_MS[tries];
          if (pauseMs === undefined || Date.now() + pauseMs >= deadline)
            throw unreachable(`no connection (${errorReason(error)})`, error);
          await pause(pauseMs, bounds.signal);
        }
      }
    },

    async change(name, request, bounds) {
      const deadline = deadlineOf(bounds);
      throwIfOver(name, bounds, deadline);
      // Nothing may wait in the channel and leave later: the connection stands first, then the clock is looked at.
      await connected(client(), bounds.signal, deadline).catch((error: unknown) => {
        throw bounds.signal.aborted ? abortReason(bounds.signal) : unreachable('no connection', error);
      });
      throwIfOver(name, bounds, deadline);
      const change = { mayLandUntil: deadline };
      bounds.unanswered?.add(change);
      try {
        const answer = await send(name, request, bounds, deadline);
        bounds.unanswered?.delete(change);
        return answer;
      } catch (error) {
        if (!isServiceError(error)) throw error;
        if (UNANSWERED.has(error.code)) {
          throw new CallOutcomeUnknown(options, name, deadline, { cause: error });
        }
        bounds.unanswered?.delete(change);
        throw saidNo(name, error);
      }
    },

    close: () => opened?.close(),
  };
}

/** Codes that gRPC makes up itself when no answer came; Trillian answers with none of them but on a deadline. */
const UNANSWERED: ReadonlySet<status> = new Set([
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.UNAVAILABLE,
]);

function deadlineOf(bounds: CallBounds): number {
  return Math.min(Date.now() + (bounds.timeoutMs ?? DEFAULT_TIMEOUT_MS), bounds.notAfter ?? Infinity);
}

function throwIfOver(name: Method, bounds: CallBounds, deadline: number): void {
  throwIfAborted(bounds.signal);
  if (Date.now() >= deadline) throw new CallTooLate(name);
}

async function connected(client: Client, signal: AbortSignal, deadline: number): Promise<void> {
  let abort = (): void => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      abort = () => reject(abortReason(signal));
      signal.addEventListener('abort', abort, { once: true });
      client.waitForReady(deadline, (error) => (error ? reject(error) : resolve()));
    });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error && typeof error.code === 'number';
}

/** The methods of proto/trillian.proto; the build puts that file beside the compiled activities. */
function loadMethods(): Readonly<Record<Method, MethodDefinition<object, object>>> {
  const definition = loadSync(path.join(__dirname, '../../proto/trillian.proto'), {
    longs: String,
    enums: String,
    defaults: true,
  });
  return {
    ...(definition['trillian.TrillianAdmin'] as ServiceDefinition),
    ...(definition['trillian.TrillianLog'] as ServiceDefinition),
  } as Record<Method, MethodDefinition<object, object>>;
}

function channelOptions({ tls }: TrillianOptions): ChannelOptions {
  if (tls?.serverName === undefined) return CHANNEL_OPTIONS;
  return {
    ...CHANNEL_OPTIONS,
    'grpc.ssl_target_name_override': tls.serverName,
    'grpc.default_authority': tls.serverName,
  };
}

function channelCredentials({ log, tls }: TrillianOptions): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const pem = (key: 'caFile' | 'keyFile' | 'certificateFile'): PemFile | undefined => {
    const file = tls[key];
    return file === undefined ? undefined : { field: `logs.${log}.trillian.tls.${key}`, file };
  };
  const [authorities, key, certificate] = [pem('caFile'), pem('keyFile'), pem('certificateFile')];
  return credentials.createSsl(
    authorities ? Buffer.from(readAuthorities(authorities)) : null,
    key ? readPem(key) : null,
    certificate ? readPem(certificate) : null,
  );
}
