import type { NextTreeContent } from './next-tree';

/**
 * What becomes of an attempt whose next tree may have been opened:
 * - `rollBack`: everything is as before; nobody's entry is lost by it.
 * - `forward`: the next tree is opened again and exposed.
 * - `supersede`: the next tree stays closed as one more inactive shard, and a third tree serves.
 * - `hold`: nothing of these is right or possible; a person decides.
 */
export type Decision = 'rollBack' | 'forward' | 'supersede' | 'hold';

/** What an operator wants where the next tree took entries and cannot serve. */
export type IfNextFails = 'supersede' | 'hold';

export interface SectionFacts {
  /** Read from the closed next tree (H6). */
  readonly content: NextTreeContent;
  /** The tries to go forward are used up. */
  readonly forwardFailed: boolean;
  /** The current tree has grown since its end was handed over: every index of the next tree would shift (H1). */
  readonly currentGrew: boolean;
  readonly ifNextFails: IfNextFails;
}

/** Decides by Trillian's facts alone, so that whoever asks again after a Terminate comes to the same answer (H6). */
export function decide({ content, forwardFailed, currentGrew, ifNextFails }: SectionFacts): Decision {
  if (content === 'nothing' || content === 'handover') {
    return 'rollBack';
  }
  if (currentGrew) {
    return 'hold';
  }
  return forwardFailed ? ifNextFails : 'forward';
}
