import { delimiter } from 'node:path';
import { ensureInstalled, type InstallOptions } from './debian-package';

/** Where systems keep servers that users do not start by hand, and so do not have on their PATH. */
const SERVERS = ['/usr/sbin', '/usr/local/sbin'].join(delimiter);

/** MariaDB's server, and what makes the files of a database for it. */
export interface MariadbPrograms {
  readonly server: string;
  readonly install: string;
}

export interface MariadbOptions extends InstallOptions {
  /** More folders to look in, as PATH has them. */
  readonly servers?: string;
}

/**
 * The MariaDB of this system, for the lab. On Debian, root installs the programs when they are missing, which is said
 * beforehand: `mariadb-server-core` has the server and no service that could start, and `mariadb-client-core` has
 * `my_print_defaults`, without which mariadb-install-db does nothing. Its version is not pinned: people have any.
 *
 * @returns the paths of its programs.
 * @throws an error that says how to install them.
 */
export async function ensureMariadb({
  path = process.env['PATH'],
  servers = SERVERS,
  ...options
}: MariadbOptions): Promise<MariadbPrograms> {
  const ensure = (name: string): Promise<string> =>
    ensureInstalled(
      {
        names: [name],
        debianPackages: ['mariadb-server-core', 'mariadb-client-core'],
        neededBy: 'the lab needs it for --database mariadb',
        elsewhere: "Elsewhere install MariaDB's server as your system does. The lab needs no service of it.",
      },
      { ...options, path: [path, servers].filter(Boolean).join(delimiter) },
    );
  const server = await ensure('mariadbd');
  await ensure('my_print_defaults');
  return { server, install: await ensure('mariadb-install-db') };
}
