import { SimulatedLog, type Act } from './simulated-log';
import type { Progress } from '../../workflows/messages';
import { PROGRESS } from '../../workflows/messages';
import { instructionNames } from '../../workflows/model/instruction';
import { inMinutes } from '../../workflows/model/times';
import type { Handle, Rotations } from './rotations';
import { failedForInput } from './wrong-input';

const DAY_MS = 86_400_000;

async function planOf(handle: Handle): Promise<string> {
  const { takes } = await handle.query<Progress>(PROGRESS);
  const [, plan = ''] =
    /"plan":"([0-9a-f]+)"/.exec(JSON.stringify(takes.map(({ input }) => JSON.parse(input) as unknown))) ?? [];
  return plan;
}

const words = { who: 'ada', why: 'the test says so' };

/** Sends an Update with what every instruction says filled in; gives the answer, or what was wrong. */
async function tell(handle: Handle, update: string, input: object, plan?: string): Promise<string> {
  const filled = {
    plan: plan ?? (await planOf(handle)),
    until: inMinutes(Date.now(), 10),
    ...words,
    ...input,
  };
  return await handle
    .executeUpdate<string>(update, { args: [filled] })
    .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
}

const ahead = (ms: number): string => new Date(Date.now() + ms).toISOString();

describe('a rotation that is to begin later', () => {
  it('waits for its time without a lock and with nothing changed, and then rotates', async () => {
    const log = new SimulatedLog();
    await log.run(async ({ start, waits }) => {
      const notBefore = ahead(1_200_000);
      const handle = await start({ begin: { notBefore } });

      expect(await waits(handle)).toMatchObject({ for: 'time', until: notBefore });
      expect(log.notAsBefore()).toEqual([]);
      expect(log.isLocked()).toBe(false);

      expect(await handle.result()).toMatchObject({ outcome: 'completed' });
      expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(notBefore));
    });
  });

  it('begins when somebody says so, who stands in the result', async () => {
    const log = new SimulatedLog();
    await log.run(async ({ start, waits }) => {
      const notBefore = ahead(5 * DAY_MS);
      const handle = await start({ begin: { notBefore } });
      await waits(handle);

      expect(await tell(handle, 'goNow', {})).toMatch(/^It waits for no time/);

      expect(await handle.result()).toMatchObject({
        outcome: 'completed',
        interventions: [{ instruction: 'goNow', ...words }],
      });
    });
  });

  it('is postponed, but to no time after its end, nor to one before its beginning', async () => {
    const log = new SimulatedLog();
    await log.run(async ({ start, waits, pass }) => {
      const begin = { notBefore: ahead(60_000), notAfter: ahead(1_800_000) };
      const handle = await start({ begin });
      await waits(handle);
      const to = ahead(1_200_000);
      const { since } = await waits(handle);
      await pass(10_000);

      expect(await tell(handle, 'postpone', { to: ahead(2_000_000) })).toMatch(
        /not after \S+Z: it was asked not to begin after that/,
      );
      // Sooner is not later: that is goNow.
      expect(await tell(handle, 'postpone', { to: ahead(20_000) })).toContain('later than');
      expect(await tell(handle, 'postpone', { to })).toBe(`It does not begin before ${to}.`);
      // It is still the same wait, whatever is said of it meanwhile.
      expect(await waits(handle)).toMatchObject({ since, until: to });

      expect(await handle.result()).toMatchObject({ outcome: 'completed', interventions: [{ to }] });
      expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(to));
    });
  });

  it('is postponed until its approvals expire at most, which is said, and says what it waits for when let go', async () => {
    const log = new SimulatedLog({ approvals: { required: 'one', expireMs: 3_600_000, approvers: [] } });
    await log.run(async ({ start, waits }) => {
      const handle = await start();
      await waits(handle, 'approvals');

      expect(await tell(handle, 'postpone', { to: ahead(2 * 3_600_000) })).toMatch(
        /not after \S+Z: its approvals expire a minute later\./,
      );
      expect(await tell(handle, 'goNow', {})).toMatch(/It still waits for approvals of its plan/);
      await tell(handle, 'reject', {});
      expect(await handle.result()).toMatchObject({ outcome: 'refused' });
    });
  });

  it('says that it is postponed by seven days at most', async () => {
    const log = new SimulatedLog();
    await log.run(async ({ start, waits }) => {
      const handle = await start({ begin: { notBefore: ahead(60_000) } });
      await waits(handle);

      expect(await tell(handle, 'postpone', { to: ahead(8 * DAY_MS) })).toContain(
        ': seven days are the most.',
      );
    });
  });

  it('is skipped when its time passed while no worker was there', async () => {
    const log = new SimulatedLog();
    await log.run(async ({ start, waits }) => {
      const handle = await start({ begin: { notBefore: ahead(60_000), notAfter: ahead(600_000) } });
      await waits(handle);
      log.workersAway(1_800_000);

      expect(await handle.result()).toMatchObject({ outcome: 'skipped', refusals: [{ code: 'TIME_OVER' }] });
      expect(log.notAsBefore()).toEqual([]);
    });
  });

  it('is skipped, and does not fail, when its time passed before any worker had looked', async () => {
    for (const required of ['none', 'one'] as const) {
      const log = new SimulatedLog({ approvals: { required, expireMs: 600_000, approvers: [] } });
      await log.run(async ({ start }) => {
        const handle = await start({ begin: { notAfter: ahead(1_000) } });
        log.workersAway(1_800_000);

        expect(await handle.result()).toMatchObject({
          outcome: 'skipped',
          refusals: [{ code: 'TIME_OVER' }],
        });
        expect(log.notAsBefore()).toEqual([]);
      });
    }
  });

  it('waits again when it is put off while it is looked at a second time', async () => {
    const log = new SimulatedLog();
    await log.run(async ({ start, waits, pass }) => {
      const handle = await start({ begin: { notBefore: ahead(60_000) } });
      await waits(handle, 'time');
      const plan = await planOf(handle);
      const looks = async (): Promise<boolean> => {
        const { phase, waiting } = await handle.query<Progress>(PROGRESS);
        return phase === 'preflight' && waiting === null;
      };
      while (!(await looks())) await pass(20);
      const to = ahead(1_200_000);

      expect(await tell(handle, 'postpone', { to }, plan)).toBe(`It does not begin before ${to}.`);
      expect(await handle.result()).toMatchObject({ outcome: 'completed', interventions: [{ to }] });
      expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(to));
    });
  });

  it('is skipped when its time passed between the end of its wait and its first change', async () => {
    const log = new SimulatedLog();
    await log.run(async ({ start, pass }) => {
      const handle = await start({ begin: { notBefore: ahead(60_000), notAfter: ahead(600_000) } });
      while (!log.isLocked()) await pass(5);
      log.workersAway(1_800_000);

      expect(await handle.result()).toMatchObject({ outcome: 'skipped', refusals: [{ code: 'TIME_OVER' }] });
      expect(log.notAsBefore()).toEqual([]);
    });
  });

  it('holds no write more than an hour after its time, and takes back what it has prepared', async () => {
    const log = new SimulatedLog({ attempts: 3, pauseBetweenAttemptsMs: DAY_MS / 4 });
    void log.once('createNextTree', () => {
      log.workersAway(2 * 3_600_000);
      return Promise.resolve();
    });
    await log.run(async ({ start }) => {
      const handle = await start({ begin: { notAfter: ahead(600_000) } });

      expect(await handle.result()).toMatchObject({
        outcome: 'rolledBack',
        attempts: 1,
        refusals: [{ code: 'TOO_LATE_TO_HOLD' }],
      });
      expect(log.calls).not.toContain('hold');
      expect(log.notAsBefore()).toEqual([]);
    });
  });

  it('makes no attempt more than an hour after its time, unless somebody ends the pause before it', async () => {
    for (const goes of [false, true]) {
      const log = new SimulatedLog({ attempts: 2, pauseBetweenAttemptsMs: DAY_MS / 4 });
      log.fail('verify', 'before', 1);
      await log.run(async ({ start, waits, lock, pass }) => {
        const handle = await start({ begin: { notAfter: ahead(600_000) } });
        await waits(lock, 'pause');
        if (goes) {
          await pass(2 * 3_600_000);
          expect(await tell(lock, 'goNow', {})).toBe('It goes on.');
        }
        expect(await handle.result()).toMatchObject(
          goes
            ? { outcome: 'completed', attempts: 2 }
            : { outcome: 'rolledBack', attempts: 2, refusals: [{ code: 'TOO_LATE_TO_HOLD' }] },
        );
        expect(log.calls.filter((call) => call === 'hold')).toHaveLength(goes ? 2 : 1);
      });
    }
  });

  it('is bound by its time also after an instruction that is void or over by then, and not by one that holds it longer', async () => {
    for (const longer of [false, true]) {
      const log = new SimulatedLog({ pauseBetweenAttemptsMs: DAY_MS / 4 });
      await log.run(async (rotations) => {
        const { start, waits, lock } = rotations;
        const handle = await start({ begin: { notBefore: ahead(60_000), notAfter: ahead(600_000) } });
        await waits(handle, 'time');
        const until = ahead(longer ? DAY_MS / 8 : 300_000);
        await tell(handle, 'holdAfter', { step: 'stage', until });
        await waits(lock, 'person');
        log.workersAway(longer ? DAY_MS / 8 : 2 * 3_600_000);
        expect(await handle.result()).toMatchObject(
          longer
            ? { outcome: 'completed' }
            : { outcome: 'rolledBack', refusals: [{ code: 'TOO_LATE_TO_HOLD' }] },
        );
      });
    }
  });

  it('is skipped when somebody has rotated the log meanwhile: never twice', async () => {
    const log = new SimulatedLog();
    await log.run(async ({ start, waits, rotate }) => {
      const handle = await start({ begin: { notBefore: ahead(1_200_000) } });
      await waits(handle);
      await rotate();

      expect(await handle.result()).toMatchObject({
        outcome: 'skipped',
        refusals: [{ code: 'NOT_THE_ACTIVE_TREE' }],
      });
      expect(log.nextTrees()).toHaveLength(1);
    });
  });

  it('ends with nothing changed when it is cancelled', async () => {
    const log = new SimulatedLog();
    await log.run(async ({ start, waits }) => {
      const handle = await start({ begin: { notBefore: ahead(DAY_MS) } });
      await waits(handle);
      await handle.cancel();

      expect(await handle.result()).toMatchObject({ outcome: 'refused', refusals: [{ code: 'CANCELLED' }] });
      expect(log.notAsBefore()).toEqual([]);
    });
  });

  it.each([
    [{ notBefore: 'tomorrow' }, 'begin.notBefore'],
    [{ notAfter: '2001-01-01T00:00:00Z' }, 'begin.notAfter'],
    [{ lull: { writesPerMinute: 3, forMinutes: 5 } }, 'a lull is waited for until then'],
    [{ notAfter: '2026-02-01T00:00:00Z', lull: { quantile: 2, forMinutes: 5 } }, 'begin.lull.quantile'],
    [{ atEnd: 'stop' }, 'begin.atEnd'],
    [{ after: 'x' }, 'begin.after'],
    ['now', 'begin'],
  ])('fails at once when it says %j', async (begin, words) => {
    const log = new SimulatedLog();
    const failed = await log.run(async ({ start }) =>
      failedForInput(await start({ begin: begin as object })),
    );
    expect(failed.code).toBe('REQUEST_INVALID');
    expect(failed.message).toContain(words);
  });
});

