/** The workflows that a worker registers; their names are those in messages.ts. */
export { cutOver, rotateLog, rotation } from './rotate-log';
