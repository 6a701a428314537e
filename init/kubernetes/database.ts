import { isIP } from 'node:net';
import { databaseReader } from '../database-reader';
import { DEFAULT_PORTS } from '../database-address';
import { found, missing, type Line, type Section } from '../settings';
import type { FoundDatabase, FoundTrillian } from './found-trillian';

const EXAMPLE = 'trillian-database.trillian-system.svc';

/** Trillian's database, as its own programs are told of it. A user of its own reads it. */
export function database({ database: own, servers, signers, unseen }: FoundTrillian): Line[] {
  if (own !== undefined) return [ofProgram(own)];
  const isSeen = servers.length + signers.length > 0;
  const reason = isSeen
    ? 'Trillian says another storage than PostgreSQL and MySQL, or none that can be read'
    : (unseen ?? 'no log server and no signer was seen');
  return [
    {
      key: 'database',
      missing: `${reason}. It may be left out; with it, writes wait less.`,
      lines: [
        missing('kind', 'postgresql', 'Or mysql.'),
        missing('host', EXAMPLE, 'The primary.'),
        ...databaseReader().map((line) => ({ ...line, standing: 'missing' as const })),
      ],
    },
  ];
}

function ofProgram({ program, address, reached }: FoundDatabase): Section {
  const { kind, port = DEFAULT_PORTS[kind], database: name, tls } = address;
  const uri = `--${kind}_uri of ${program.where}`;
  const unread = 'has a variable out of a Secret, which is not read, or is in a form that is not understood';
  const host = reached !== undefined && 'host' in reached ? reached.host : undefined;
  // A certificate is for a name, and is verified.
  const isUnnamed = host !== undefined && tls !== undefined && isIP(host) !== 0;
  const reason =
    reached !== undefined && 'reason' in reached
      ? `${uri}: ${reached.reason}.`
      : isUnnamed
        ? `${host} is no DNS name, which TLS needs.`
        : `${uri} ${unread}.`;
  const isPlace = host !== undefined && !isUnnamed;
  return {
    key: 'database',
    remark: 'With it, writes wait less. It may be left out.',
    lines: [
      found('kind', kind, `--storage_system or its URI, of ${program.where}.`),
      isPlace ? found('host', host, `${uri}.`) : missing('host', EXAMPLE, reason),
      isPlace ? found('port', port, '') : missing('port', port, 'as for the host.'),
      name === undefined
        ? missing('database', 'trillian', `${uri} ${unread}.`)
        : found('database', name, `${uri}.`),
      ...databaseReader(),
      ...(tls
        ? [
            found(
              'tls',
              {},
              'Trillian asks for it. Give tls.caFile the authorities, if they are not public ones.',
            ),
          ]
        : []),
    ],
  };
}
