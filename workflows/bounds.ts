import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import type { Actions, AttemptInput } from './model/actions';
import {
  ANSWERS_MS,
  CLOSE_MS,
  FIRST_SIGN_OF_LIFE_MS,
  LANDED_MS,
  LONG_SIGN_OF_LIFE_MS,
  LONGEST_WATCH_MS,
  LOOK_MS,
  PREPARING_SIGN_OF_LIFE_MS,
  REPORT_MS,
} from './model/deadlines';
import type { InstallationPatience } from './model/installation';
import { FEW_TRIES, type Patience } from './model/patience';
import type { StepName, UndoableStep } from './model/steps';
import { stepNamed } from './rotation';

/** How one try of an activity is bounded, and who tries it again. Times in milliseconds. */
export interface Bounds<
  TryMs = number | 'section' | keyof InstallationPatience,
  TriedAgainBy = 'nobody' | 'few' | 'stubborn',
> {
  /** What the Temporal UI says of it, beside its type. */
  readonly summary: string;
  /** How long one try may take. `section`: what is left of the critical section; a name: what the installation says. */
  readonly tryMs: TryMs;
  /** Without a sign of life for so long, its worker is taken for dead. */
  readonly signOfLifeMs: number;
  /**
   * Who tries it again. `nobody`: clients wait, so the section is undone instead. `few`: nobody waits, so it is tried three
   * times, then the rotation is taken back. `stubborn`: it must succeed; retry-and-hold.ts says how often, and asks a person.
   */
  readonly triedAgainBy: TriedAgainBy;
  /** It changes trees or files, which no number fences: nothing follows a try before that can act no more (H8). */
  readonly fencedByTime?: true;
}

/** A sign of life at least so often: what is expected follows from the time of the section. */
const section = { tryMs: 'section', signOfLifeMs: FIRST_SIGN_OF_LIFE_MS, triedAgainBy: 'nobody' } as const;
const quick = { signOfLifeMs: FIRST_SIGN_OF_LIFE_MS, triedAgainBy: 'stubborn' } as const;
const long = { signOfLifeMs: LONG_SIGN_OF_LIFE_MS, triedAgainBy: 'stubborn' } as const;
const fencedByTime = true;
const few = { triedAgainBy: 'few', fencedByTime } as const;

/** What a step does, as the list of steps has it. */
function said(name: StepName): string {
  return stepNamed(name).does;
}

/** What its undo leaves. */
function undone(name: UndoableStep): string {
  const { undo } = stepNamed(name);
  return `undo ${name}${typeof undo === 'string' ? '' : `: ${undo.leaves}`}`;
}

/** Each action's bounds: the one place that says how long it is tried, and who tries it again. */
export const bounds = {
  createNextTree: {
    summary: `createTree: ${said('createTree')}`,
    tryMs: 10_000,
    signOfLifeMs: PREPARING_SIGN_OF_LIFE_MS,
    ...few,
  },
  retireNextTree: { summary: undone('createTree'), tryMs: 20_000, ...quick },
  stage: { summary: said('stage'), tryMs: 'stageMs', signOfLifeMs: LONG_SIGN_OF_LIFE_MS, ...few },
  discard: { summary: undone('stage'), tryMs: 'discardMs', ...quick, fencedByTime },
  holdToExpose: { summary: 'hold, start, freeze, verify, expose', ...section },
  sendToCurrent: { summary: undone('hold'), tryMs: 2_000, ...quick },
  stop: { summary: undone('start'), tryMs: 'stopMs', ...quick },
  allowWritesToCurrent: { summary: undone('freeze'), tryMs: 2_000, ...quick, fencedByTime },
  standBy: {
    summary: 'stands by, should the worker of the section be lost',
    tryMs: 'section',
    signOfLifeMs: FIRST_SIGN_OF_LIFE_MS,
    triedAgainBy: 'nobody',
  },
  goForward: {
    summary: 'forward: opens the next tree again, sends everything there',
    tryMs: 10_000,
    ...quick,
    fencedByTime,
  },
  closeNextTree: { summary: undone('verify'), tryMs: CLOSE_MS, ...quick, fencedByTime },
  lookBack: { summary: 'look back: is all as before', tryMs: 8_000, ...quick, fencedByTime },
  confirm: { summary: said('confirm'), tryMs: 600_000, ...long },
  // It waits in itself until the current release may stop.
  settle: { summary: said('settle'), tryMs: 5_400_000, ...long },
  soak: { summary: said('soak'), tryMs: 5_400_000, ...long },
} as const satisfies Readonly<Record<keyof Actions, Bounds>>;

