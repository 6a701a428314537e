/** The workflows that a worker registers; their names are those in messages.ts. */
export { guardLog } from './guard-log';
export { pruneTrees } from './prune-trees';
export { recoverLog, recovery } from './recover-log';
export { cutOver, rotateLog, rotation } from './rotate-log';
