import { mysql } from './database/mysql';
import { postgresql } from './database/postgresql';
import { host } from './installation/host';
import { kubernetes } from './installation/kubernetes';
import type { Kind } from './kind';

/** The forms that a section with a `kind` may have. */
export interface Kinds<Installation extends Kind = Kind, Database extends Kind = Kind> {
  readonly installation: readonly Installation[];
  readonly database: readonly Database[];
}

/** All kinds that there are. To add one, write its file and name it here; workers/systems.ts then asks how to connect it. */
export const allKinds = { installation: [host, kubernetes], database: [postgresql, mysql] } satisfies Kinds;