describe('a rotation that runs', () => {
  /** Starts a rotation, and says something to the holder of its lock once that gets to an act. */
  async function toldIn(act: Act, told: (rotations: Rotations, plan: string) => Promise<unknown>) {
    const log = new SimulatedLog({ attempts: 2 });
    const result = await log.run(async (rotations) => {
      const { plan } = await rotations.rotate({ dryRun: true });
      void log.once(act, () => told(rotations, plan?.hash ?? ''));
      return await rotations.rotate();
    });
    return { log, result };
  }

  it.each<Act>(['createNextTree', 'stage', 'hold', 'freeze'])(
    'is rolled back in %s, and the result says by whom and why',
    async (act) => {
      const { log, result } = await toldIn(act, async ({ lock }, plan) => {
        await tell(lock, 'rollBack', {}, plan);
      });
      expect(result).toMatchObject({
        outcome: 'rolledBack',
        interventions: [{ instruction: 'rollBack', ...words }],
      });
      expect(result.reason).toContain('ada asked for it: the test says so.');
      expect(log.notAsBefore()).toEqual([]);
    },
  );

  it.each<Act>(['confirm', 'settle', 'soak'])('is not rolled back any more in %s', async (act) => {
    let answer = '';
    const { result } = await toldIn(act, async ({ lock }, plan) => {
      answer = await tell(lock, 'rollBack', {}, plan);
    });
    expect(answer).toContain('Cancel does nothing any more');
    expect(result).toMatchObject({ outcome: 'completed', interventions: [] });
  });

  it('is held after a step in which no write waits, until somebody says go', async () => {
    const log = new SimulatedLog();
    await log.run(async (rotations) => {
      const { plan } = await rotations.rotate({ dryRun: true });
      const hash = plan?.hash ?? '';
      let refused = '';
      void log.once('createNextTree', async () => {
        refused = await tell(rotations.lock, 'holdAfter', { step: 'freeze' }, hash);
        await tell(rotations.lock, 'holdAfter', { step: 'stage', until: ahead(DAY_MS / 2) }, hash);
      });
      const handle = await rotations.start();
      const waiting = await rotations.waits(rotations.lock, 'person');

      expect(refused).toContain('one of createTree, stage, confirm, settle, soak');
      expect(waiting.text).toContain('ada holds it after stage');
      expect(log.calls).not.toContain('hold');
      await tell(rotations.lock, 'goNow', {}, hash);

      expect(await handle.result()).toMatchObject({
        outcome: 'completed',
        interventions: [{ instruction: 'holdAfter', step: 'stage' }, { instruction: 'goNow' }],
      });
    });
  });

  it('is held after a step that somebody named while it waited to begin, but for that plan only', async () => {
    for (const changed of [false, true]) {
      const log = new SimulatedLog();
      await log.run(async (rotations) => {
        const handle = await rotations.start({ begin: { notBefore: ahead(600_000) } });
        const { takes } = await rotations.waits(handle, 'time');
        const hash = await planOf(handle);
        expect(takes.map(({ update }) => update)).toEqual(['goNow', 'postpone', 'holdAfter']);
        expect(await tell(handle, 'holdAfter', { step: 'stage', until: ahead(DAY_MS / 2) })).toContain(
          'It waits after stage until goNow',
        );
        const notes: (string | null)[] = [];
        if (changed) {
          log.editBySomeone('green');
          void log.once('createNextTree', async () => {
            notes.push((await rotations.lock.query<Progress>(PROGRESS)).note);
          });
        } else {
          expect((await rotations.waits(rotations.lock, 'person')).text).toContain(
            'ada holds it after stage',
          );
          expect(await tell(handle, 'holdAfter', { step: 'confirm' }, hash)).toContain('send it there');
          await tell(rotations.lock, 'goNow', {}, hash);
        }
        expect(await handle.result()).toMatchObject({
          outcome: 'completed',
          interventions: [{ instruction: 'holdAfter', step: 'stage' }, ...(changed ? [] : [{}])],
        });
        expect(notes).toEqual(
          changed ? [expect.stringMatching(/The plan has changed since ada asked .* after stage/)] : [],
        );
      });
    }
  });

  it('says that it was not held where the end of that had come before the step did', async () => {
    const log = new SimulatedLog();
    await log.run(async (rotations) => {
      const handle = await rotations.start({ begin: { notBefore: ahead(600_000) } });
      await rotations.waits(handle, 'time');
      await tell(handle, 'holdAfter', { step: 'stage', until: ahead(60_000) });
      const notes: (string | null)[] = [];
      void log.once('hold', async () => {
        notes.push((await rotations.lock.query<Progress>(PROGRESS)).note);
      });

      expect((await handle.result()).outcome).toBe('completed');
      expect(notes).toEqual([
        expect.stringMatching(/^ada wanted it to be held after stage, until .* over by then\.$/),
      ]);
    });
  });

  it('is not called stuck by the guardian while somebody holds it for long', async () => {
    const log = new SimulatedLog({ stuckAfterMs: 60_000 });
    await log.run(async (rotations) => {
      const handle = await rotations.start({ begin: { notBefore: ahead(600_000) } });
      await rotations.waits(handle, 'time');
      const hash = await planOf(handle);
      await tell(handle, 'holdAfter', { step: 'stage', until: ahead(DAY_MS / 2) });
      await tell(handle, 'goNow', {});
      await rotations.waits(rotations.lock, 'person');
      await rotations.pass(600_000);

      expect((await rotations.guard()).alarms).toEqual([]);
      await tell(rotations.lock, 'goNow', {}, hash);
      expect((await handle.result()).outcome).toBe('completed');
    });
  });

  it('goes on by itself when nobody says go, and is rolled back from there', async () => {
    for (const rolledBack of [false, true]) {
      const log = new SimulatedLog();
      await log.run(async (rotations) => {
        const { plan } = await rotations.rotate({ dryRun: true });
        const hash = plan?.hash ?? '';
        void log.once('createNextTree', () =>
          tell(rotations.lock, 'holdAfter', { step: 'stage', until: ahead(1_200_000) }, hash),
        );
        const handle = await rotations.start();
        await rotations.waits(rotations.lock, 'person');
        if (rolledBack) {
          await tell(rotations.lock, 'rollBack', {}, hash);
        }
        expect((await handle.result()).outcome).toBe(rolledBack ? 'rolledBack' : 'completed');
      });
    }
  });

  it('shows that it pauses between two attempts, which is no failure, and goes on when told', async () => {
    const log = new SimulatedLog({ attempts: 2, pauseBetweenAttemptsMs: DAY_MS });
    log.fail('verify', 'before', 1);
    await log.run(async (rotations) => {
      const handle = await rotations.start();
      await rotations.waits(rotations.lock, 'pause');
      await tell(rotations.lock, 'goNow', {});

      expect(await handle.result()).toMatchObject({ outcome: 'completed', attempts: 2 });
    });
  });
});

