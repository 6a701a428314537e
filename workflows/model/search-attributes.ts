/**
 * What lists of workflows show, and can be searched for, also without a worker: all of type Keyword. The worker makes them
 * where it may; what is missing is never set, because a workflow that sets one that is not there stands still (H24).
 */
export const searchAttributes = {
  log: 'RekorLog',
  phase: 'RekorRotationPhase',
  outcome: 'RekorRotationOutcome',
  activeTree: 'RekorActiveTree',
} as const;

export type SearchAttribute = (typeof searchAttributes)[keyof typeof searchAttributes];

export const searchAttributeNames: readonly SearchAttribute[] = Object.values(searchAttributes);
