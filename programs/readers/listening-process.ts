import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';

/** A process as proc(5) shows it. */
export interface ListeningProcess {
  readonly pid: string;
  /** Its program and arguments; none where this user may not see them. */
  readonly words: readonly string[];
}

/** The process that listens on a port of this host; undefined where none is seen. Only Linux tells. */
export async function listeningProcess(port: number): Promise<ListeningProcess | undefined> {
  if (process.platform !== 'linux') return undefined;
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'latin1').catch(() => '')),
  );
  const inodes = tables.flatMap((table) => listeningInodes(table, port));
  if (inodes.length === 0) return undefined;
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (!(await hasOpen(pid, sockets))) continue;
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return { pid, words: line.split('\0').slice(0, -1) };
  }
  return undefined;
}

/** The sockets that listen on a port, by their inodes, in a table of /proc/net (proc(5), /proc/net/tcp). */
export function listeningInodes(table: string, port: number): string[] {
  const LISTEN = '0A';
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [local = '', state, inode] = [fields[1], fields[3], fields[9]];
    const isThere = state === LISTEN && Number.parseInt(local.split(':')[1] ?? '', 16) === port;
    return isThere && inode !== undefined ? [inode] : [];
  });
}

async function hasOpen(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const files = await readdir(folder).catch(() => []);
  const links = await Promise.all(files.map((file) => readlink(path.join(folder, file)).catch(() => '')));
  return links.some((link) => sockets.has(link));
}
