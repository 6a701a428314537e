import * as field from '../fields';
import { section } from '../fields';
import type { Kind } from '../kind';

const schema = section({
  kind: field.kind('postgresql').describe('Trillian keeps its trees in PostgreSQL.'),
  url: field
    .secret()
    .describe(
      "Where the postgresql:// URL of Trillian's database stands. Its user reads two tables; docs/configuration.md has the grants.",
    ),
});

/** Trillian on PostgreSQL. */
export const postgresql: Kind<typeof schema> = { schema, rules: () => [], ownPlaces: () => [] };
