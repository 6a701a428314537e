import { Context } from '@temporalio/activity';
import { SimulatedLog, type Act } from './simulated-log';
import type { Choice } from '../../workflows/model/choices';
import type { ResumeInput } from '../../workflows/model/held';

/** So many failed tries until a person is asked; or so many of the critical section's own, and then of the rotation. */
const TRIES = 3;
const HELD_AFTER = 2 * TRIES;

function callsOf(log: SimulatedLog, act: Act): number {
  return log.calls.filter((called) => called === act).length;
}

/** What fails for good: what it is called where it is held, and a part of what finishes it by hand, if anything does. */
const steps: Partial<Record<Act, readonly [step: string, byHand?: string]>> = {
  closeNextTree: ['undo verify', '--tree_state=DRAINING'],
  allowWritesToCurrent: ['undo freeze', '--tree_state=ACTIVE'],
  sendToCurrent: ['undo hold', 'http://blue'],
  stop: ['undo start', 'green stop'],
  discard: ['undo stage', 'green.env'],
  retireNextTree: ['undo createTree', '--tree_state=FROZEN'],
  lookBack: ['look back'],
  superseding: ['supersede'],
  forward: ['forward', 'http://green'],
  confirm: ['confirm'],
  settle: ['settle', 'blue.env'],
  soak: ['soak'],
};

const stepOf = (act: Act): string => steps[act]?.[0] ?? act;

/** Without their answer nothing can go on: nobody may leave them out. */
const indispensable: readonly Act[] = ['closeNextTree', 'superseding', 'forward'];

/** What clients depend on: where that was left out, nothing is as before. */
const foundInTheEnd: readonly Act[] = ['allowWritesToCurrent', 'sendToCurrent'];

const forwardOnly: readonly Act[] = ['superseding', 'forward', 'confirm', 'settle', 'soak'];

/** A log on which a rotation gets to `act`, which fails for good. */
function failingIn(act: Act): SimulatedLog {
  const log = new SimulatedLog({ ifNextFails: act === 'superseding' ? 'supersede' : 'hold' });
  if (act === 'superseding' || act === 'forward') {
    // A client writes to the next tree, which then cannot serve.
    log.usedBeforeItFailed();
    log.cannotGoForward();
  } else if (!forwardOnly.includes(act)) {
    log.fail('expose', 'before');
  }
  log.fail(act, 'before');
  return log;
}

/** Lets a log work again, but for what made its rotation fail in the first place. */
function mend(log: SimulatedLog, act: Act): void {
  const kept = log.faults.filter((fault) => fault.act !== act && fault.act !== 'superseding');
  log.faults.splice(0, log.faults.length, ...(act === 'superseding' ? [] : kept));
}

function outcomeOf(act: Act): string {
  return act === 'superseding' ? 'superseded' : forwardOnly.includes(act) ? 'completed' : 'rolledBack';
}

type Ending = 'by itself' | Choice;

const acts = Object.keys(steps) as Act[];

/** A rotation is held in an act, and then ends so. */
async function held(act: Act, ending: Ending) {
  const log = failingIn(act);
  return await log.run(async ({ start, held: untilHeld, resume }) => {
    const handle = await start();
    const found = await untilHeld();
    const callsWhenHeld = callsOf(log, act);
    if (ending === 'by itself' || ending === 'retry') {
      mend(log, act);
    }
    if (ending !== 'by itself') {
      await resume({ choice: ending, who: 'ada', why: `the test says ${ending}` });
    }
    return { log, found, callsWhenHeld, result: await handle.result() };
  });
}

