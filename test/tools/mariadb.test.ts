import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureMariadb } from '../../tools/mariadb';

/** Folders instead of those of this machine, so that no server of it is found. */
function folderWith(...programs: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'mariadb-'));
  for (const name of programs) {
    writeFileSync(join(folder, name), '#!/bin/sh\nexit 1\n');
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

const PROGRAMS = ['mariadbd', 'mariadb-install-db', 'my_print_defaults'];

const notToBeSaid = (line: string): void => {
  throw new Error(`Said: ${line}`);
};

it('is found where servers are that are not on PATH, and nothing is installed', async () => {
  const servers = folderWith('mariadbd');
  const others = folderWith('mariadb-install-db', 'my_print_defaults', 'apt-get');
  expect(await ensureMariadb({ report: notToBeSaid, path: others, servers, mayInstall: true })).toEqual({
    server: join(servers, 'mariadbd'),
    install: join(others, 'mariadb-install-db'),
  });
});

it('is installed where that may be done, which is said before, by packages without a service', async () => {
  const folder = folderWith();
  const made = PROGRAMS.map((name) => `echo > ${name}; /bin/chmod 755 ${name}`).join('; ');
  const install = `#!/bin/sh\n[ "$1" = update ] || { cd "\${0%/*}"; ${made}; }\n`;
  writeFileSync(join(folder, 'apt-get'), install, { mode: 0o755 });
  const said: string[] = [];
  const options = { report: (line: string) => said.push(line), path: folder, servers: '', mayInstall: true };
  expect((await ensureMariadb(options)).server).toBe(join(folder, 'mariadbd'));
  expect(said).toEqual([
    'There is no mariadbd on PATH. Installing it, once: apt-get install -y --no-install-recommends mariadb-server-core mariadb-client-core',
  ]);
});

it('that is missing elsewhere is an error which says how to install it', async () => {
  const options = { report: notToBeSaid, path: folderWith(), servers: '', mayInstall: false };
  await expect(ensureMariadb(options)).rejects.toThrow(
    'as root: apt-get install -y --no-install-recommends mariadb-server-core mariadb-client-core',
  );
});
