import * as field from '../fields';
import { section } from '../fields';
import type { Kind } from '../kind';
import type { SecretReference } from '../secrets';

/** Trillian on PostgreSQL. */
export interface PostgresqlConfiguration {
  readonly kind: 'postgresql';
  readonly url: SecretReference;
}

const schema = section({
  kind: field.kind('postgresql').describe('Trillian keeps its trees in PostgreSQL.'),
  url: field
    .secret()
    .describe(
      "Where the postgresql:// URL of Trillian's database stands. Its user reads two tables; docs/configuration.md has the grants.",
    ),
});

/** Trillian on PostgreSQL. */
export const postgresql: Kind<PostgresqlConfiguration, typeof schema> = {
  schema,
  rules: () => [],
  ownPlaces: () => [],
  configured: ({ kind, url }, place) => ({ kind, url: place.secret('url', url) }),
};
