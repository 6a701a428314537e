import { databaseAddress, DEFAULT_PORTS } from '../database-address';
import type { FoundProgram } from '../../programs/found-program';
import { dividedAddress, isEveryAddress, joined } from '../address';
import { endpoint } from './endpoint';
import { called } from './reach';
import type { FoundLog } from './search';
import { trillianPlace, type Place } from '../trillian-place';
import { filledIn, valueOf } from '../../programs/variables';

/** A program that was seen and is not taken. */
export interface Left {
  readonly program: FoundProgram;
  /** Why not: the end of a sentence. */
  readonly reason: string;
}

/** The programs of Trillian that are the log's: what else of Trillian runs on the host may be that of another log. */
export interface OwnTrillian {
  readonly servers: readonly FoundProgram[];
  readonly signers: readonly FoundProgram[];
  readonly left: readonly Left[];
}

/** Takes the log server that the Rekors call, and each log server and signer of its database. */
export function ownTrillian(log: FoundLog): OwnTrillian {
  const rekors = log.programs.filter(({ program }) => program === 'rekor-server');
  const rekor = rekors.find((one) => trillianPlace(one) !== undefined);
  const place = rekor && trillianPlace(rekor);
  const ofTrillian = log.programs.filter(({ program }) => program !== 'rekor-server');
  const called = ofTrillian.filter(
    (one) => one.program === 'trillian_log_server' && rekor && place && answers(one, rekor, place, log),
  );
  const isTaken = (program: FoundProgram): boolean =>
    called.includes(program) || called.some((server) => haveOneDatabase(server, program, log));
  const taken = ofTrillian.filter(isTaken);
  return {
    servers: taken.filter(({ program }) => program === 'trillian_log_server'),
    signers: taken.filter(({ program }) => program === 'trillian_log_signer'),
    left: ofTrillian
      .filter((program) => !isTaken(program))
      .map((program) => ({ program, reason: whyLeft(program, place, called.length > 0) })),
  };
}

/** What was seen and is not taken, and why, as sentences. */
export function leftText(left: readonly Left[]): string {
  return left
    .map(({ program, reason }) => `${program.where} was seen and is not taken: ${reason}.`)
    .join(' ');
}

function whyLeft({ flags, program }: FoundProgram, place: Place | undefined, isSeen: boolean): string {
  const calls = place ? `Rekor calls ${joined(place.host, place.port)}` : 'what Rekor calls is not known';
  if (program === 'trillian_log_server') {
    const listens = dividedAddress(flags.get('rpc_endpoint') ?? RPC_ENDPOINT);
    return `it listens at ${listens ? joined(listens.host, listens.port) : 'an unknown address'}, and ${calls}`;
  }
  return isSeen
    ? 'its database is not known to be that of the log server'
    : `no log server of this host is known to be what Rekor calls, and ${calls}`;
}

/** Trillian's default. */
const RPC_ENDPOINT = 'localhost:8090';

/** Whether it is this log server that answers where a Rekor calls; false where that cannot be told from here. */
function answers(server: FoundProgram, rekor: FoundProgram, place: Place, log: FoundLog): boolean {
  const written = server.flags.has('rpc_endpoint') ? valueOf(server, 'rpc_endpoint') : RPC_ENDPOINT;
  const listens = dividedAddress(written ?? '');
  if (!listens) return false;
  const { hostNames } = log;
  if (rekor.ports !== 'host' && server.ports !== 'host') {
    const isInPod =
      hostNames.resolved(place.host) === '127.0.0.1' &&
      rekor.names.some((name) => server.names.includes(name));
    if (isInPod || server.names.includes(place.host)) return place.port === listens.port;
  }
  const reached = called(rekor, place.host, place.port, log);
  const at = 'address' in reached ? dividedAddress(reached.address) : undefined;
  if (!at) return false;
  if (server.ports !== 'host') {
    return hostNames.isOwn(at.host) && server.ports.get(listens.port) === at.port;
  }
  const isHere = isEveryAddress(listens.host)
    ? hostNames.isOwn(at.host)
    : hostNames.resolved(listens.host) === hostNames.resolved(at.host);
  return isHere && listens.port === at.port;
}

/** Whether two programs of Trillian share a database, by all that both say of it. */
function haveOneDatabase(one: FoundProgram, other: FoundProgram, log: FoundLog): boolean {
  const [uri, same] = [uriOf(one), uriOf(other)];
  const isAlike = (one.ports === 'host') === (other.ports === 'host');
  if (isAlike && uri !== undefined && uri === same) return true;
  const [first, second] = [databaseAddress(one), databaseAddress(other)];
  if (first?.host === undefined || second?.host === undefined || first.kind !== second.kind) return false;
  const place = ({ host = '', kind, port = DEFAULT_PORTS[kind] }: typeof first): Place => ({ host, port });
  const isNamed = first.database !== undefined && second.database !== undefined;
  return (
    endpoint(one, place(first), log) === endpoint(other, place(second), log) &&
    (!isNamed || first.database === second.database)
  );
}

/** The whole address, which has a password: only to be compared. Empty where Trillian's default holds. */
function uriOf({ flags, variable }: FoundProgram): string | undefined {
  const storage = flags.get('storage_system') ?? (flags.has('postgresql_uri') ? 'postgresql' : 'mysql');
  if (storage !== 'mysql' && storage !== 'postgresql') return undefined;
  const filled = filledIn(flags.get(`${storage}_uri`) ?? '', variable);
  return filled === undefined ? undefined : `${storage} ${filled}`;
}
