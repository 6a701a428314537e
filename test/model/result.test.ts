import { inOrder } from '../../workflows/model/result';
import { aCompletedResult, aHeldResult, aRolledBackResult } from '../cli/results';

it.each([aCompletedResult(), aRolledBackResult(), aHeldResult()].map((result) => [result.outcome, result]))(
  'a result that is %s begins with outcome and reason, and ends with the plan',
  (_, result) => {
    const keys = Object.keys(inOrder(result));

    expect(keys.slice(0, 3)).toEqual(['outcome', 'reason', 'refusals']);
    expect(keys.at(-1)).toBe('plan');
    expect(inOrder(result)).toEqual(result);
  },
);
