import { assumed, type Setting } from './settings';

const GRANTS = 'docs/configuration.md, "The database", has the two rights that it needs.';

/** The user that reads Trillian's database; it is new. */
export function databaseReader(): Setting[] {
  return [
    assumed('user', 'rekor_rotate', `make this user: ${GRANTS}`),
    assumed('password', { file: 'secrets/trillian-database-password' }, 'make this file, with its password.'),
  ];
}
