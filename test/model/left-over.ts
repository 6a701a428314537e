import type { MarkedTree } from '../../workflows/model/mark';
import type { FoundLeftovers } from '../../workflows/model/recovery';
import { slotBlue, slotGreen } from './two-slots';
import { aFoundLog } from './found-log';

const { installation, current, timing } = aFoundLog();

export const nextTree: MarkedTree = {
  treeId: '300',
  state: 'FROZEN',
  identity: { log: 'production', rotationId: 'r', attempt: 1, number: 7 },
};

/** A log in good order, beside a tree that a rotation retired. */
export const nothingLeft: FoundLeftovers = {
  installation,
  traffic: { mode: 'pass', number: 8, attemptId: 'r/1' },
  current,
  marked: [nextTree],
  inactive: [{ treeId: '100', length: 10 }],
  withEntries: [],
  timing,
};

/** A rotation ended between its preparation and its exposure. */
export const notExposed: FoundLeftovers = {
  ...nothingLeft,
  installation: { ...installation, unfinishedOn: { current: null, next: 'r/1' } },
  traffic: { mode: 'healing', number: 7, attemptId: 'r/1' },
  marked: [{ ...nextTree, state: 'DRAINING' }],
};

/** A rotation ended between its exposure and its end: its next tree serves. */
export const exposed: FoundLeftovers = {
  ...nothingLeft,
  installation: {
    ...installation,
    current: slotGreen,
    next: slotBlue,
    replaced: slotBlue,
    activeTreeId: '300',
    inactiveTreeIds: ['100', '200'],
    unfinishedOn: { current: 'r/1', next: null },
  },
  current: { treeId: '300', state: 'ACTIVE' },
  marked: [{ ...nextTree, state: 'ACTIVE' }],
  inactive: [
    { treeId: '100', length: 10 },
    { treeId: '200', length: 20 },
  ],
};
