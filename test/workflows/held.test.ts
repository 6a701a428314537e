import { refuse } from '../../activities/errors/refusal-error';
import type { Choice, ResumeInput } from '../../workflows/model/held';
import { atOnce } from './at-once';
import { startSagaServer, type SagaServer } from './saga-server';
import { ALWAYS, World, type Act } from './world';

let server: SagaServer;

beforeAll(async () => {
  server = await startSagaServer();
});

afterAll(async () => {
  await server.close();
});

/** So many failed tries until a person is asked; or so many of the critical section's own, and then of the rotation. */
const TRIES = 3;
const HELD_AFTER = 2 * TRIES;

function callsOf(world: World, act: Act): number {
  return world.calls.filter((called) => called === act).length;
}

/** What fails for good, and what it is called where it is held. */
const steps: Partial<Record<Act, string>> = {
  closeNextTree: 'undo verify',
  allowWritesToCurrent: 'undo freeze',
  sendToCurrent: 'undo hold',
  stop: 'undo start',
  discard: 'undo stage',
  retireNextTree: 'undo createTree',
  lookBack: 'look back',
  superseding: 'supersede',
  forward: 'forward',
  confirm: 'confirm',
  settle: 'settle',
  soak: 'soak',
};

/** Without their answer nothing can go on: nobody may leave them out. */
const indispensable: readonly Act[] = ['closeNextTree', 'superseding', 'forward'];

/** What clients depend on: where that was left out, nothing is as before. */
const foundInTheEnd: readonly Act[] = ['allowWritesToCurrent', 'sendToCurrent'];

const forwardOnly: readonly Act[] = ['superseding', 'forward', 'confirm', 'settle', 'soak'];

/** A world in which a rotation gets to `act`, which fails for good. */
function failingIn(act: Act): World {
  const world = new World({ ifNextFails: act === 'superseding' ? 'supersede' : 'hold' });
  if (act === 'superseding' || act === 'forward') {
    // A client writes to the next tree, which then cannot serve.
    world.faults.push({ act: 'expose', when: 'after', times: 1 });
    world.faults.push({ act: 'forward', when: 'before', times: ALWAYS });
    void world.once('expose', () => world.write('next-1'), 'after');
  } else if (!forwardOnly.includes(act)) {
    world.faults.push({ act: 'expose', when: 'before', times: ALWAYS });
  }
  world.faults.push({ act, when: 'before', times: ALWAYS });
  return world;
}

/** Lets a world work again, but for what made its rotation fail in the first place. */
function mend(world: World, act: Act): void {
  const kept = world.faults.filter((fault) => fault.act !== act && fault.act !== 'superseding');
  world.faults.splice(0, world.faults.length, ...(act === 'superseding' ? [] : kept));
}

/**
 * Lets a world work again for the try that a person has just asked for. One of its own may be under way: if that
 * succeeded, the person would have come too late. So the second that begins from now on is the first to succeed.
 */
function mendForThePerson(world: World, act: Act): void {
  const { onCall } = world;
  let begun = 0;
  world.onCall = async (called, when) => {
    await onCall(called, when);
    begun += called === act && when === 'before' ? 1 : 0;
    if (begun === 2) {
      mend(world, act);
    }
  };
}

function outcomeOf(act: Act): string {
  return act === 'superseding' ? 'superseded' : forwardOnly.includes(act) ? 'completed' : 'rolledBack';
}

type Ending = 'by itself' | Choice;

const endings: readonly Ending[] = ['by itself', 'retry', 'skip', 'giveUp'];

const rows = (Object.keys(steps) as Act[]).flatMap((act) =>
  endings
    .filter((ending) => ending !== 'skip' || !indispensable.includes(act))
    .map((ending): [Act, Ending] => [act, ending]),
);

