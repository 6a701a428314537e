/**
 * Times that depend on each other, in milliseconds; test/model/deadlines.test.ts holds how. Who repeats what within them
 * stands in workflows/bounds.ts.
 */

/** A worker shows this often that it lives while it runs an activity. */
export const SIGN_OF_LIFE_EVERY_MS = 200;

/** Without a sign of life for so long, the worker of an activity that clients may wait for is taken for dead (H21). */
export const FIRST_SIGN_OF_LIFE_MS = 1_000;

/**
 * The same of a critical section, as a share of its time. Nothing is taken back before that is over, so little is gained by
 * giving it up sooner: 0.3 s where its worker dies late in it. And the worker that is started next needs a second until it can
 * say that no call of it can land.
 */
const SECTION_SIGN_OF_LIFE_SHARE = 0.6;

/** Without a sign of life for so long, the worker of a critical section of so many milliseconds is taken for dead; milliseconds. */
export function sectionSignOfLifeMs(sectionMs: number): number {
  return Math.max(FIRST_SIGN_OF_LIFE_MS, Math.round(sectionMs * SECTION_SIGN_OF_LIFE_SHARE));
}

/** The same while nobody waits: a busy machine is no dead one. */
export const PREPARING_SIGN_OF_LIFE_MS = 3_000;

/** The same for an activity that runs for long. */
export const LONG_SIGN_OF_LIFE_MS = 5_000;

/**
 * For how long after the end of its own time an activity may still say how it went. Temporal gives it up only then: on a
 * busy machine the reason would otherwise be lost on its way, and a person told of a silent worker. Its undo comes so much
 * later at worst.
 */
export const REPORT_MS = 500;

/** What was sent in the last instant of an activity's time has landed this much later. */
export const CALL_LANDS_MS = 100;

/** The same as a workflow counts it, whose clock is another one. */
export const LANDED_MS = 200;

/** The lease of a hold outlasts the critical section by this much at least: time for the undo to say what follows. */
export const LEASE_MARGIN_MS = 1_000;

/** Whoever gives the section more time has a slower log: its undo gets this share of that time, where it is more. */
const LEASE_MARGIN_SHARE = 0.4;

/** How long the gate holds writes for a critical section of so many milliseconds where nobody tells it to go on; milliseconds. */
export function holdLeaseMs(sectionMs: number): number {
  return Math.round(sectionMs + Math.max(LEASE_MARGIN_MS, sectionMs * LEASE_MARGIN_SHARE));
}

/** How long writes wait at most between the undo of a freeze and that of a hold, where nobody comes to the second. */
export const UNDO_LEASE_MS = 2_000;

/**
 * How long the worker that stands by may take to give clients their writes back: what they have waited by then, and this, is
 * less than `gate.maxWait` unless something else is slow.
 */
export const TAKE_BACK_MS = 2_000;

/** How long one try to close a next tree may take: clients may be waiting for it. */
export const CLOSE_MS = 5_000;

/** How long the proof that a closed tree is drained may take at most in it. */
export const LONGEST_DRAIN_MS = 4_000;

/** How long the writes of a log are watched in one go at most: two weeks. A timer of Node.js takes 24 days. */
export const LONGEST_WATCH_MS = 1_209_600_000;

/** A worker that does not answer for so long is not counted on. */
export const ANSWERS_MS = 2_000;

/** How long one try of a look may take. */
export const LOOK_MS = 30_000;
