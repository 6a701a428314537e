import fc from 'fast-check';
import { note, rule, type Order, type GateMemory } from '../../gate/orders';

const first: GateMemory = {
  mode: 'pass',
  instances: ['http://a:1'],
  attemptId: null,
  number: 0,
  shards: null,
  switching: 'no',
  leaseMs: 0,
};

const anyOrder: fc.Arbitrary<Order> = fc
  .record({
    kind: fc.constantFrom('hold' as const, 'send' as const),
    number: fc.integer({ min: 0, max: 4 }),
    attemptId: fc.constantFrom('x/1', 'y/1'),
    instances: fc.subarray(['http://a:1', 'http://b:1'], { minLength: 1 }),
  })
  .map(({ kind, number, attemptId, instances }) =>
    kind === 'hold'
      ? { kind, order: { number, attemptId, leaseMs: 1_000 } }
      : { kind, order: { number, attemptId, instances } },
  );

describe('which orders the gate follows', () => {
  it('never goes back to a lower number, and a number whose writes were sent never holds again, whatever lands when (H16)', () => {
    fc.assert(
      fc.property(fc.array(anyOrder, { maxLength: 30 }), (orders) => {
        let memory = first;
        const sent = new Set([0]);
        for (const order of orders) {
          const ruling = rule(memory, order);
          const { number } = order.order;
          if (!ruling.accepted) {
            const late = number < memory.number;
            const ended = order.kind === 'hold' && sent.has(number);
            const taken =
              order.kind === 'hold' && number === memory.number && order.order.attemptId !== memory.attemptId;
            expect(late || ended || taken).toBe(true);
            continue;
          }
          expect(number).toBeGreaterThanOrEqual(memory.number);
          if (order.kind !== 'send') {
            expect(sent.has(number)).toBe(false);
            expect(ruling.memory.instances).toBe(memory.instances);
          } else {
            sent.add(number);
            expect(ruling.memory.instances).toBe(order.order.instances);
          }
          memory = ruling.memory;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('lets the last sending of one number stand, for an undo after an exposure is one', () => {
    const send = (instance: string): Order => ({
      kind: 'send',
      order: { attemptId: 'x/1', number: 1, instances: [instance] },
    });
    const exposed = rule(first, send('http://b:1'));
    const undone = exposed.accepted && rule(exposed.memory, send('http://a:1'));
    expect(undone).toMatchObject({ accepted: true, memory: { instances: ['http://a:1'], mode: 'pass' } });
  });

  it('refuses a hold whose number another attempt holds with', () => {
    const hold = (attemptId: string): Order => ({
      kind: 'hold',
      order: { attemptId, number: 1, leaseMs: 1 },
    });
    const held = rule(first, hold('x/1'));
    expect(held.accepted && rule(held.memory, hold('x/1')).accepted).toBe(true);
    expect(held.accepted && rule(held.memory, hold('y/1'))).toMatchObject({ code: 'ORDER_TOO_LOW' });
  });
});

describe('what the gate knows of shards', () => {
  const shards = { activeTreeId: '12', inactive: [{ treeId: '11', length: 42 }] };
  const others = { activeTreeId: '13', inactive: [...shards.inactive, { treeId: '12', length: 3 }] };
  const known: GateMemory = { ...first, number: 4, shards };
  const memoryAfter = (memory: GateMemory, order: Order): GateMemory => {
    const ruling = rule(memory, order);
    if (!ruling.accepted) throw new Error(ruling.message);
    return ruling.memory;
  };
  const send = (instance: string, more: object = {}): Order => ({
    kind: 'send',
    order: { number: 4, attemptId: 'x/1', instances: [instance], ...more },
  });

  it('is what the order to send says, or stays while it sends to the same Rekor, or is unknown', () => {
    expect(memoryAfter(known, send('http://b:1', { shards: others })).shards).toEqual(others);
    expect(memoryAfter(known, send('http://a:1')).shards).toEqual(shards);
    expect(memoryAfter(known, send('http://b:1')).shards).toBeNull();
    const hold: Order = { kind: 'hold', order: { number: 5, attemptId: 'y/1', leaseMs: 1 } };
    expect(memoryAfter(known, hold).shards).toEqual(shards);
  });

  it('is not overwritten by a notice about the state before an order', () => {
    const exposed = memoryAfter(known, send('http://b:1', { shards: others }));
    const before = { number: 4, instances: ['http://a:1'], shards };
    expect(note(known, before)).toMatchObject({ accepted: true, memory: { shards } });
    expect(note(exposed, before)).toMatchObject({ accepted: false, code: 'NOTICE_OUTDATED' });
    expect(note({ ...known, number: 5 }, before)).toMatchObject({ accepted: false });
    expect(note(known, { ...before, shards: null })).toMatchObject({ memory: { shards: null } });
  });
});

it('a gate that is told that all are about to be switched goes on as it is, and remembers it until writes are sent on', () => {
  const held: GateMemory = { ...first, mode: 'hold', number: 3, attemptId: 'x/1', leaseMs: 9 };
  const order = { attemptId: 'x/1', number: 3, instances: ['http://b:1'] };
  const memoryAfter = (memory: GateMemory, given: Order): GateMemory => {
    const ruling = rule(memory, given);
    if (!ruling.accepted) throw new Error(ruling.message);
    return ruling.memory;
  };
  const begun = memoryAfter(held, { kind: 'begin', order });
  expect(begun).toEqual({ ...held, switching: 'begun' });
  const switched = memoryAfter(begun, { kind: 'switch', order });
  expect(switched).toMatchObject({ mode: 'hold', instances: ['http://b:1'], switching: 'done', leaseMs: 9 });
  expect(memoryAfter(switched, { kind: 'begin', order })).toEqual(switched);
  const sent = memoryAfter(switched, { kind: 'send', order });
  expect(sent).toMatchObject({ mode: 'pass', switching: 'no', leaseMs: 0 });
  // One that lands late moves nothing.
  expect(memoryAfter(sent, { kind: 'begin', order }).instances).toEqual(['http://b:1']);
  expect(rule(sent, { kind: 'begin', order: { ...order, number: 2 } }).accepted).toBe(false);
});
