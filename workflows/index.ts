/** The workflows that a worker registers; their names are those in messages.ts. */
export { criticalSection } from './critical-section-workflow';
export { guardLog } from './guard-log';
export { pruneTrees } from './prune-trees';
export { recoverLog, recoverUnderLock } from './recover-log';
export { rotateLog } from './rotate-log';
export { rotateUnderLock } from './rotate-under-lock';
export { scheduledRotation } from './scheduled-rotation';
