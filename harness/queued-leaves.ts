import { MOST_QUEUED_LEAVES } from '../lab/start-part';
import { inDatabase, isMysql } from './database';

/** A tree that Trillian does not have, as of a log that was deleted: its rows stay, and count. */
const STRANGER = '1';

/**
 * Uses up the quota of the lab's Trillian, as the backlog of another log does; returns what gives it back. The quota counts
 * the rows of all trees (trillian: quota/postgresqlqm/postgresql_quota.go, quota/mysqlqm/mysql_quota.go).
 *
 * @param leaves so many as the quota allows, or fewer.
 */
export async function exhaustQuota(
  database: string,
  leaves = MOST_QUEUED_LEAVES,
): Promise<() => Promise<void>> {
  const mysql = isMysql(database);
  await inDatabase(database, mysql ? MYSQL : POSTGRESQL, [leaves]);
  const counted = async (): Promise<void> => {
    // MySQL's quota goes by an estimate, which the server makes now and then, or when it is told to.
    if (mysql) await inDatabase(database, 'ANALYZE TABLE Unsequenced');
  };
  await counted();
  return async () => {
    const table = mysql ? 'Unsequenced' : 'unsequenced';
    await inDatabase(database, `DELETE FROM ${table} WHERE TreeId = ?`, [STRANGER]);
    await counted();
  };
}

const POSTGRESQL = `
  INSERT INTO unsequenced (treeid, bucket, leafidentityhash, merkleleafhash, queuetimestampnanos)
  SELECT ${STRANGER}, 0, decode(lpad(to_hex(n), 64, '0'), 'hex'), '', 0 FROM generate_series(1, ?::int) AS n`;

/** By an engine of MariaDB, which is what a lab has. */
const MYSQL = `
  INSERT INTO Unsequenced (TreeId, Bucket, LeafIdentityHash, MerkleLeafHash, QueueTimestampNanos)
  SELECT ${STRANGER}, 0, UNHEX(LPAD(HEX(seq), 64, '0')), '', 0 FROM seq_1_to_${MOST_QUEUED_LEAVES} WHERE seq <= ?`;
