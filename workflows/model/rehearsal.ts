import type { AttemptInput, OfRun } from './actions';

/**
 * What a rehearsal measures of a critical section, and what follows from it. Milliseconds throughout.
 *
 * A rehearsal ends a tree of its own and starts the release that serves nobody, as a rotation does. It does not touch what
 * clients use, so two parts are computed: how long the signer takes to integrate what is on its way, and what is new. Both are
 * known from the calls that clients make now.
 */

/** What clients do now. */
export interface WritesSeen {
  readonly perSecond: number;
  /** How long their calls to Rekor take; null where nothing counts them, or nobody has written yet. */
  readonly callMs: number | null;
}

/** The half of the section that closes the current tree. */
export interface RehearsedClosing {
  readonly writes: WritesSeen;
  /** One question to what decides where writes go. */
  readonly trafficMs: number;
  /** Until the next release was started, beside the drain. */
  readonly startMs: number;
  /** From DRAINING to the proven end of the tree. */
  readonly drainMs: number;
  /** Both together. */
  readonly closedMs: number;
}

/** The half that opens the next tree. */
export interface RehearsedOpening {
  /** From the end of the first half, until each instance of the next release was seen to serve. */
  readonly proveMs: number;
  /** A change of a tree's state, and what is read before and after it. */
  readonly openMs: number;
}

/** Both halves. */
export type RehearsedSection = RehearsedClosing & RehearsedOpening;

/** What a rehearsal may have done to the world; no rotation calls it. */
export interface Rehearsal {
  /**
   * Watches the writes of clients for some seconds. Then starts the next release while the next tree, which nobody writes to,
   * is drained and FROZEN; looks at that release as a rotation proves it, and sets the tree FROZEN once more. In one activity,
   * as a section is. Refuses ALREADY_ROTATED, EARLIER_RUN_MAY_ACT.
   */
  rehearseSection(input: AttemptInput & OfRun): Promise<RehearsedSection>;
}

/** What a forecast takes from the plan. */
export interface ForecastGround {
  /** From one pass of the signers to the next; null when it was not measured. */
  readonly passMs: number | null;
  readonly criticalSectionMs: number;
  /** Whether writes can be held at all. */
  readonly holds: boolean;
  /** Whether the drain of a tree is proven by passes of the signers, and so depends on where in their interval it begins. */
  readonly drainAwaitsPasses: boolean;
}

/** From the least to the most that is likely. */
export interface Span {
  readonly least: number;
  readonly most: number;
}

/**
 * How far a rotation may lie from its forecast, by what is known to vary: where between two passes of the signers it comes,
 * whether an entry is on its way, and when the first write comes. What was measured was measured once, and counts as it was.
 */
export interface ForecastRange {
  readonly stallMs: Span;
  readonly longestWaitMs: Span;
  readonly heldWrites: Span;
  readonly sectionMs: Span;
}

/** What a rotation would cost clients now. */
export interface Forecast {
  /** From the first write that has to wait until it or a later one is acknowledged. */
  readonly stallMs: number;
  /** The longest that one write is kept waiting. */
  readonly longestWaitMs: number;
  /** How many writes have to wait, at the present rate. */
  readonly heldWrites: number;
  readonly writesPerSecond: number;
  /** From the hold to the exposure; a rotation that is not through in `criticalSectionMs` is taken back. */
  readonly sectionMs: number;
  readonly criticalSectionMs: number;
  /** Whether no write has to fail: they can be held, and what is likely leaves a quarter of the time for what is not. */
  readonly fits: boolean;
  /** What the section is made of, in its order. */
  readonly parts: readonly ForecastPart[];
  /** Absent in what was recorded before there was one. */
  readonly range?: ForecastRange;
}

export interface ForecastPart {
  readonly what: string;
  readonly ms: number;
  readonly by: 'measured' | 'computed';
  /** How short and how long it may be; absent where nothing is known to change it. */
  readonly between?: Span;
}

/** Where nobody has written and no pass was seen: as on the bench. */
const UNKNOWN_CALL_MS = 150;

/** A call waits for a pass and for what Rekor does before and after it. */
const BESIDE_PASS_MS = 50;

/** What is likely may take this share of the time. */
const SHARE_OF_TIME = 0.75;

