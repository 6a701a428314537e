import { join } from 'node:path';
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type MethodDefinition,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceError,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { carry } from './exchange';
import { FaultRules, type Chosen, type Frequency } from './rules';

/** What Rekor calls of Trillian: the `protoFile` of a proxy between them. */
export const rekorCallsProto = join(__dirname, 'rekor-calls.proto');

/** One call as the proxy saw it. */
export interface GrpcCall {
  /** The last part of its path: `UpdateTree`. */
  readonly method: string;
  /** Field names as in the .proto file, 64-bit integers and enum values as strings. */
  readonly request: GrpcRequest;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export type GrpcRequest = Readonly<Record<string, unknown>>;

export interface GrpcMatch extends Frequency {
  readonly method: string;
  readonly where?: (request: GrpcRequest) => boolean;
}

export interface GrpcProxy {
  /** `host:port`; stays the same through `refuseConnections`. */
  readonly address: string;
  /** Every call since the start or the last `forgetCalls`, in order of arrival. */
  readonly calls: readonly GrpcCall[];
  forgetCalls(): void;
  when(match: GrpcMatch): Chosen<GrpcAnswer>;
  /** Forgets every rule and lets held calls go. */
  clear(): void;
  /** Nobody listens at the address any more; connections that are open are cut. */
  refuseConnections(): void;
  acceptConnections(): Promise<void>;
  end(): void;
}

/** What a test lets a call be answered with: an error, or a message. */
export type GrpcAnswer = GrpcFailure | GrpcMessage;

/** An answer that is an error: its gRPC status code. */
export interface GrpcFailure {
  readonly code: status;
  readonly details?: string;
}

/** An answer that is no error: its fields by their names in the .proto file. */
export interface GrpcMessage {
  readonly message: object;
}

type Answer = GrpcAnswer | { readonly bytes: Buffer };

/**
 * A proxy before a gRPC server that passes the bytes of every unary call of the given .proto file on, with metadata and
 * deadline, and does to chosen calls what a test has asked for. Plain text, on loopback.
 */
export async function startGrpcProxy(options: { upstream: string; protoFile: string }): Promise<GrpcProxy> {
  const services = servicesOf(options.protoFile);
  const rules = new FaultRules<GrpcCall, Answer>();
  const calls: GrpcCall[] = [];
  const upstream = new Client(options.upstream, credentials.createInsecure(), quickToReconnect);

  const handle = (definition: Method) => {
    return (incoming: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => {
      const call = {
        method: lastPart(definition.path),
        request: decode(definition, incoming.request),
        at: Date.now(),
      };
      calls.push(call);
      const left = new AbortController();
      incoming.on('cancelled', () => left.abort());
      const answer = (given: Answer) => {
        if ('code' in given) {
          reply({
            code: given.code,
            details: given.details ?? 'answered by the fault proxy',
            metadata: new Metadata(),
          });
        } else {
          reply(null, 'bytes' in given ? given.bytes : definition.responseSerialize(given.message));
        }
      };
      carry<Answer>(rules.faultFor(call), {
        forward: () => forward(upstream, definition.path, incoming, left.signal),
        answer,
        callerLeft: left.signal,
      }).catch((error: unknown) => answer({ code: status.INTERNAL, details: String(error) }));
    };
  };

  const listen = async (address: string): Promise<{ server: Server; port: number }> => {
    const server = new Server();
    for (const service of services) {
      server.addService(rawService(service), handlersOf(service, handle));
    }
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
        if (error) {
          reject(error);
        } else {
          resolve(bound);
        }
      });
    });
    return { server, port };
  };

  let { server, port } = await listen('127.0.0.1:0');
  return {
    address: `127.0.0.1:${port}`,
    calls,
    forgetCalls: () => calls.splice(0),
    when: ({ method, where, ...frequency }) =>
      rules.when((call) => call.method === method && (where?.(call.request) ?? true), frequency),
    clear: () => rules.clear(),
    refuseConnections: () => server.forceShutdown(),
    acceptConnections: async () => {
      ({ server, port } = await listen(`127.0.0.1:${port}`));
    },
    end: () => {
      rules.clear();
      server.forceShutdown();
      upstream.close();
    },
  };
}

/** A server that comes back is reached at once, as by a caller without a proxy before it. Milliseconds. */
const quickToReconnect = {
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 200,
};

type Method = MethodDefinition<object, object>;

function servicesOf(protoFile: string): ServiceDefinition[] {
  const definitions = loadSync(protoFile, { keepCase: true, longs: String, enums: String, defaults: true });
  return Object.values(definitions).filter(
    (definition): definition is ServiceDefinition => !('format' in definition),
  );
}

function unaryMethods(service: ServiceDefinition): [string, Method][] {
  return Object.entries(service).filter(([, method]) => !method.requestStream && !method.responseStream);
}

const asIs = (bytes: Buffer): Buffer => bytes;

function rawService(service: ServiceDefinition): Record<string, MethodDefinition<Buffer, Buffer>> {
  return Object.fromEntries(
    unaryMethods(service).map(([name, { path }]) => [
      name,
      {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    ]),
  );
}

function handlersOf(
  service: ServiceDefinition,
  handle: (method: Method) => (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => void,
): UntypedServiceImplementation {
  return Object.fromEntries(unaryMethods(service).map(([name, method]) => [name, handle(method)]));
}

function decode(method: Method, bytes: Buffer): GrpcRequest {
  return { ...method.requestDeserialize(bytes) };
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

async function forward(
  upstream: Client,
  path: string,
  incoming: ServerUnaryCall<Buffer, Buffer>,
  callerLeft: AbortSignal,
): Promise<Answer> {
  return await new Promise<Answer>((resolve) => {
    const deadline = incoming.getDeadline();
    const outgoing = upstream.makeUnaryRequest<Buffer, Buffer>(
      path,
      asIs,
      asIs,
      incoming.request,
      incoming.metadata,
      { deadline },
      (error: ServiceError | null, bytes) => {
        if (error) {
          resolve({ code: error.code, details: error.details });
        } else {
          resolve({ bytes: bytes ?? Buffer.alloc(0) });
        }
      },
    );
    callerLeft.addEventListener('abort', () => outgoing.cancel(), { once: true });
  });
}