describe('what cannot be finished', () => {
  it.each(acts)('is held in %s, with what is there and how to finish it by hand', async (act) => {
    const { log, found, callsWhenHeld } = await held(act, 'retry');
    const [step = '', byHand] = steps[act] ?? [];
    expect(found).toMatchObject({
      step,
      reason: { message: expect.stringContaining(act) as string },
      choices: indispensable.includes(act) ? ['retry', 'giveUp'] : ['retry', 'skip', 'giveUp'],
      state: expect.arrayContaining([expect.stringContaining('traffic: ')]) as string[],
    });
    expect(found.commands.join('\n')).toContain(byHand ?? '');
    expect(found.commands.length > 0).toBe(byHand !== undefined);
    expect(found.tries).toBeGreaterThanOrEqual(TRIES);
    expect([TRIES, HELD_AFTER]).toContain(callsWhenHeld);
    expect(new Date(found.since).getTime()).toBeLessThan(Date.now());
    expect(log.alarms.filter((alarm) => alarm.includes(step)).length).toBeGreaterThan(0);
  });

  it.each(acts)('keeps trying in %s, and ends by itself once it can', async (act) => {
    const { log, result } = await held(act, 'by itself');
    expect(result).toMatchObject({ outcome: outcomeOf(act), interventions: [] });
    expectAsBeforeUnlessForward(log, act);
  });

  it.each(acts)('is tried again at once in %s when a person says so', async (act) => {
    const { log, result } = await held(act, 'retry');
    const step = stepOf(act);
    expect(result).toMatchObject({
      outcome: outcomeOf(act),
      interventions: [{ choice: 'retry', who: 'ada', why: 'the test says retry', step }],
    });
    expect(log.active()).toHaveLength(1);
    expectAsBeforeUnlessForward(log, act);
  });

  it.each(acts.filter((act) => !indispensable.includes(act)))(
    'is left out in %s when a person says so, and the rest is done',
    async (act) => {
      const { log, result } = await held(act, 'skip');
      const step = stepOf(act);
      expect(result).toMatchObject({
        outcome: outcomeOf(act),
        interventions: [{ choice: 'skip', step }],
      });
      const skipped = result.steps.filter(({ kind }) => kind === 'skipped').map(({ name }) => name);
      // The last look is no step of the rotation; nor does it take back what a person left out.
      if (foundInTheEnd.includes(act)) {
        expect(log.calls).not.toContain('lookBack');
      }
      expect(skipped).toEqual(act === 'lookBack' ? [] : [step.replace('undo ', '')]);
    },
  );

  it.each(acts)('is given up in %s when a person says so, and the result says what is left', async (act) => {
    const { found, result } = await held(act, 'giveUp');
    const step = stepOf(act);
    expect(result).toMatchObject({
      outcome: 'held',
      held: { step, commands: found.commands },
      interventions: [{ choice: 'giveUp', who: 'ada', step }],
      refusals: [{}, { code: 'GIVEN_UP' }],
    });
    expect(result.reason).toContain('ada');
  });

  it('names the trees that earlier attempts left when it is given up', async () => {
    const log = new SimulatedLog({ attempts: 2 });
    log.fail('verify', 'after', 1);
    const result = await log.run(async ({ start, held, resume, lock }) => {
      await start();
      log.fail('confirm', 'before');
      await held();
      await resume({ choice: 'giveUp', who: 'ada', why: 'the test says so' });
      return await lock.result();
    });
    expect(result).toMatchObject({ outcome: 'held', attempts: 2, leftTrees: [log.nextTrees()[0]] });
  });

  function expectAsBeforeUnlessForward(log: SimulatedLog, act: Act): void {
    if (!forwardOnly.includes(act)) {
      expect(log.notAsBefore()).toEqual([]);
    }
  }
});