/** What a rotation would cost clients, from what a rehearsal has measured. Pure. */
export function forecastOf(
  { writes, trafficMs, startMs, drainMs, closedMs, proveMs, openMs }: RehearsedSection,
  { passMs, criticalSectionMs, holds, drainAwaitsPasses }: ForecastGround,
): Forecast {
  const { perSecond } = writes;
  const callMs = writes.callMs ?? (passMs === null ? UNKNOWN_CALL_MS : passMs + BESIDE_PASS_MS);
  // How likely it is that a call is under way when the hold begins, if clients know nothing of each other.
  const inFlight = 1 - Math.exp((-perSecond * callMs) / 1000);
  const pass = passMs ?? callMs;
  const besides = (ms: number): number => Math.max(0, ms - proveMs);
  const again = perSecond === 0 ? undefined : span(proveMs, proveMs + startMs + proveMs);
  const drain = drainAwaitsPasses ? span(Math.max(startMs, closedMs - pass), closedMs + pass) : undefined;
  const parts = [
    measured('the order to hold', trafficMs),
    // A leaf that is queued then waits for a pass, and the next release gets ready meanwhile; none of the calls is waited for.
    computed(
      'the entries on their way',
      besides(inFlight * pass),
      span(0, perSecond === 0 ? 0 : besides(pass)),
    ),
    measured(startMs > drainMs ? 'the start of the next release' : 'the drain of the tree', closedMs, drain),
    // It is started again where entries came after it had read how many there are.
    measured('what the next release serves', proveMs, again),
    measured('the opening of the tree', openMs),
    // From a pass that begins just then to one that has just begun.
    computed('the handover leaf', pass, span(0, pass)),
    measured('the order to send writes on', trafficMs),
  ];
  const section = (of: (part: ForecastPart) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  const sectionMs = section(({ ms }) => ms);
  const sections = span(
    section(({ ms, between }) => between?.least ?? ms),
    section(({ ms, between }) => between?.most ?? ms),
  );
  const firstWithin = (ms: number): number => (perSecond === 0 ? 0 : Math.min(1000 / perSecond, ms));
  const waits = span(sections.least - firstWithin(sections.least), sections.most);
  const held = (ms: number): number => (perSecond * ms) / 1000;
  const firstArrivesMs = firstWithin(sectionMs);
  return {
    stallMs: Math.round(sectionMs - firstArrivesMs + callMs),
    longestWaitMs: Math.round(sectionMs - firstArrivesMs),
    heldWrites: Math.round(held(sectionMs)),
    writesPerSecond: Number(perSecond.toPrecision(2)),
    sectionMs,
    criticalSectionMs,
    fits: holds && sectionMs <= SHARE_OF_TIME * criticalSectionMs,
    parts,
    range: {
      stallMs: span(waits.least + callMs, waits.most + callMs),
      longestWaitMs: waits,
      heldWrites: span(held(sections.least), held(sections.most)),
      sectionMs: sections,
    },
  };
}

function span(least: number, most: number): Span {
  return { least: Math.round(least), most: Math.round(most) };
}

function measured(what: string, ms: number, between?: Span): ForecastPart {
  return { what, ms: Math.round(ms), by: 'measured', ...(between && { between }) };
}

function computed(what: string, ms: number, between: Span): ForecastPart {
  return { what, ms: Math.round(ms), by: 'computed', between };
}

/** A forecast in sentences: does it fit, how long would writes wait, and how many. */
export function forecastText(forecast: Forecast): string {
  const { stallMs, longestWaitMs, heldWrites, writesPerSecond, sectionMs, criticalSectionMs, fits, range } =
    forecast;
  const verdict = fits
    ? 'A rotation now would probably cost no client a failed request.'
    : 'A rotation now might cost clients failed requests, or be taken back.';
  const within = (of?: Span): string => (of ? ` (${of.least} to ${of.most})` : '');
  return [
    verdict,
    `The log would take no new entry for some ${stallMs} ms${within(range?.stallMs)}, and the longest wait of a write would be some ${longestWaitMs} ms${within(range?.longestWaitMs)}.`,
    writesPerSecond === 0
      ? 'No write came while that was watched.'
      : `At ${writesPerSecond} writes a second some ${heldWrites}${within(range?.heldWrites)} would wait.`,
    `Writes would be held for some ${sectionMs} ms${within(range?.sectionMs)}, and ${criticalSectionMs} ms is the limit.`,
    ...(range
      ? [
          'In brackets stands from the least to the most, by where the signers and the writes happen to be; what was measured was measured once, and counts as it was.',
        ]
      : []),
  ].join(' ');
}
