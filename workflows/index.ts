/** The workflows that a worker registers; their names are those in messages.ts. */
export { guardLog } from './guard-log';
export { pruneTrees } from './prune-trees';
export { recoverLog, recoverUnderLock } from './recover-log';
export { criticalSection, rotateLog, rotateUnderLock } from './rotate-log';
