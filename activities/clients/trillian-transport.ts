import * as path from 'node:path';
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  credentials,
  loadPackageDefinition,
  Metadata,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ProtoGrpcType } from '../../proto/generated/trillian';
import { orAborted } from '../bounds/waiting';
import { type PemFile, readAuthorities, readPem, type TlsFiles } from './authorities';

/** How Trillian's log server is reached. Without `tls` the connection is in the clear. */
export interface TrillianOptions {
  /** The log's name in the configuration, for messages. */
  readonly log: string;
  /** `HOST:PORT` of the gRPC port. */
  readonly address: string;
  readonly tls?: TlsFiles;
  /** What carries the calls; without, gRPC to `address`. */
  readonly transport?: TrillianTransport;
}

type Services = ProtoGrpcType['trillian'];
type Definitions = Services['TrillianAdmin']['service'] & Services['TrillianLog']['service'];

/** The methods of proto/trillian.proto; the generated types also allow any other name. */
export type TrillianMethod = keyof {
  [Name in keyof Definitions as string extends Name ? never : number extends Name ? never : Name]: Name;
};

/** Request and response of every method: as they are sent, and as they arrive with every field. */
export type TrillianMethods = {
  [Name in TrillianMethod]: {
    readonly request: Parameters<Definitions[Name]['requestSerialize']>[0];
    readonly receivedRequest: ReturnType<Definitions[Name]['requestDeserialize']>;
    readonly sentResponse: Parameters<Definitions[Name]['responseSerialize']>[0];
    readonly response: ReturnType<Definitions[Name]['responseDeserialize']>;
  };
};

/** Calls a method; `Bounds` say what ends the call. */
export type TrillianCall<Bounds extends readonly unknown[]> = <Name extends TrillianMethod>(
  name: Name,
  request: TrillianMethods[Name]['request'],
  ...bounds: Bounds
) => Promise<TrillianMethods[Name]['response']>;

/** How each method goes over the wire. */
export type TrillianWire = {
  readonly [Name in TrillianMethod]: {
    readonly path: string;
    readonly requestSerialize: (request: TrillianMethods[Name]['request']) => Buffer;
    readonly requestDeserialize: (bytes: Buffer) => TrillianMethods[Name]['receivedRequest'];
    readonly responseSerialize: (response: TrillianMethods[Name]['sentResponse']) => Buffer;
    readonly responseDeserialize: (bytes: Buffer) => TrillianMethods[Name]['response'];
  };
};

/** Carries calls to one Trillian log server; which of them may be repeated, and when, is not its business. */
export interface TrillianTransport {
  /** Resolves when a connection stands. Rejects at the deadline, in milliseconds since the epoch, and with the signal's reason. */
  connected(deadline: number, signal: AbortSignal): Promise<void>;
  /** Sends a call once. Rejects with a `ServiceError`: Trillian's own, or one that gRPC makes up when no answer came. */
  readonly send: TrillianCall<[deadline: number, signal: AbortSignal]>;
  close(): void;
}

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

/** Opens the connection when it is needed first, which refuses TLS_FILE_UNUSABLE for a file that cannot be used. */
export function overGrpc(options: TrillianOptions): TrillianTransport {
  const methods = loadMethods();
  let opened: Client | undefined;

  function client(): Client {
    opened ??= new Client(options.address, channelCredentials(options), channelOptions(options));
    return opened;
  }

  return {
    connected(deadline, signal) {
      const ready = new Promise<void>((resolve, reject) => {
        client().waitForReady(deadline, (error) => (error ? reject(error) : resolve()));
      });
      return orAborted(ready, signal);
    },

    send(name, request, deadline, signal) {
      const method = methods[name];
      return new Promise((resolve, reject) => {
        const sent = client().makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          request,
          new Metadata(),
          { deadline },
          (error, response) => {
            signal.removeEventListener('abort', cancel);
            if (error) reject(error);
            else if (response === undefined) reject(new Error(`${name} has an empty answer`));
            else resolve(response);
          },
        );
        const cancel = (): void => sent.cancel();
        signal.addEventListener('abort', cancel, { once: true });
      });
    },

    close: () => opened?.close(),
  };
}

/** The methods of proto/trillian.proto; the build puts that file beside the compiled activities. */
export function loadMethods(): TrillianWire {
  const file = path.join(__dirname, '../../proto/trillian.proto');
  // The types are generated with these options, too: tools/proto-types.mjs.
  const definition = loadSync(file, { longs: String, enums: String, defaults: true });
  const { trillian } = loadPackageDefinition(definition) as unknown as ProtoGrpcType;
  return { ...trillian.TrillianAdmin.service, ...trillian.TrillianLog.service };
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
