import { isIP } from 'node:net';
import * as field from '../fields';
import { section } from '../fields';
import type { Path } from '../problems';
import { at, textAt, type Broken } from '../raw-section';

/** Where a database server is and as whom it is asked, in own fields: an address with everything in it hides a secret. */
export function serverFields(defaultPort: number) {
  return {
    host: field.host().describe('Of the primary: no replica. With tls its DNS name, as in its certificate.'),
    port: field.wholeNumber(1, 65535).prefault(defaultPort).describe('Where it listens.'),
    database: field
      .text('the name of a database')
      .prefault('trillian')
      .describe("The database with Trillian's tables."),
    user: field
      .text('the name of a user')
      .describe('Reads two tables, and may do nothing else; docs/configuration.md has the grants.'),
    password: field.secret().describe("Where the user's password stands."),
    tls: section({
      caFile: field
        .fileReadWhenNeeded('a PEM file')
        .optional()
        .describe('Authorities that may sign for the server. Absent: those that Node.js brings along.'),
    })
      .optional()
      .describe("With it, even empty ({}), TLS, and the server's name is verified. Absent: plaintext."),
  };
}

/** What is wrong between these fields. */
export function serverRules(server: unknown, path: Path): readonly Broken[] {
  const host = textAt(server, ['host']);
  return host !== undefined && isIP(host) !== 0 && at(server, ['tls']) !== undefined
    ? [
        {
          at: [...path, 'host'],
          found: host,
          allowed: 'a DNS name where there is tls, because a certificate is for a name',
        },
      ]
    : [];
}
