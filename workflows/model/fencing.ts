/**
 * Numbers that keep a call which lands late from undoing what came after it (H8). The gate refuses an order whose number is
 * lower than the one it follows; who finds a greater number than its own leaves the log alone. Only this file counts.
 */

/** The two numbers of an attempt: its own orders carry the first, those that take it back the second. */
export interface Fence {
  readonly act: number;
  readonly undo: number;
}

/**
 * No order and no mark has a larger number. A rotation takes two for each attempt, so that it is never reached; one that is
 * larger was written by hand, and would leave no number for those that follow.
 */
export const LARGEST_NUMBER = 1_000_000_000;

/** Which attempt of which rotation something belongs to; written to the gate and into the next tree's description. */
export interface AttemptIdentity {
  readonly log: string;
  /** Names the rotation for people and marks, for example `20260131T030000Z-1f3a9c`. */
  readonly rotationId: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The number in its mark, with which it acts: one attempt after every number found when it was planned. */
  readonly number: number;
  /** The fence of its orders where that is another one: a recovery takes back an attempt whose orders may still land. */
  readonly fence?: Fence;
}

/** The fence of an attempt's orders. */
export function fenceOf({ number, fence }: Pick<AttemptIdentity, 'number' | 'fence'>): Fence {
  return fence ?? fenceFrom(number);
}

/**
 * The fence of who comes so many attempts later. No number is left out, so that an order that somebody else gives meanwhile
 * is not taken for an old one.
 */
export function laterFence({ act }: Fence, attempts: number): Fence {
  return fenceFrom(act + 2 * attempts);
}

/** A fence above all of these numbers and above the undo of each; `attempts` for what may have begun and left nothing yet. */
export function fenceAbove(numbers: readonly number[], attempts = 1): Fence {
  return laterFence(fenceFrom(Math.max(0, ...numbers)), attempts);
}

function fenceFrom(act: number): Fence {
  return { act, undo: act + 1 };
}
