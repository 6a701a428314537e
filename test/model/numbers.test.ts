import { planRecovery } from '../../workflows/model/recovery';
import { planRotation } from '../../workflows/model/plan';
import { numberAfter, orderNumber } from '../../workflows/model/rotation';
import { aFoundLog } from '../workflows/found-log';
import { exposed } from './left-over';

/** The largest number that this one's orders, and those that take it back, can have. */
const lastOf = (number: number) => number + 1;

describe('the numbers of orders (H7, H8)', () => {
  it('are others in each attempt of a rotation, with those that take it back', () => {
    expect(numberAfter(7, 1)).toBeGreaterThan(lastOf(7));
  });

  it('of a rotation are after those of one that was exposed, whose undo never was ordered', () => {
    const found = { ...aFoundLog(), gate: { upstream: 'http://127.0.0.1:3001', number: 7, holding: false } };
    expect(planRotation({ log: 'production' }, { log: 'production', checks: [], found })).toMatchObject({
      plan: { number: numberAfter(7, 1) },
    });
  });

  it('of a recovery are after those of an attempt that was taken back, and of the one that may have followed', () => {
    const gate = { mode: 'pass' as const, number: lastOf(7) };
    const plan = planRecovery('production', { ...exposed, gate });
    const following = numberAfter(7, 1);
    expect(plan && 'input' in plan && orderNumber(plan.input.identity)).toBeGreaterThan(lastOf(following));
  });

  it('are those of a recovery where one ends an attempt', () => {
    const of = { log: 'production', rotationId: 'r', attempt: 1, number: 7 };
    expect(orderNumber(of)).toBe(7);
    expect(orderNumber({ ...of, fence: 21 })).toBe(21);
  });
});