const held = atOnce(rows, async (act, ending) => {
  const world = failingIn(act);
  const before = new World().cleanSlate();
  return await server.withWorker(world, async ({ start, held: untilHeld, resume }) => {
    let callsWhenHeld = 0;
    void world.somebodyNeeded.then(() => (callsWhenHeld = callsOf(world, act)));
    const handle = await start();
    const found = await untilHeld();
    const alarms = server.alarms.filter((alarm) => alarm.includes(found.step));
    if (ending === 'by itself') {
      mend(world, act);
    } else {
      await resume({ choice: ending, who: 'ada', why: `the test says ${ending}` });
    }
    if (ending === 'retry') {
      mendForThePerson(world, act);
    }
    const result = await handle.result();
    return { world, before, found, alarms, callsWhenHeld, result };
  });
});

describe('what cannot be finished', () => {
  it.each(rows.filter(([, ending]) => ending === 'retry'))(
    'is held in %s, with what is there and how to finish it by hand',
    async (act, ending) => {
      const { found, alarms, callsWhenHeld } = await held(act, ending);
      expect(found).toMatchObject({
        step: steps[act],
        reason: { message: expect.stringContaining(act) as string },
        choices: indispensable.includes(act) ? ['retry', 'giveUp'] : ['retry', 'skip', 'giveUp'],
        state: [expect.stringContaining('gate: ')],
        commands: [`finish "${steps[act]}"`],
      });
      expect(found.tries).toBeGreaterThanOrEqual(TRIES);
      expect([TRIES, HELD_AFTER]).toContain(callsWhenHeld);
      expect(new Date(found.since).getTime()).toBeLessThan(Date.now());
      expect(alarms.length).toBeGreaterThan(0);
    },
  );

  it.each(rows.filter(([, ending]) => ending === 'by itself'))(
    'keeps trying in %s, and ends by itself once it can',
    async (act, ending) => {
      const { world, before, result } = await held(act, ending);
      expect(result).toMatchObject({ outcome: outcomeOf(act), interventions: [] });
      if (!forwardOnly.includes(act)) {
        expect(world.cleanSlate()).toEqual(before);
      }
    },
  );

  it.each(rows.filter(([, ending]) => ending === 'retry'))(
    'is tried again at once in %s when a person says so',
    async (act, ending) => {
      const { world, before, result } = await held(act, ending);
      expect(result).toMatchObject({
        outcome: outcomeOf(act),
        interventions: [{ choice: 'retry', who: 'ada', why: 'the test says retry', step: steps[act] }],
      });
      expect(world.active()).toHaveLength(1);
      if (!forwardOnly.includes(act)) {
        expect(world.cleanSlate()).toEqual(before);
      }
    },
  );

  it.each(rows.filter(([, ending]) => ending === 'skip'))(
    'is left out in %s when a person says so, and the rest is done',
    async (act, ending) => {
      const { world, result } = await held(act, ending);
      expect(result).toMatchObject({
        outcome: outcomeOf(act),
        interventions: [{ choice: 'skip', step: steps[act] }],
      });
      const name = steps[act]?.replace('undo ', '');
      const skipped = result.steps.filter(({ kind }) => kind === 'skipped').map((step) => step.name);
      // The last look is no step of the rotation; nor does it take back what a person left out.
      if (foundInTheEnd.includes(act)) {
        expect(world.calls).not.toContain('lookBack');
      }
      expect(skipped).toEqual(act === 'lookBack' ? [] : [name]);
    },
  );

  it.each(rows.filter(([, ending]) => ending === 'giveUp'))(
    'is given up in %s when a person says so, and the result says what is left',
    async (act, ending) => {
      const { result } = await held(act, ending);
      expect(result).toMatchObject({
        outcome: 'held',
        held: { step: steps[act], commands: [`finish "${steps[act]}"`] },
        interventions: [{ choice: 'giveUp', who: 'ada', step: steps[act] }],
        refusals: [{}, { code: 'GIVEN_UP' }],
      });
      expect(result.reason).toContain('ada');
    },
  );
});