describe('a person’s decision', () => {
  const sent = (order: object): ResumeInput => order as ResumeInput;

  it('is refused while nothing is held', async () => {
    const log = new SimulatedLog();
    await log.run(async ({ rotate, resume }) => {
      let refused: unknown;
      void log.once('confirm', async () => {
        refused = await resume({ choice: 'retry', who: 'ada', why: 'why not' }).catch(textOf);
      });
      expect((await rotate()).interventions).toEqual([]);
      expect(refused).toContain('Nothing is held');
    });
  });

  it('that comes too late, since the try that ran has succeeded, is not said to have been followed', async () => {
    const log = new SimulatedLog();
    log.fail('expose', 'before');
    log.fail('sendToCurrent', 'before', HELD_AFTER);
    await log.run(async ({ rotate, held: untilHeld, resume }) => {
      let answered = '';
      log.onCall = async (act, when) => {
        if (act === 'sendToCurrent' && callsOf(log, act) === HELD_AFTER + 1 && when === 'before') {
          await untilHeld();
          answered = await resume({ choice: 'skip', who: 'ada', why: 'done by hand' });
        }
      };
      const result = await rotate();

      expect(answered).toBe('skip: undo hold');
      expect(result).toMatchObject({ outcome: 'rolledBack', interventions: [] });
      expect(result.reason).not.toContain('ada');
      expect(result.steps).toContainEqual(expect.objectContaining({ name: 'hold', kind: 'undone' }));
      expect(log.calls).toContain('lookBack');
    });
  });

  it.each(acts)('that cancels a try which runs, in %s, is no reason why that failed', async (act) => {
    const log = failingIn(act);
    const { alarms } = log;
    await log.run(async ({ start, held: untilHeld, resume }) => {
      const handle = await start();
      await untilHeld();
      void log.once(act, async () => {
        mend(log, act);
        await resume({ choice: 'retry', who: 'ada', why: 'mended' });
        await Context.current().cancelled;
      });
      expect(await handle.result()).toMatchObject({
        outcome: outcomeOf(act),
        interventions: [{ choice: 'retry' }],
      });
    });
    expect(alarms.join()).toContain(act);
    expect(alarms.join()).not.toContain('cancelled');
  });

  it.each([
    ['an attempt that a later rotation overtakes', 'stop', 'stage', 'undo start'],
    ['an exposed rotation that a later one overtakes', 'confirm', 'settle', 'confirm'],
  ] as const)('is in the result of %s (H7)', async (_, fails, overtakenIn, step) => {
    const log = new SimulatedLog({ attempts: 2 });
    log.fail(fails, 'before');
    if (fails === 'stop') {
      log.fail('verify', 'after', 1);
    }
    await log.run(async ({ start, held: untilHeld, resume }) => {
      const handle = await start();
      await untilHeld();
      void log.once(overtakenIn, () => log.overtaken());
      await resume({ choice: 'skip', who: 'ada', why: 'it is gone' });
      const result = await handle.result();

      expect(result).toMatchObject({
        outcome: 'refused',
        refusals: [{ code: 'NOT_OURS' }],
        plan: { log: 'lab' },
        interventions: [{ choice: 'skip', who: 'ada', step }],
      });
      expect(result.reason).toContain(`ada left out: ${step} (it is gone).`);
      expect(result.attempts).toBe(fails === 'stop' ? 2 : 1);
      expect(result.steps).toContainEqual(expect.objectContaining({ kind: 'skipped' }));
    });
  });

  it('is refused when it is not one, naming the field, and then nothing is recorded', async () => {
    const log = failingIn('closeNextTree');
    await log.run(async ({ start, held: untilHeld, resume }) => {
      const handle = await start();
      await untilHeld();
      const orders: readonly [object, string][] = [
        [{ choice: 'retry', why: 'because' }, 'who is absent'],
        [{ choice: 'retry', who: 'ada', why: ' ' }, 'why is " "'],
        [{ choice: 'again', who: 'ada', why: 'because' }, 'choice is "again"'],
        [{ who: 'ada', why: 'because' }, 'choice is absent'],
        [{ choice: 'skip', who: 'ada', why: 'because' }, 'it must be one of retry, giveUp for undo verify'],
        [['retry'], 'one JSON object'],
      ];
      for (const [order, words] of orders) {
        expect(await resume(sent(order)).catch(textOf)).toContain(words);
      }
      mend(log, 'closeNextTree');
      await resume({ choice: 'retry', who: 'ada', why: 'mended' });
      expect((await handle.result()).interventions).toHaveLength(1);
    });
  });
});

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
