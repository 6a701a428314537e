import type { FoundProgram } from '../programs/found-program';
import { withVariables } from '../programs/variables';

export const DEFAULT_PORTS = { mysql: 3306, postgresql: 5432 } as const;

/** Where Trillian's database is, of what its log server or signer is started with. User and password are not kept. */
export interface DatabaseAddress {
  readonly kind: 'mysql' | 'postgresql';
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  /** TLS is asked for. */
  readonly tls?: { readonly caFile?: string };
}

/** Undefined where the flags name no database that a configuration knows, or in a form that is not understood. */
export function databaseAddress({
  flags,
  variable,
}: Pick<FoundProgram, 'flags' | 'variable'>): DatabaseAddress | undefined {
  const storage = flags.get('storage_system');
  const flag = (name: string): string | undefined => {
    const written = flags.get(name);
    return written === undefined ? undefined : withVariables(written, variable);
  };
  if (storage === 'postgresql' || (storage === undefined && flags.has('postgresql_uri'))) {
    return ofPostgresql(flag('postgresql_uri') ?? '', flag('postgresql_tls_ca'));
  }
  // MySQL is what Trillian takes where nothing is said.
  if (storage === 'mysql' || (storage === undefined && flags.has('mysql_uri'))) {
    return ofMysql(flag('mysql_uri') ?? '', flag('mysql_tls_ca'));
  }
  return undefined;
}

/** `user:password@tcp(host:port)/database?...`, divided as github.com/go-sql-driver/mysql does it (dsn.go). */
function ofMysql(uri: string, caFile: string | undefined): DatabaseAddress {
  const slash = uri.lastIndexOf('/');
  const before = uri.slice(0, Math.max(slash, 0));
  const [, protocol, address = ''] =
    /^(\w+)\(([^()]*)\)$/.exec(before.slice(before.lastIndexOf('@') + 1)) ?? [];
  // What has no such address is divided in another way, and its rest may be a part of the password.
  const [database = '', options = ''] = protocol === undefined ? [] : uri.slice(slash + 1).split('?');
  const encrypts = caFile !== undefined || /(?:^|&)tls=(?!false|preferred)/.test(options);
  return {
    kind: 'mysql',
    ...placeOf(protocol === 'tcp' ? address : '', database),
    ...tlsOf(encrypts, caFile),
  };
}

/** A URI, or pairs of names and values (libpq, "Connection Strings"), which pgx takes both. */
function ofPostgresql(uri: string, caFile: string | undefined): DatabaseAddress {
  const [, authority = '', database = '', query = ''] =
    /^postgres(?:ql)?:\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(uri) ?? [];
  const given = /^postgres(?:ql)?:/.test(uri) ? new Map(new URLSearchParams(query)) : pairsOf(uri);
  const address = authority.slice(authority.lastIndexOf('@') + 1);
  const host = given.get('host') ?? '';
  const port = given.get('port');
  const said = address === '' ? (port === undefined ? host : `${host}:${port}`) : address;
  const mode = given.get('sslmode');
  const encrypts = caFile !== undefined || ['require', 'verify-ca', 'verify-full'].includes(mode ?? '');
  const name = database === '' ? (given.get('dbname') ?? '') : database;
  return {
    kind: 'postgresql',
    ...placeOf(said, name),
    ...tlsOf(encrypts, caFile ?? given.get('sslrootcert')),
  };
}

function pairsOf(text: string): Map<string, string> {
  const pairs = text.matchAll(/(\w+)\s*=\s*(?:'((?:\\.|[^'\\])*)'|(\S*))/g);
  return new Map([...pairs].map(([, name = '', quoted, plain = '']) => [name, quoted ?? plain]));
}

/** Whatever has another form may be a part of a secret that is written in another way than was expected. */
function placeOf(address: string, database: string) {
  const [, host = '', port] = /^(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/.exec(address) ?? [];
  return {
    ...(host !== '' && { host: host.replaceAll(/[[\]]/g, '') }),
    ...(port !== undefined && { port: Number(port) }),
    ...(/^[\w-]+$/.test(database) && { database }),
  };
}

function tlsOf(encrypts: boolean, caFile: string | undefined) {
  return encrypts ? { tls: caFile === undefined ? {} : { caFile } } : {};
}
