import fc from 'fast-check';
import { note, rule, type Order, type Standing } from '../../gate/orders';

const first: Standing = { mode: 'pass', upstream: 'http://a:1', rotation: null, number: 0, shards: null };

const anyOrder: fc.Arbitrary<Order> = fc
  .record({
    kind: fc.constantFrom('hold' as const, 'release' as const),
    number: fc.integer({ min: 0, max: 4 }),
    rotation: fc.constantFrom('x/1', 'y/1'),
    upstream: fc.constantFrom('http://a:1', 'http://b:1'),
  })
  .map(({ kind, number, rotation, upstream }) =>
    kind === 'hold'
      ? { kind, order: { number, rotation, leaseMs: 1_000 } }
      : { kind, order: { number, rotation, upstream } },
  );

describe('which orders the gate follows', () => {
  it('never goes back to a lower number, and a released number never holds again, whatever lands when (H16)', () => {
    fc.assert(
      fc.property(fc.array(anyOrder, { maxLength: 30 }), (orders) => {
        let standing = first;
        const released = new Set([0]);
        for (const order of orders) {
          const ruling = rule(standing, order);
          const { number } = order.order;
          if (!ruling.accepted) {
            const late = number < standing.number;
            const ended = order.kind === 'hold' && released.has(number);
            const taken =
              order.kind === 'hold' &&
              number === standing.number &&
              order.order.rotation !== standing.rotation;
            expect(late || ended || taken).toBe(true);
            continue;
          }
          expect(number).toBeGreaterThanOrEqual(standing.number);
          if (order.kind === 'hold') {
            expect(released.has(number)).toBe(false);
            expect(ruling.standing.upstream).toBe(standing.upstream);
          } else {
            released.add(number);
            expect(ruling.standing.upstream).toBe(order.order.upstream);
          }
          standing = ruling.standing;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('lets the last release of one number stand, for an undo after an exposure is one', () => {
    const release = (upstream: string): Order => ({
      kind: 'release',
      order: { rotation: 'x/1', number: 1, upstream },
    });
    const exposed = rule(first, release('http://b:1'));
    const undone = exposed.accepted && rule(exposed.standing, release('http://a:1'));
    expect(undone).toMatchObject({ accepted: true, standing: { upstream: 'http://a:1', mode: 'pass' } });
  });

  it('refuses a hold whose number another rotation holds with', () => {
    const hold = (rotationId: string): Order => ({
      kind: 'hold',
      order: { rotation: rotationId, number: 1, leaseMs: 1 },
    });
    const held = rule(first, hold('x/1'));
    expect(held.accepted && rule(held.standing, hold('x/1')).accepted).toBe(true);
    expect(held.accepted && rule(held.standing, hold('y/1'))).toMatchObject({ code: 'ORDER_TOO_LOW' });
  });
});

describe('what the gate knows of shards', () => {
  const shards = { activeTreeId: '12', inactive: [{ treeId: '11', length: 42 }] };
  const others = { activeTreeId: '13', inactive: [...shards.inactive, { treeId: '12', length: 3 }] };
  const known: Standing = { ...first, number: 4, shards };
  const standingAfter = (standing: Standing, order: Order): Standing => {
    const ruling = rule(standing, order);
    if (!ruling.accepted) throw new Error(ruling.message);
    return ruling.standing;
  };
  const release = (upstream: string, more: object = {}): Order => ({
    kind: 'release',
    order: { number: 4, rotation: 'x/1', upstream, ...more },
  });

  it('is what the release says, or stays while it sends to the same Rekor, or is unknown', () => {
    expect(standingAfter(known, release('http://b:1', { shards: others })).shards).toEqual(others);
    expect(standingAfter(known, release('http://a:1')).shards).toEqual(shards);
    expect(standingAfter(known, release('http://b:1')).shards).toBeNull();
    const hold: Order = { kind: 'hold', order: { number: 5, rotation: 'y/1', leaseMs: 1 } };
    expect(standingAfter(known, hold).shards).toEqual(shards);
  });

  it('is not overwritten by a notice about the state before an order', () => {
    const exposed = standingAfter(known, release('http://b:1', { shards: others }));
    const before = { number: 4, upstream: 'http://a:1', shards };
    expect(note(known, before)).toMatchObject({ accepted: true, standing: { shards } });
    expect(note(exposed, before)).toMatchObject({ accepted: false, code: 'NOTICE_OUTDATED' });
    expect(note({ ...known, number: 5 }, before)).toMatchObject({ accepted: false });
    expect(note(known, { ...before, shards: null })).toMatchObject({ standing: { shards: null } });
  });
});
