import * as field from '../fields';
import { section } from '../fields';
import type { Kind } from '../kind';
import { serverFields, serverRules } from './server';

const schema = section({
  kind: field.kind('mysql').describe('Trillian keeps its trees in MySQL or MariaDB.'),
  ...serverFields(3306),
});

/** Trillian on MySQL or MariaDB. */
export const mysql: Kind<typeof schema> = { schema, rules: serverRules, ownPlaces: () => [] };
