import { Client } from 'pg';
import { createConnection } from 'mysql2/promise';

/** The address of a lab's database is a URL with everything in it, for whoever looks with a client of his own. */

/** The fields of `trillian.database` that an address has. */
export interface DatabaseFields {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

export function fieldsOf(address: string): DatabaseFields {
  const { hostname, port, pathname, username, password } = new URL(address);
  return {
    ...{ host: hostname, port: Number(port), database: pathname.slice(1) },
    ...{ user: username, password: decodeURIComponent(password) },
  };
}

/** What an adapter of `activities/tree-queue` is connected with. */
export function serverAt(address: string) {
  const { password, ...server } = fieldsOf(address);
  return { log: 'lab', ...server, password: () => password };
}

export function isMysql(address: string): boolean {
  return address.startsWith('mysql://');
}

/** A connection of our own, for what Trillian's interface does not offer. */
export interface Session {
  /** Runs a statement, in which `?` stands for a value, or several without values; its rows. */
  run<Row = unknown>(statement: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  end(): Promise<void>;
}

export async function openSession(address: string): Promise<Session> {
  if (isMysql(address)) {
    const connection = await createConnection({
      ...fieldsOf(address),
      ...{ multipleStatements: true, supportBigNumbers: true, bigNumberStrings: true },
    });
    connection.on('error', () => undefined);
    return {
      async run<Row>(statement: string, values: readonly unknown[] = []) {
        const [rows] = await connection.query(statement, [...values]);
        return rows as unknown as readonly Row[];
      },
      end: () => connection.end(),
    };
  }
  const client = new Client({ connectionString: address });
  client.on('error', () => undefined);
  await client.connect();
  return {
    async run<Row>(statement: string, values: readonly unknown[] = []) {
      let position = 0;
      const numbered = values.length > 0 ? statement.replace(/\?/g, () => `$${(position += 1)}`) : statement;
      return (await client.query(numbered, [...values])).rows as readonly Row[];
    },
    end: () => client.end(),
  };
}

/** One statement, or several without values, in a session of their own; the rows. */
export async function inDatabase<Row = unknown>(
  address: string,
  statement: string,
  values?: readonly unknown[],
): Promise<readonly Row[]> {
  const session = await openSession(address);
  try {
    return await session.run<Row>(statement, values);
  } finally {
    await session.end();
  }
}
