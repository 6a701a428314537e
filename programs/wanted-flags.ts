import { readFlags } from './command-line-flags';
import type { ProgramName } from './found-program';

/**
 * The flags that a configuration is made of, and that are compared before a rotation (rekor: cmd/rekor-server/app/root.go;
 * trillian: cmd/trillian_log_server/main.go, cmd/trillian_log_signer/main.go, storage/mysql/provider.go,
 * storage/postgresql/provider.go, quota/mysqlqm/quota_provider.go, quota/postgresqlqm/quota_provider.go). No other flag is
 * kept, because it may be a secret. The address of a database holds one, and is never shown as it is.
 */
const OF_TRILLIAN = [
  ...['rpc_endpoint', 'http_endpoint', 'storage_system', 'mysql_uri', 'mysql_tls_ca', 'mysql_server_name'],
  ...['postgresql_uri', 'postgresql_tls_ca', 'sequencer_interval', 'sequencer_guard_window'],
  ...['quota_system', 'quota_dry_run', 'max_unsequenced_rows', 'pg_max_unsequenced_rows', 'config'],
] as const;

const OF_REKOR = [
  ...['port', 'rekor_server.address', 'rekor_server.hostname', 'rekor_server.signer', 'config'],
  ...['trillian_log_server.address', 'trillian_log_server.port', 'trillian_log_server.tlog_id'],
  ...['redis_server.address', 'redis_server.port', 'search_index.mysql.dsn'],
  ...['trillian_log_server.sharding_config', 'trillian_log_server.tls', 'trillian_log_server.tls_ca_cert'],
  ...['enable_retrieve_api', 'search_index.storage_provider', 'search_index.mysql.dsn'],
  ...['redis_server.address', 'redis_server.port', 'redis_server.enable-tls'],
  ...['enable_attestation_storage', 'attestation_storage_bucket', 'rekor_server.new_entry_publisher'],
  ...['enabled_api_endpoints', 'enabled_entry_types', 'max_request_body_size', 'client-signing-algorithms'],
] as const;

export type RekorFlag = (typeof OF_REKOR)[number];
export type TrillianFlag = (typeof OF_TRILLIAN)[number];

/** Of the flags that are wanted, those that take no word of their own. */
const SWITCHES: ReadonlySet<string> = new Set([
  ...['trillian_log_server.tls', 'enable_retrieve_api', 'redis_server.enable-tls'],
  ...['enable_attestation_storage', 'quota_dry_run'],
]);

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
