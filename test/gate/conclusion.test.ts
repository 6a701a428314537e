import { conclude } from '../../gate/conclusion';
import type { GateState } from '../../gate/messages';
import type { GateMemory } from '../../gate/orders';
import { aGateState } from './a-gate-state';

const [current, next] = [['http://current:1'], ['http://next:1']];

const passing = (number: number, instances: readonly string[]): GateMemory => ({
  ...{ mode: 'pass', instances, attemptId: `r/${number}`, number, shards: null, switching: 'no', leaseMs: 0 },
});
const held = (number: number, instances: readonly string[], isSwitched = false): GateMemory => ({
  ...passing(number, instances),
  ...{ mode: 'hold', switching: isSwitched ? 'done' : 'no', leaseMs: 3_500 },
});

/** What a gate with this memory says. A hold is one whose lease has ended, unless `mode` says otherwise. */
function says(memory: GateMemory, of: Partial<GateState> = {}): GateState {
  return { ...aGateState, ...memory, mode: memory.mode === 'hold' ? 'healing' : 'pass', ...of };
}
const uninformed = (memory: GateMemory): GateState => says(memory, { informed: false });
const holding = (memory: GateMemory): GateState => says(memory, { mode: 'hold' });

describe('a gate that has started among others', () => {
  it('takes over what an informed one says, from however long ago its own is', () => {
    expect(conclude(passing(3, current), [says(passing(6, next))])).toEqual(passing(6, next));
    expect(conclude(passing(3, current), [null, says(passing(6, next))])).toEqual(passing(6, next));
  });

  it('takes over the furthest of all once all have answered, where none is informed', () => {
    const own = passing(3, current);
    expect(conclude(own, [uninformed(passing(6, next))])).toEqual(passing(6, next));
    expect(conclude(passing(6, next), [uninformed(own)])).toEqual(passing(6, next));
    expect(conclude(own, [uninformed(passing(6, next)), null])).toBeNull();
  });

  it('concludes nothing while nobody answers', () => {
    expect(conclude(passing(3, current), [null])).toBeNull();
  });

  it.each([
    ['before', holding(held(6, current)), passing(3, current)],
    ['after', holding(held(6, next, true)), held(6, current)],
  ])('waits while another one still holds: %s the switch', (_, other, own) => {
    expect(conclude(own, [other])).toBeNull();
    expect(conclude(own, [other, says(passing(3, current))])).toBeNull();
  });

  it('passes writes where it was told to itself, as the last one before it died', () => {
    expect(conclude(passing(6, next), [holding(held(6, next, true))])).toBeNull();
    expect(conclude(passing(6, next), [uninformed(held(6, next, true))])).toEqual(passing(6, next));
  });

  it('takes what was told of a switch after an older state file, or without a hold, for no order to send', () => {
    const begun: GateMemory = { ...passing(6, current), switching: 'begun' };
    const switched: GateMemory = { ...passing(6, next), switching: 'done' };
    expect(conclude(held(6, next, true), [uninformed(begun)])).toEqual(held(6, next, true));
    expect(conclude(begun, [uninformed(held(6, next, true))])).toEqual(held(6, next, true));
    // Both were to be switched without a hold, and one was: both go there, and heal.
    expect(conclude(begun, [uninformed(switched)])).toEqual({ ...switched, mode: 'hold' });
    expect(conclude(switched, [uninformed(begun)])).toEqual({ ...switched, mode: 'hold' });
    expect(conclude(switched, [says(begun)])).toBeNull();
    expect(conclude(begun, [says(passing(6, next))])).toEqual(passing(6, next));
  });

  it('follows none of two that say as much and other things', () => {
    const two = [says(passing(7, current)), says(passing(7, next))];
    expect(conclude(passing(3, current), two)).toBeNull();
    expect(conclude(passing(7, current), [says(passing(7, next))])).toEqual(passing(7, next));
  });
});

describe('a gate whose lease has ended', () => {
  it('heals once all others know no other instances', () => {
    const own = held(6, current);
    expect(conclude(own, [uninformed(own)])).toEqual(own);
    expect(conclude(own, [says(passing(5, current))])).toEqual(own);
    expect(conclude(own, [uninformed(own), null])).toBeNull();
  });

  it('heals where another one does, which has asked all', () => {
    const own = held(6, current);
    expect(conclude(own, [says(own), null])).toEqual(own);
    expect(conclude(own, [says(held(6, next, true)), null])).toEqual(held(6, next, true));
  });

  it('passes no write while a reader may come to another one that is not where it is (H16)', () => {
    expect(conclude(held(6, next, true), [says(passing(5, current))])).toBeNull();
    expect(conclude(held(6, next, true), [uninformed(held(6, current))])).toEqual(held(6, next, true));
  });

  it('goes where the others were switched, and where they were sent', () => {
    expect(conclude(held(6, current), [uninformed(held(6, next, true))])).toEqual(held(6, next, true));
    expect(conclude(held(6, current), [says(passing(6, next)), null])).toEqual(passing(6, next));
    expect(conclude(held(6, next, true), [says(passing(7, current))])).toEqual(passing(7, current));
  });
});
