/**
 * For how long after the end of its own time an activity may still say how it went, in milliseconds. Temporal gives it up
 * only then: on a busy machine the reason would otherwise be lost on its way, and a person told of a silent worker. Its
 * undo comes so much later at worst, and the lease of a hold still outlasts that (activities/steps/writes.ts).
 */
export const REPORT_MS = 500;

/** How long one try to close a next tree may take, in milliseconds: clients may be waiting for it. */
export const CLOSE_MS = 5_000;
