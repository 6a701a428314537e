import { numberAfter, numberBeyond, orderNumber } from '../../workflows/model/rotation';

const of = { log: 'production', rotation: 'r', attempt: 1 };

describe('the numbers of orders', () => {
  it.each([1, 3, 10])('leave room for every order of a rotation of %i attempts (H7, H8)', (attempts) => {
    const first = 7;
    const beyond = numberBeyond(first, attempts);
    // The last attempt is superseded as often as may be, and then goes forward; each may be taken back.
    const last = numberAfter(first, attempts - 1);
    const forward = numberAfter(last, attempts + 1);
    expect(beyond).toBeGreaterThan(forward + 1);
  });

  it('are those of a recovery where one ends an attempt', () => {
    expect(orderNumber({ ...of, number: 7 })).toBe(7);
    expect(orderNumber({ ...of, number: 7, fence: 21 })).toBe(21);
  });

  it('never give two attempts the same, with that of the undo between them', () => {
    expect(numberAfter(7, 1) - 7).toBe(2);
  });
});
