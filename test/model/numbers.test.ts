import { planRecovery } from '../../workflows/model/recovery';
import { planRotation } from '../../workflows/model/plan';
import { fenceAbove, fenceOf, laterFence } from '../../workflows/model/fencing';
import { aFoundLog } from './found-log';
import { exposed } from './left-over';

describe('the numbers of orders (H7, H8)', () => {
  it('are others in each attempt of a rotation, with those that take it back', () => {
    const first = fenceAbove([7, 3]);
    expect(first.act).toBeGreaterThan(fenceOf({ number: 7 }).undo);
    expect(laterFence(first, 1)).toEqual({ act: first.undo + 1, undo: first.undo + 2 });
  });

  it('of a rotation are after those of one that was exposed, whose undo never was ordered', () => {
    const found = { ...aFoundLog(), traffic: { ...aFoundLog().traffic, number: 7 } };
    expect(planRotation({ log: 'production' }, { log: 'production', checks: [], found })).toMatchObject({
      plan: { fence: fenceAbove([7]) },
    });
  });

  it('of a recovery are after those of an attempt that was taken back, and of the one that may have followed', () => {
    const traffic = { ...exposed.traffic, number: fenceOf({ number: 7 }).undo };
    const plan = planRecovery('production', { ...exposed, traffic });
    const following = laterFence(fenceOf({ number: 7 }), 1);
    expect(plan && 'input' in plan && fenceOf(plan.input.identity).act).toBeGreaterThan(following.undo);
  });

  it('are those of a recovery where one ends an attempt', () => {
    const of = { log: 'production', rotationId: 'r', attempt: 1, number: 7 };
    expect(fenceOf(of)).toEqual({ act: 7, undo: 8 });
    expect(fenceOf({ ...of, fence: { act: 21, undo: 22 } })).toEqual({ act: 21, undo: 22 });
  });
});
