import { askEachOther, CURRENT, NEXT, passing, twoDesks, type Desk } from './desks';
import { useStarted } from './support';

/** Where two gates go that are left alone in the middle of an order, whatever one of them forgets. */

const started = useStarted();
const LEASE_MS = 3_500;
/** So long they ask each other. */
const ASK_MS = 400;

const held = async (desks: readonly Desk[], number: number): Promise<void> => {
  for (const desk of desks) expect(await desk.told('hold', number, { leaseMs: LEASE_MS })).toBe('ok');
};
const begun = async (desks: readonly Desk[], number: number): Promise<void> => {
  for (const desk of desks) expect(await desk.told('begin', number)).toBe('ok');
};

describe('two gates whose leases end', () => {
  it('go where one was switched, although the other one was told late of a switch before', async () => {
    const { clock, one, two } = await twoDesks(started, 2, CURRENT);
    // A try of the last order left its switch in the network.
    expect(await two.told('switch', 2, { instances: CURRENT })).toBe('ok');
    expect(two.is.switching).toBe('no');
    await held([one, two], 3);
    await begun([one, two], 3);
    await one.told('switch', 3, { instances: NEXT });
    clock.advance(LEASE_MS);
    await askEachOther(clock, ASK_MS);
    const healed = { mode: 'healing', informed: true, instances: NEXT };
    expect([one.is, two.is]).toMatchObject([healed, healed]);
  });

  it('go where the undo has switched one to, whatever the other one was switched to before', async () => {
    const { clock, one, two } = await twoDesks(started, 2, CURRENT);
    await held([one, two], 3);
    await begun([one, two], 3);
    await one.told('switch', 3, { instances: NEXT });
    await held([one, two], 4);
    await begun([one, two], 4);
    await two.told('switch', 4, { instances: CURRENT });
    clock.advance(LEASE_MS);
    await askEachOther(clock, ASK_MS);
    expect([one.is.instances, two.is.instances]).toEqual([CURRENT, CURRENT]);
  });

  it.each(['hold', 'begin'] as const)(
    'go by no older state file, although that gate was told the newest number by a %s',
    async (kind) => {
      const { clock, one, two } = await twoDesks(started, 2, CURRENT);
      await held([one, two], 3);
      // It comes back as it was before the last rotation, when the other slot served.
      await two.start(passing(0, NEXT));
      await askEachOther(clock, 100);
      expect(two.is.informed).toBe(false);
      const number = kind === 'hold' ? 4 : 3;
      await (kind === 'hold' ? held : begun)([one, two], number);
      // It hears nothing, so the other one concludes first.
      two.reads = (answers) => Promise.resolve(answers.map((answer) => ({ ...answer, state: null })));
      clock.advance(LEASE_MS);
      await askEachOther(clock, ASK_MS);
      two.reads = (answers) => Promise.resolve(answers);
      await askEachOther(clock, ASK_MS);
      expect([one.is, two.is]).toMatchObject([
        { informed: true, instances: CURRENT, number },
        { informed: true, instances: CURRENT, number },
      ]);
    },
  );
});

describe('a gate that is stopped', () => {
  it('goes by no answer that it reads when the others have gone on', async () => {
    const { clock, one, two } = await twoDesks(started, 2, CURRENT);
    await held([one, two], 3);
    for (const desk of [one, two]) await desk.told('switch', 3, { instances: NEXT });
    one.answers = false;
    clock.advance(LEASE_MS);
    await askEachOther(clock, 100);
    let goesOn = (): void => undefined;
    const stopped = new Promise<void>((resolve) => (goesOn = resolve));
    one.reads = async (answers) => {
      await stopped;
      return answers;
    };
    await one.start(passing(3, NEXT, { mode: 'hold', switching: 'done', leaseMs: LEASE_MS }));
    // It asks, and is stopped. The other one is sent back without it.
    one.answers = false;
    for (const kind of ['hold', 'switch', 'send'] as const)
      expect(await two.told(kind, 4, { leaseMs: LEASE_MS, instances: CURRENT })).toBe('ok');
    clock.pass(5_000);
    one.answers = true;
    goesOn();
    await askEachOther(clock, ASK_MS);
    expect(one.is).toMatchObject({ informed: true, instances: CURRENT });
  });

  it('obeys no order to send that it was saving when its lease ended', async () => {
    const { clock, one, two } = await twoDesks(started, 2, CURRENT);
    await held([one, two], 3);
    await begun([one, two], 3);
    for (const desk of [one, two]) await desk.told('switch', 3, { instances: NEXT });
    const sending = two.told('send', 3, { instances: NEXT });
    for (let turns = 0; turns < 3; turns += 1) await Promise.resolve();
    clock.pass(LEASE_MS + 1);
    expect([await sending, two.is.informed]).toEqual(['ORDER_ENDED', false]);
  });
});
