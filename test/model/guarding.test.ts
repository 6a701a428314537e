import { judge, type GuardFacts } from '../../workflows/model/guarding';
import { refusal } from '../../workflows/model/refusals';

const facts: GuardFacts = {
  log: 'production',
  owner: null,
  leftovers: [],
  drift: [],
  unread: [],
  stuckAfterMs: 60_000,
  recovers: true,
};
const owner = {
  ...{ workflowId: 'log-production', rotation: 'r', taskAttempts: 1, quietForMs: 1_000 },
  ...{ paused: null, waits: false },
};
const paused = { workflowId: 'log-production', since: null, by: '', reason: '' };
const drift = refusal('SERVING_TREE_CLOSED', { log: 'production', tree: '200', state: 'FROZEN' });
const unread = refusal('GATE_UNREACHABLE', {
  log: 'production',
  url: 'http://127.0.0.1:1',
  reason: 'refused',
});

describe('the guardian', () => {
  it.each<[string, Partial<GuardFacts>, string[], boolean]>([
    ['is silent when all is well', {}, [], false],
    [
      'is silent while a rotation goes on',
      { owner, leftovers: ['the gate holds writes'], drift: [drift] },
      [],
      false,
    ],
    [
      'tells of a rotation in which nothing happens',
      { owner: { ...owner, quietForMs: 60_001 } },
      ['ROTATION_STUCK'],
      false,
    ],
    [
      'is silent about one that waits for a person',
      { owner: { ...owner, quietForMs: 60_001, waits: true } },
      [],
      false,
    ],
    [
      'tells of one that no worker can go on with (H23)',
      { owner: { ...owner, taskAttempts: 5 } },
      ['ROTATION_STUCK'],
      false,
    ],
    [
      'tells of one that somebody has paused, and neither calls it stuck nor puts a hand to it',
      {
        owner: { ...owner, taskAttempts: 5, quietForMs: 60_001, paused },
        leftovers: ['the gate holds writes'],
      },
      ['ROTATION_PAUSED'],
      false,
    ],
    [
      'recovers what an interrupted rotation left',
      { leftovers: ['the gate holds writes'] },
      ['LEFTOVERS'],
      true,
    ],
    ['only tells of it when the policy says so', { leftovers: ['x'], recovers: false }, ['LEFTOVERS'], false],
    [
      'recovers also when an instance does not answer: the recovery starts what serves (H33)',
      { leftovers: ['x'], unread: [unread] },
      ['LEFTOVERS', 'GATE_UNREACHABLE'],
      true,
    ],
    ['tells of drift, which no recovery mends (H10)', { drift: [drift] }, ['SERVING_TREE_CLOSED'], false],
    ['tells of what it cannot read', { unread: [unread] }, ['GATE_UNREACHABLE'], false],
  ])('%s', (_what, change, codes, recover) => {
    const verdict = judge({ ...facts, ...change });
    expect(verdict.alarms.map(({ code }) => code)).toEqual(codes);
    expect(verdict.recover).toBe(recover);
  });
});
