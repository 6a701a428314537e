import type { DatabaseConfiguration, InstallationConfiguration } from './configuration';
import { postgresql } from './database/postgresql';
import { host } from './installation/host';
import type { Kind } from './kind';

/** The forms that a section with a `kind` may have. */
export interface Kinds {
  readonly installation: readonly Kind<InstallationConfiguration>[];
  readonly database: readonly Kind<DatabaseConfiguration>[];
}

/** All kinds that there are. To add one, write its file and name it here; workers/systems.ts then asks how to connect it. */
export const allKinds: Kinds = { installation: [host], database: [postgresql] };
