import { readFlags } from '../activities/installation/host/examination/command-line-flags';
import type { ProgramName } from './found-program';

/**
 * The flags that a configuration is made of (rekor: cmd/rekor-server/app/root.go; trillian: cmd/trillian_log_server/main.go,
 * cmd/trillian_log_signer/main.go, storage/mysql/provider.go, storage/postgresql/provider.go). No other flag is kept, because
 * it may be a secret. A database's URI holds one: `database-address.ts` drops it.
 */
const OF_TRILLIAN = [
  ...['rpc_endpoint', 'http_endpoint', 'storage_system', 'mysql_uri', 'mysql_tls_ca', 'mysql_server_name'],
  ...['postgresql_uri', 'postgresql_tls_ca', 'sequencer_interval', 'sequencer_guard_window'],
] as const;

const OF_REKOR = [
  ...['port', 'rekor_server.address', 'rekor_server.hostname', 'rekor_server.signer', 'config'],
  ...['trillian_log_server.address', 'trillian_log_server.port', 'trillian_log_server.tlog_id'],
  ...['trillian_log_server.sharding_config', 'trillian_log_server.tls', 'trillian_log_server.tls_ca_cert'],
] as const;

export type RekorFlag = (typeof OF_REKOR)[number];
export type TrillianFlag = (typeof OF_TRILLIAN)[number];

/** Of the flags that are wanted, those that take no word of their own. */
const SWITCHES: ReadonlySet<string> = new Set(['trillian_log_server.tls']);

/** What the wanted flags of a program are given, in either form; the last one holds. */
export function wantedFlags(program: ProgramName, words: readonly string[]): ReadonlyMap<string, string> {
  const wanted: readonly string[] = program === 'rekor-server' ? OF_REKOR : OF_TRILLIAN;
  return new Map(
    readFlags(words).flatMap(({ name, value, following }): [string, string][] => {
      const apart = SWITCHES.has(name) ? 'true' : following[0];
      const given = value ?? apart;
      // Anybody may start a process; what its arguments hold is shown on a terminal.
      const isText = given !== undefined && !/\p{Cc}/u.test(given);
      return wanted.includes(name) && isText ? [[name, given]] : [];
    }),
  );
}
