import { createRequire } from 'node:module';

const load = createRequire(__filename);

/**
 * The module of each command, read when the command is called: Temporal's packages alone take longer to read than
 * `--help` may take. A dynamic import would do the same, but cannot name a TypeScript file in the tests.
 */
export const commands = {
  approve: () => load('./approve') as typeof import('./approve'),
  audit: () => load('./audit') as typeof import('./audit'),
  cancel: () => load('./cancel') as typeof import('./cancel'),
  config: () => load('./config') as typeof import('./config'),
  doctor: () => load('./doctor') as typeof import('./doctor'),
  gate: () => load('./gate') as typeof import('./gate'),
  history: () => load('./history') as typeof import('./history'),
  init: () => load('./init') as typeof import('./init'),
  insertedGate: () => load('./inserted-gate') as typeof import('./inserted-gate'),
  instruct: () => load('./instruct') as typeof import('./instruct'),
  prune: () => load('./prune') as typeof import('./prune'),
  quietHours: () => load('./quiet-hours') as typeof import('./quiet-hours'),
  receipt: () => load('./receipt') as typeof import('./receipt'),
  receiptVerify: () => load('./receipt-verify') as typeof import('./receipt-verify'),
  recover: () => load('./recover') as typeof import('./recover'),
  resume: () => load('./resume') as typeof import('./resume'),
  rotate: () => load('./rotate') as typeof import('./rotate'),
  scheduleChange: () => load('./schedule-change') as typeof import('./schedule-change'),
  scheduleCreate: () => load('./schedule-create') as typeof import('./schedule-create'),
  scheduleShow: () => load('./schedule-show') as typeof import('./schedule-show'),
  status: () => load('./status') as typeof import('./status'),
  worker: () => load('./worker') as typeof import('./worker'),
};
