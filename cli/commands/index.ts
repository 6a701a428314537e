import { createRequire } from 'node:module';

const load = createRequire(__filename);

/**
 * The module of each command, read when the command is called: Temporal's packages alone take longer to read than
 * `--help` may take. A dynamic import would do the same, but cannot name a TypeScript file in the tests.
 */
export const commands = {
  cancel: () => load('./cancel') as typeof import('./cancel'),
  config: () => load('./config') as typeof import('./config'),
  gate: () => load('./gate') as typeof import('./gate'),
  prune: () => load('./prune') as typeof import('./prune'),
  recover: () => load('./recover') as typeof import('./recover'),
  resume: () => load('./resume') as typeof import('./resume'),
  rotate: () => load('./rotate') as typeof import('./rotate'),
  status: () => load('./status') as typeof import('./status'),
  worker: () => load('./worker') as typeof import('./worker'),
};