/** Values of every shape that a form can send. */
const shapes: readonly unknown[] = [
  undefined,
  null,
  0,
  'approve',
  '',
  true,
  [],
  [{}],
  {},
  { who: null },
  { approval: 7 },
  { plan: {}, until: [], who: 1, why: {} },
  { until: '9999-99-99T99:99:99Z', who: 'ada', why: 'x', plan: 'x', step: 'x', choice: 'x', to: 'x' },
  { toString: 1, valueOf: null, ...words },
  JSON.parse('{"__proto__": {"who": "ada"}, "constructor": 1}'),
  { approval: 'x'.repeat(100_000), who: 'y'.repeat(100_000) },
];

it.each(instructionNames)(
  'answers every wrong shape of %s with a refusal, and still answers queries',
  async (update) => {
    const log = new SimulatedLog({ attempts: 2, pauseBetweenAttemptsMs: 600_000 });
    log.fail('verify', 'before', 1);
    await log.run(async (rotations) => {
      const handle = await rotations.start({ begin: { notBefore: ahead(60_000) } });
      await rotations.waits(handle);
      const everyShape = async (asked: Handle): Promise<void> => {
        for (const shape of shapes) {
          const answered = await asked.executeUpdate(update, { args: [shape] }).then(
            () => 'taken',
            (error: unknown) => `${(error as { type?: string }).type ?? ''} ${String(error)}`,
          );
          expect(answered).toMatch(/^INSTRUCTION_REFUSED |^APPROVAL_INVALID |No registered handler/i);
          expect(await asked.query<Progress>(PROGRESS)).toMatchObject({ log: 'lab' });
        }
      };
      await everyShape(handle);
      await rotations.waits(rotations.lock, 'pause');
      await everyShape(rotations.lock);

      expect(await handle.result()).toMatchObject({ outcome: 'completed', interventions: [] });
    });
  },
);
