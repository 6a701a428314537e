import * as field from '../fields';
import { section } from '../fields';
import type { Kind } from '../kind';
import { serverFields, serverRules } from './server';

const schema = section({
  kind: field.kind('postgresql').describe('Trillian keeps its trees in PostgreSQL.'),
  ...serverFields(5432),
});

/** Trillian on PostgreSQL. */
export const postgresql: Kind<typeof schema> = { schema, rules: serverRules, ownPlaces: () => [] };
