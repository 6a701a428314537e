import { Client } from 'pg';
import { MOST_QUEUED_LEAVES } from '../lab/start-part';

/** A tree that Trillian does not have, as of a log that was deleted: its rows stay, and count. */
const STRANGER = '1';

/**
 * Uses up the quota of the lab's Trillian, as the backlog of another log does; returns what gives it back. The quota counts
 * the rows of all trees (trillian: quota/postgresqlqm/postgresql_quota.go).
 */
export async function exhaustQuota(databaseUrl: string): Promise<() => Promise<void>> {
  const run = async (statement: string, values: readonly unknown[]): Promise<void> => {
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    try {
      await client.query(statement, [...values]);
    } finally {
      await client.end();
    }
  };
  await run(
    `INSERT INTO unsequenced (treeid, bucket, leafidentityhash, merkleleafhash, queuetimestampnanos)
     SELECT $1, 0, decode(lpad(to_hex(row), 64, '0'), 'hex'), '', 0 FROM generate_series(1, $2::int) AS row`,
    [STRANGER, MOST_QUEUED_LEAVES],
  );
  return () => run('DELETE FROM unsequenced WHERE treeid = $1', [STRANGER]);
}
