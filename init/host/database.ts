import { isIP } from 'node:net';
import { databaseAddress, DEFAULT_PORTS, type DatabaseAddress } from '../database-address';
import { databaseReader } from '../database-reader';
import { filePlace } from './file-place';
import type { FoundProgram } from '../../programs/found-program';
import { leftText, type OwnTrillian } from './own-trillian';
import { dividedAddress, joined } from '../address';
import { called } from './reach';
import type { FoundLog } from './search';
import { found, missing, type Line, type Section } from '../settings';

/** Trillian's database, as its own programs are told of it. A user of its own reads it, whose password stands in a file. */
export function database(log: FoundLog, { servers, signers, left }: OwnTrillian): Line[] {
  const ofTrillian = [...servers, ...signers];
  for (const program of ofTrillian) {
    const address = databaseAddress(program);
    if (address) return [ofProgram(program, address, log)];
  }
  const storages = ofTrillian.flatMap(({ flags }) => flags.get('storage_system') ?? []);
  const reason =
    ofTrillian.length === 0
      ? left.length > 0
        ? leftText(left)
        : 'no log server and no signer was seen on this host.'
      : `Trillian says ${storages.length > 0 ? 'another storage than PostgreSQL and MySQL' : 'none that can be read'}.`;
  return [
    {
      key: 'database',
      missing: `${reason} It may be left out; with it, writes wait less.`,
      lines: [
        missing('kind', 'postgresql', 'Or mysql.'),
        missing('host', 'database.example.com', 'The primary.'),
        ...databaseReader().map((line) => ({ ...line, standing: 'missing' as const })),
      ],
    },
  ];
}

function ofProgram(program: FoundProgram, address: DatabaseAddress, log: FoundLog): Section {
  const { kind, host, port = DEFAULT_PORTS[kind], database: name, tls } = address;
  const uri = `--${kind}_uri of ${program.where}`;
  const reached = host === undefined ? undefined : called(program, host, port, log);
  const place = reached && 'address' in reached ? dividedAddress(reached.address) : undefined;
  // A certificate is for a name, and is verified.
  const isUnnamed = place !== undefined && tls !== undefined && isIP(place.host) !== 0;
  const reason =
    reached && 'reason' in reached
      ? `${reached.reason}. The worker is on this host and needs an address here.`
      : isUnnamed
        ? `${joined(place.host, place.port)} is no DNS name, which TLS needs.`
        : `${uri} does not say it in a form that is understood.`;
  const isPlace = place !== undefined && !isUnnamed;
  return {
    key: 'database',
    remark: 'With it, writes wait less. It may be left out.',
    lines: [
      found('kind', kind, `--storage_system or its URI, of ${program.where}.`),
      isPlace ? found('host', place.host, `${uri}.`) : missing('host', 'database.example.com', reason),
      isPlace ? found('port', place.port, '') : missing('port', DEFAULT_PORTS[kind], 'as for the host.'),
      name === undefined
        ? missing('database', 'trillian', `${uri} does not say it in a form that is understood.`)
        : found('database', name, `${uri}.`),
      ...databaseReader(),
      ...(tls ? tlsOf(program, tls.caFile) : []),
    ],
  };
}

function tlsOf(program: FoundProgram, named: string | undefined): Line[] {
  const place = named === undefined ? undefined : filePlace(program, named);
  return place && 'path' in place
    ? [{ key: 'tls', lines: [found('caFile', place.path, 'the authorities that Trillian trusts for it.')] }]
    : [
        found(
          'tls',
          {},
          'Trillian asks for it. Give tls.caFile the authorities, if they are not public ones.',
        ),
      ];
}