/**
 * That of a rehearsal. A section that takes much longer than a rotation may is no failure of it: that is what it is to find
 * out.
 */
export const rehearsalBounds = {
  summary:
    'rehearse: watches writes, starts the next release while its tree drains, proves it, reads as an opening does',
  tryMs: 30_000,
  signOfLifeMs: LONG_SIGN_OF_LIFE_MS,
  ...few,
} as const satisfies Bounds;

/** The bounds of an action that takes the installation as long as it says for itself. */
export function asInstalled<By>(
  bound: Bounds<keyof InstallationPatience, By>,
  { release }: Pick<AttemptInput, 'release'>,
): Bounds<number, By> {
  return { ...bound, tryMs: release.patience[bound.tryMs] };
}

/** Without it an undo would run beside its step: the SDK's default reports a cancelled activity before it has ended. */
const waits = { cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED } as const;

/**
 * One try, which the workflow may repeat. In the critical section nothing is tried again but inside the activity: a timer of
 * Temporal's below a second takes a second on a server with default settings.
 */
export function oneTry({ summary, tryMs, signOfLifeMs }: Bounds<number>): ActivityOptions {
  const givenUpMs = tryMs + REPORT_MS;
  return {
    ...waits,
    summary,
    heartbeatTimeout: signOfLifeMs,
    startToCloseTimeout: givenUpMs,
    // The activity counts from its scheduling, too: it does not act beyond this, however late it was started (H8).
    scheduleToCloseTimeout: givenUpMs,
    retry: { maximumAttempts: 1 },
  };
}

/** As many tries as whoever must see it succeed has patience for, each bounded like a single one. */
export function tries(bound: Bounds<number>, patience: Patience): ActivityOptions {
  if (patience.tries === 1) {
    return oneTry(bound);
  }
  const { tryMs } = bound;
  // A try whose worker is not heard of any more may act that much longer.
  const apartMs = bound.fencedByTime ? tryMs + LANDED_MS - bound.signOfLifeMs : 0;
  const initialInterval = Math.max(patience.pauseMs, apartMs);
  const maximumInterval = Math.max(patience.longestPauseMs, initialInterval);
  return {
    ...waits,
    summary: bound.summary,
    heartbeatTimeout: bound.signOfLifeMs,
    startToCloseTimeout: tryMs + REPORT_MS,
    retry: { initialInterval, backoffCoefficient: 2, maximumInterval, maximumAttempts: patience.tries },
  };
}

/** A look, which changes nothing. Temporal itself repeats it a few times. */
export function look(summary: string): ActivityOptions {
  return {
    ...waits,
    summary,
    heartbeatTimeout: LONG_SIGN_OF_LIFE_MS,
    startToCloseTimeout: LOOK_MS,
    retry: { initialInterval: '1 second', maximumAttempts: FEW_TRIES },
  };
}

/** A question to one worker: whether it answers at once. */
export function askOnce(summary: string): ActivityOptions {
  return { ...waits, summary, scheduleToCloseTimeout: ANSWERS_MS, retry: { maximumAttempts: 1 } };
}

/**
 * A look that lasts: it says what it saw after `forAtMostMs` at the latest, and begins again with another worker where one
 * dies. Its tries end together, at a time that the server counts.
 */
export function longLook(summary: string, forAtMostMs: number): ActivityOptions {
  const givenUpMs = Math.min(forAtMostMs, LONGEST_WATCH_MS) + LOOK_MS + REPORT_MS;
  return {
    ...waits,
    summary,
    heartbeatTimeout: LONG_SIGN_OF_LIFE_MS,
    startToCloseTimeout: givenUpMs,
    scheduleToCloseTimeout: givenUpMs,
    retry: { initialInterval: '1 second', maximumInterval: '10 seconds' },
  };
}

/** A look without which nothing goes on: as often as the patience says. */
export function stubbornLook(summary: string, patience: Patience): ActivityOptions {
  return tries({ summary, tryMs: LOOK_MS, ...long }, patience);
}
