import { databaseAddress } from '../database-address';
import { filePlace } from './file-place';
import type { FoundProgram } from '../../programs/found-program';
import { joined } from '../address';
import { endpoint } from './endpoint';
import type { FoundLog } from './search';
import { trillianPlace } from '../trillian-place';
import { valueOf } from '../../programs/variables';

/** What two Rekors say differently, though they would say it alike if they were of one log. */
export interface Difference {
  /** The flag, or the flags. */
  readonly flag: string;
  /** What each of them says, in their order; undefined where it may not be shown. */
  readonly said: readonly (string | undefined)[];
}

/** What one Rekor says of itself. */
interface Said {
  /** In one form for both. */
  readonly key: string;
  readonly shown?: string | undefined;
}

type Read = (rekor: FoundProgram, log: FoundLog) => Said | undefined;

/** What the slots of a log have in common; what a Rekor does not say is not known, and so is no difference. */
const common: readonly (readonly [flag: string, read: Read])[] = [
  ['--trillian_log_server.address and --trillian_log_server.port', trillianOf],
  ['--rekor_server.hostname', hostnameOf],
  ['--rekor_server.signer', signerOf],
  ['--redis_server.address and --redis_server.port', redisOf],
  ['--search_index.mysql.dsn', indexOf],
];

/** What tells that two Rekors are not of one log; nothing where there is only one. */
export function differences(rekors: readonly FoundProgram[], log: FoundLog): Difference[] {
  return common.flatMap(([flag, read]) => {
    const all = rekors.map((rekor) => read(rekor, log));
    const keys = new Set(all.flatMap((said) => said?.key ?? []));
    return keys.size < 2 ? [] : [{ flag, said: all.map((said) => said?.shown) }];
  });
}

function trillianOf(rekor: FoundProgram, log: FoundLog): Said | undefined {
  const place = trillianPlace(rekor);
  return place && { key: endpoint(rekor, place, log), shown: joined(place.host, place.port) };
}

function hostnameOf(rekor: FoundProgram): Said | undefined {
  const name = valueOf(rekor, 'rekor_server.hostname');
  return name === undefined ? undefined : { key: name, shown: name };
}

/** A URI of a service for keys, a word such as `memory`, or a file; one inside of a container may be any file. */
function signerOf(rekor: FoundProgram): Said | undefined {
  const signer = valueOf(rekor, 'rekor_server.signer');
  if (signer === undefined) return undefined;
  // Whatever has another form may be a secret that is written in a place of its own.
  const shown = /^(?:[a-z0-9]+:\/\/)?[\w./:-]*$/.test(signer) ? signer : undefined;
  if (/^[a-z0-9]+:\/\//.test(signer) || /^(memory|tink)$/.test(signer)) return { key: signer, shown };
  const place = filePlace(rekor, signer);
  if ('path' in place) return { key: place.path, shown };
  return 'configMap' in place ? { key: `${place.configMap} ${place.key}`, shown } : undefined;
}

function redisOf(rekor: FoundProgram, log: FoundLog): Said | undefined {
  const host = valueOf(rekor, 'redis_server.address');
  const port = Number(valueOf(rekor, 'redis_server.port') ?? '6379');
  if (host === undefined || !/^[\w.:-]+$/.test(host) || Number.isNaN(port)) return undefined;
  return { key: endpoint(rekor, { host, port }, log), shown: joined(host, port) };
}

/** Of its address only host, port and name: it has a password. */
function indexOf(rekor: FoundProgram, log: FoundLog): Said | undefined {
  const { flags, variable } = rekor;
  const uri = flags.get('search_index.mysql.dsn');
  const address =
    uri === undefined ? undefined : databaseAddress({ flags: new Map([['mysql_uri', uri]]), variable });
  if (address?.host === undefined || address.database === undefined) return undefined;
  const place = { host: address.host, port: address.port ?? 3306 };
  return {
    key: `${endpoint(rekor, place, log)}/${address.database}`,
    shown: `${joined(place.host, place.port)}/${address.database}`,
  };
}
