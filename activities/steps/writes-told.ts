import type { AttemptInput } from '../../workflows/model/actions';
import type { WriteStall } from '../../workflows/model/evidence';
import { fenceOf, type AttemptIdentity } from '../../workflows/model/fencing';
import { pause } from '../bounds/waiting';
import type { TrafficState } from '../traffic/traffic';
import type { Act } from './act';
import { sendToCurrent } from './writes';

/** So long after an undo the first write that had waited is waited for: its acknowledgement ends the stall. Milliseconds. */
const ACKNOWLEDGED_WITHIN_MS = 1_000;

/** How often that is looked at, in milliseconds. */
const LOOK_EVERY_MS = 20;

/**
 * Sends clients to the current release, then says how writes fared in the gate during the hold that this ends; null when
 * the gate has no figures of one of this attempt, or does not tell them. That fails no undo: clients are served by then.
 */
export const sendBack: Act<AttemptInput, WriteStall | null> = async (systems, input) => {
  await sendToCurrent(systems, input);
  const { traffic, bounds } = systems;
  const until = performance.now() + Math.min(ACKNOWLEDGED_WITHIN_MS, bounds.remainingMs() / 2);
  let told: WriteStall | null = null;
  try {
    for (;;) {
      const state = await traffic.state(bounds.signal);
      told = toldOf(state, input.identity);
      if (isWhole(state, told) || performance.now() >= until) {
        return told;
      }
      await pause(LOOK_EVERY_MS, bounds.signal);
    }
  } catch {
    return told;
  }
};

/** Nothing is to come any more: no write waits, and one that arrived after the first that waited was acknowledged. */
function isWhole({ writesWaiting }: TrafficState, told: WriteStall | null): boolean {
  return told === null || (writesWaiting === 0 && (told.stallMs !== null || told.held + told.refused === 0));
}

/**
 * How writes fared in the gate during a hold of this attempt; null when its last hold was of another one. Where a recovery or
 * a later try ended the attempt, that has a number between its first one and that of the end.
 */
export function toldOf({ hold }: Pick<TrafficState, 'hold'>, identity: AttemptIdentity): WriteStall | null {
  if (!hold || hold.number < identity.number || hold.number > fenceOf(identity).undo) {
    return null;
  }
  const { stallMs, longestWaitMs, held, refused, turnedAway, resent, dropped } = hold;
  return {
    // The gate tells fractions of a millisecond, which nobody reads.
    stallMs: stallMs === null ? null : Math.round(stallMs),
    longestWaitMs: Math.round(longestWaitMs),
    ...{ held, refused, turnedAway, resent, dropped },
  };
}
