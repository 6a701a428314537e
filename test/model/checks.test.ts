import { failedCheck, isFailed, passedCheck, refusalsIn, type Check } from '../../workflows/model/checks';
import { refusal } from '../../workflows/model/refusals';

const { code, remedy, ...told } = refusal('TEMPORAL_UNREACHABLE', { address: '127.0.0.1:1', reason: 'gone' });

describe('a check that could not see all', () => {
  const pace = { signers: 1, passes: 3, withinMs: 331, readingMs: 3 };
  const drain = { by: 'queue', waitMs: 0 } as const;

  it.each<[string, Check, Check]>([
    [
      'the pace of the signers',
      passedCheck('DRAIN_PROVABLE', { ...drain, pace } as never),
      passedCheck('DRAIN_PROVABLE', { ...drain, pace: null, unmeasured: 'no page' } as never),
    ],
    [
      'how old Rekor is',
      passedCheck('CHECKPOINTS_KEPT', { instance: 'blue', shards: 1 }),
      passedCheck('CHECKPOINTS_KEPT', { instance: 'blue', shards: 0 }),
    ],
    [
      'what a quota allows',
      passedCheck('QUEUE_WITHIN_QUOTA', { seen: 'It has room' }),
      passedCheck('QUEUE_WITHIN_QUOTA', { seen: 'It may have room', notAll: true }),
    ],
    [
      'how a process was started',
      passedCheck('PROCESS_AS_CONFIGURED', { instance: 'blue', seen: 'it is right' }),
      passedCheck('PROCESS_AS_CONFIGURED', { instance: 'blue', seen: 'it is not seen', notAll: true }),
    ],
  ])('is neither right nor wrong: %s', (_what, right, partly) => {
    expect([right.state, partly.state]).toEqual(['ok', 'notSeen']);
    expect([right, partly].map(({ found }) => /^[A-Z].*\.$/.test(found))).toEqual([true, true]);
    expect([right, partly].some(isFailed)).toBe(false);
    expect(refusalsIn([right, partly])).toEqual([]);
  });

  it('is told from one that is not right by its reason', () => {
    const failed = failedCheck('TEMPORAL_ANSWERS', { code, remedy, ...told });
    expect([isFailed(failed), refusalsIn([failed]).map((one) => one.code)]).toEqual([true, [code]]);
  });
});
