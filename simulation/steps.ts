import { stepNames } from '../workflows/rotation';
import type { RunningActivity } from './temporal/running-activity';

/** The steps at which faults are aimed, in the words of the rotation; undos as `undo STEP`. */
export const steps = [
  'preflight',
  'schedule',
  'lull',
  ...stepNames,
  'rehearse',
  'stand by',
  'forward',
  'undo verify',
  'undo freeze',
  'undo hold',
  'undo start',
  'undo stage',
  'undo createTree',
  'look back',
  'supersede',
  'recover',
  'guard',
  'after the end',
] as const;
export type AimedStep = (typeof steps)[number];

const byActivity: Readonly<Record<string, AimedStep>> = {
  preflight: 'preflight',
  policyProblems: 'schedule',
  scheduleFacts: 'schedule',
  watchWrites: 'lull',
  lockHolder: 'preflight',
  criticalSectionRuns: 'recover',
  leftovers: 'recover',
  superseding: 'supersede',
  createNextTree: 'createTree',
  stage: 'stage',
  rehearseSection: 'rehearse',
  confirm: 'confirm',
  settle: 'settle',
  soak: 'soak',
  standBy: 'stand by',
  closeNextTree: 'undo verify',
  allowWritesToCurrent: 'undo freeze',
  sendToCurrent: 'undo hold',
  stop: 'undo start',
  discard: 'undo stage',
  retireNextTree: 'undo createTree',
  lookBack: 'look back',
  guard: 'guard',
};

/** How far a section has come: that it closes the current tree, or looks whether the log is its own still, to open the next. */
const halves = new WeakMap<RunningActivity, 'closing' | 'opening'>();

/** Once the current tree is being closed, trees are listed by the opening first. */
function inOpening(by: RunningActivity, method: string): boolean {
  const before = halves.get(by);
  if (method === 'UpdateTree' && !before) {
    halves.set(by, 'closing');
  } else if (method === 'ListTrees' && before) {
    halves.set(by, 'opening');
  }
  return halves.get(by) === 'opening';
}

/** Which step an activity is in when it makes this call; undefined for one that belongs to none. */
export function stepOf(by: RunningActivity, system: string, method: string): AimedStep | undefined {
  const section = by.type === 'holdToExpose';
  if (section && !inOpening(by, method)) {
    if (system === 'gate' || isOfFront(method)) {
      return 'hold';
    }
    return ['host', 'cluster', 'launcher'].includes(system) ? 'start' : 'freeze';
  }
  if (section || by.type === 'goForward') {
    if (
      (system === 'gate' && ['begin', 'switch', 'send'].includes(method)) ||
      (isOfFront(method) && method.startsWith('PATCH'))
    ) {
      return 'expose';
    }
    return by.type === 'goForward' ? 'forward' : 'verify';
  }
  return byActivity[by.type];
}

/** Whether a call to the API server is about what leads clients where no gate does. */
function isOfFront(method: string): boolean {
  return /^[A-Z]+ (services|leases) /.test(method);
}

/** So many calls a step makes, about: where in it a fault is aimed. */
export const callsOf: Readonly<Record<AimedStep, number>> = {
  preflight: 20,
  schedule: 8,
  lull: 16,
  createTree: 12,
  stage: 24,
  hold: 5,
  start: 2,
  freeze: 14,
  verify: 16,
  expose: 1,
  confirm: 16,
  settle: 20,
  soak: 8,
  rehearse: 36,
  'stand by': 10,
  forward: 14,
  'undo verify': 12,
  'undo freeze': 8,
  'undo hold': 3,
  'undo start': 3,
  'undo stage': 14,
  'undo createTree': 4,
  'look back': 5,
  supersede: 4,
  recover: 8,
  guard: 8,
  'after the end': 1,
};