describe('a person’s decision', () => {
  const sent = (order: object): ResumeInput => order as ResumeInput;

  it('is refused while nothing is held', async () => {
    const world = new World();
    await server.withWorker(world, async ({ start, resume }) => {
      let refused: unknown;
      void world.once('confirm', async () => {
        refused = await resume({ choice: 'retry', who: 'ada', why: 'why not' }).catch(causeOf);
      });
      const handle = await start();
      expect((await handle.result()).interventions).toEqual([]);
      expect(refused).toContain('Nothing is held');
    });
  });

  it('that comes too late, since the try that ran has succeeded, is not said to have been followed', async () => {
    const world = failingIn('sendToCurrent');
    world.faults.splice(0, world.faults.length, { act: 'expose', when: 'before', times: ALWAYS });
    world.faults.push({ act: 'sendToCurrent', when: 'before', times: HELD_AFTER });
    await server.withWorker(world, async ({ rotate, held: untilHeld, resume }) => {
      let answered = '';
      const before = world.onCall;
      world.onCall = async (act, when) => {
        await before(act, when);
        if (act === 'sendToCurrent' && callsOf(world, act) === HELD_AFTER + 1 && when === 'before') {
          await untilHeld();
          answered = await resume({ choice: 'skip', who: 'ada', why: 'done by hand' });
        }
      };
      const result = await rotate();

      expect(answered).toBe('skip: undo hold');
      expect(result).toMatchObject({ outcome: 'rolledBack', interventions: [] });
      expect(result.reason).not.toContain('ada');
      expect(result.steps).toContainEqual(expect.objectContaining({ name: 'hold', kind: 'undone' }));
      expect(world.calls).toContain('lookBack');
    });
  });

  it.each([
    ['an attempt that a later rotation overtakes', 'stop', 'hold', 'undo start'],
    ['an exposed rotation that a later one overtakes', 'confirm', 'settle', 'confirm'],
  ] as const)('is in the result of %s (H7)', async (_, fails, overtakenIn, step) => {
    const world = new World({ attempts: 2 });
    world.faults.push({ act: fails, when: 'before', times: ALWAYS });
    if (fails === 'stop') {
      world.faults.push({ act: 'verify', when: 'after', times: 1 });
    }
    await server.withWorker(world, async ({ start, held: untilHeld, resume }) => {
      const handle = await start();
      await untilHeld();
      void world.once(overtakenIn, () => {
        // What is asked for first finds a number that no order of this rotation carries.
        world.gate.number += 50;
        throw refuse('NOT_OURS', { rotation: 'this one', number: 1, later: world.gate.number });
      });
      await resume({ choice: 'skip', who: 'ada', why: 'it is gone' });
      const result = await handle.result();

      expect(result).toMatchObject({
        outcome: 'refused',
        refusals: [{ code: 'NOT_OURS' }],
        plan: { log: world.log },
        interventions: [{ choice: 'skip', who: 'ada', step }],
      });
      expect(result.reason).toContain(`ada left out: ${step} (it is gone).`);
      expect(result.attempts).toBe(fails === 'stop' ? 2 : 1);
      expect(result.steps).toContainEqual(expect.objectContaining({ kind: 'skipped' }));
    });
  });

  it('is refused when it is not one, naming the field, and then nothing is recorded', async () => {
    const world = failingIn('closeNextTree');
    await server.withWorker(world, async ({ start, held: untilHeld, resume }) => {
      const handle = await start();
      await untilHeld();
      const orders: readonly [object, string][] = [
        [{ choice: 'retry', why: 'because' }, 'who is absent'],
        [{ choice: 'retry', who: 'ada', why: ' ' }, 'why is " "'],
        [{ choice: 'again', who: 'ada', why: 'because' }, 'choice is "again"'],
        [{ who: 'ada', why: 'because' }, 'choice is absent'],
        [{ choice: 'skip', who: 'ada', why: 'because' }, 'allowed for undo verify is retry, giveUp'],
        [['retry'], 'one JSON object'],
      ];
      for (const [order, words] of orders) {
        expect(await resume(sent(order)).catch(causeOf)).toContain(words);
      }
      await resume({ choice: 'retry', who: 'ada', why: 'mended' });
      mendForThePerson(world, 'closeNextTree');
      expect((await handle.result()).interventions).toHaveLength(1);
    });
  });
});

function causeOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
}
