import { CURRENT_TREE, SimulatedLog, type LogOptions } from './simulated-log';
import { planFileOf } from '../../cli/plan-file/text';
import { environmentFile } from '../../simulation/world/host';
import { longestSignerWaitsMs } from '../../workflows/model/drain';
import type { PlanFile } from '../../workflows/model/plan-file';
import type { PlanSettings, SettingName } from '../../workflows/model/plan-settings';
import { changed } from '../model/plan-files';
import type { Rotations } from './rotations';
import { failedForInput } from './wrong-input';

/** The plan that would be made now, as its file. */
async function fileOf({ rotate }: Rotations): Promise<PlanFile> {
  const { plan, reason } = await rotate({ dryRun: true });
  if (!plan) {
    throw new Error(reason);
  }
  return planFileOf(plan);
}

function edited(file: PlanFile, field: string, value: unknown): PlanFile {
  return changed(file, field.split('.'), value) as PlanFile;
}

/** Somebody who can reach Temporal starts it as the Temporal UI does: with one JSON object. */
const asPasted = (planFile: PlanFile): PlanFile => JSON.parse(JSON.stringify(planFile)) as PlanFile;

it('is run as it was planned where nobody has edited it', async () => {
  const log = new SimulatedLog();
  const [file, result] = await log.run(async (rotations) => {
    const planFile = asPasted(await fileOf(rotations));
    return [planFile, await rotations.rotate({ planFile })] as const;
  });
  expect(result).toMatchObject({
    outcome: 'completed',
    nextTree: { treeId: log.nextTree() },
    plan: { hash: file.fixed.planHash, nextTree: { displayName: 'lab (next)' } },
  });
  expect(result).not.toHaveProperty('edited');
  expect(result.checks).toContainEqual(expect.objectContaining({ code: 'PLAN_FILE_HOLDS', state: 'ok' }));
});

/** What an edit of each setting comes to. */
const followed: Readonly<{
  [Field in SettingName]: {
    readonly value: PlanSettings[Field];
    readonly options?: LogOptions;
    readonly arrange?: (log: SimulatedLog) => unknown;
    readonly comesTo: (
      log: SimulatedLog,
      rotations: Rotations,
      begun: Awaited<ReturnType<Rotations['start']>>,
    ) => Promise<unknown>;
  };
}> = {
  displayName: {
    value: 'rekor 2027',
    comesTo: async (log, _, begun) => {
      expect(await begun.result()).toMatchObject({ outcome: 'completed' });
      expect(log.world.trillian.getTree(log.nextTree()).row.displayName).toBe('rekor 2027');
    },
  },
  approvals: {
    value: 'one',
    comesTo: async (log, { waits }, begun) => {
      const { text, takes } = await waits(begun, 'approvals');
      expect(text).toContain('Edited in its plan file: approvals one, planned none.');
      expect(log.isLocked()).toBe(false);
      const { approval } = JSON.parse(takes[0]?.input ?? '{}') as { approval: string };
      await begun.executeUpdate('approve', { args: [{ approval, who: 'ada' }] });
      expect(await begun.result()).toMatchObject({ outcome: 'completed', approvals: [{ who: 'ada' }] });
    },
  },
  attempts: {
    value: 2,
    arrange: (log) => log.fail('freeze', 'after'),
    comesTo: async (_log, _rotations, begun) => {
      expect(await begun.result()).toMatchObject({ outcome: 'rolledBack', attempts: 2 });
    },
  },
  pauseBetweenAttemptsMs: {
    value: 200_000,
    options: { attempts: 2, pauseBetweenAttemptsMs: 1_000 },
    arrange: (log) => log.fail('freeze', 'after', 1),
    comesTo: async (_log, { waits, lock }, begun) => {
      const { since, until } = await waits(lock, 'pause');
      expect(Date.parse(until ?? '') - Date.parse(since)).toBe(200_000);
      expect(await begun.result()).toMatchObject({ outcome: 'completed', attempts: 2 });
    },
  },
  criticalSectionMs: {
    value: 1_900,
    options: { criticalSectionMs: 2_500 },
    comesTo: async (log, _rotations, begun) => {
      expect(await begun.result()).toMatchObject({ outcome: 'completed' });
      const section = log.world.temporal.latest('critical-section-lab');
      const input = section?.options.args.map(({ data }) => Buffer.from(data ?? []).toString()).join();
      expect(input).toContain('"criticalSectionMs":1900');
      // Looks are made for the time that was edited, too.
      const { checks = [] } = await begun.result();
      expect(checks.find(({ code }) => code === 'SIGNERS_IN_TIME')?.found).toContain(
        ` ${longestSignerWaitsMs(1_900)} ms `,
      );
    },
  },
  soakMs: {
    value: 250_000,
    options: { soakMs: 0 },
    comesTo: async (_log, _rotations, begun) => {
      const { outcome, steps } = await begun.result();
      expect(outcome).toBe('completed');
      expect(steps.find(({ name }) => name === 'soak')?.ms).toBeGreaterThanOrEqual(250_000);
    },
  },
  ifNextFails: {
    value: 'hold',
    options: { ifNextFails: 'supersede' },
    arrange: (log) => {
      log.usedBeforeItFailed();
      log.cannotGoForward();
    },
    comesTo: async (_log, { held, resume }, begun) => {
      await held();
      await resume({ choice: 'giveUp', who: 'ada', why: 'a test' });
      expect(await begun.result()).toMatchObject({ outcome: 'held' });
    },
  },
};

it.each(Object.keys(followed) as SettingName[])(
  'is followed where %s was edited, and the result says so',
  async (field) => {
    const { value, options, arrange, comesTo } = followed[field];
    const log = new SimulatedLog(options);
    await log.run(async (rotations) => {
      const file = await fileOf(rotations);
      arrange?.(log);
      const begun = await rotations.start({ planFile: edited(file, `edit.${field}`, value) });
      await comesTo(log, rotations, begun);
      expect((await begun.result()).edited).toEqual([
        { field, planned: file.fixed.settings[field], edited: value },
      ]);
    });
  },
);

it('says in a dry run what was edited, and gives the edited plan its own hash', async () => {
  const log = new SimulatedLog();
  await log.run(async (rotations) => {
    const { rotate } = rotations;
    const file = edited(await fileOf(rotations), 'edit.displayName', 'rekor 2027');
    const dry = await rotate({ planFile: file, dryRun: true });
    expect(dry).toMatchObject({
      outcome: 'planned',
      edited: [{ field: 'displayName', edited: 'rekor 2027' }],
    });
    expect(dry.steps[0]?.says).toContain('its display name is "rekor 2027"');
    expect(dry.plan?.hash).not.toBe(file.fixed.planHash);
    const asked = { planHash: file.fixed.planHash, planFile: file };
    expect(await rotate(asked)).toMatchObject({ outcome: 'refused', refusals: [{ code: 'PLAN_CHANGED' }] });
    expect(await rotate({ ...asked, planHash: dry.plan?.hash ?? '' })).toMatchObject({
      outcome: 'completed',
    });
  });
});

it('gives the name to the next tree alone, and not to a third one', async () => {
  const log = new SimulatedLog();
  const result = await log.run(async (rotations) => {
    const file = edited(await fileOf(rotations), 'edit.displayName', 'rekor 2027');
    log.usedBeforeItFailed();
    log.cannotGoForward();
    return await rotations.rotate({ planFile: file });
  });
  expect(result).toMatchObject({ outcome: 'superseded', edited: [{ field: 'displayName' }] });
  const names = log.nextTrees().map((tree) => log.world.trillian.getTree(tree).row.displayName);
  expect(names).toEqual(['rekor 2027', 'lab (next)']);
});

describe('what is refused', () => {
  it.each([
    ['fixed.currentTree', '9', 'PLAN_FILE_EDITED_OUTSIDE'],
    ['fixed.shards.0.length', 11, 'PLAN_FILE_EDITED_OUTSIDE'],
    ['fixed.next.id', 'blue', 'PLAN_FILE_EDITED_OUTSIDE'],
    ['fixed.changes.0.target', '/etc/passwd', 'PLAN_FILE_EDITED_OUTSIDE'],
    ['fixed.changes.0.added', ['- treeID: 9'], 'PLAN_FILE_EDITED_OUTSIDE'],
    ['fixed.files', '0'.repeat(64), 'PLAN_FILE_EDITED_OUTSIDE'],
    ['fixed.settings.attempts', 9, 'PLAN_FILE_EDITED_OUTSIDE'],
    ['fixed.configuration.drainedBy', 'nothing', 'PLAN_FILE_EDITED_OUTSIDE'],
    ['fixed.planHash', '0'.repeat(64), 'PLAN_FILE_EDITED_OUTSIDE'],
    ['seals.files', '0'.repeat(16), 'PLAN_FILE_EDITED_OUTSIDE'],
  ])('is an edit of %s', async (path, value, code) => {
    const log = new SimulatedLog();
    const result = await log.run(async (rotations) =>
      rotations.rotate({ planFile: edited(await fileOf(rotations), path, value) }),
    );
    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code }] });
    expect(log.calls).toEqual([]);
  });

  it.each<[string, unknown, string, RegExp]>([
    [
      'edit.criticalSectionMs',
      29_000,
      'PLAN_FILE_INVALID',
      /edit\.criticalSectionMs is 29000; allowed is a whole number from 500 to/,
    ],
    ['edit.soakMs', '10m', 'PLAN_FILE_INVALID', /edit\.soakMs is "10m"/],
    ['edit.treeId', '7', 'PLAN_FILE_INVALID', /edit\.treeId is "7"; allowed is nothing/],
    ['fixed.log', 'another', 'PLAN_FILE_INVALID', /fixed\.log is "another"; allowed is "lab"/],
    ['version', 2, 'PLAN_FILE_INVALID', /version is 2/],
    ['fixed.changes', 'x'.repeat(500_000), 'PLAN_FILE_TOO_LONG', /has 50\d{4} bytes/],
  ])(
    'is the request itself with a wrong %s, which fails as any wrong input',
    async (path, value, code, words) => {
      const log = new SimulatedLog();
      const failed = await log.run(async (rotations) => {
        const planFile = edited(await fileOf(rotations), path, value);
        return await failedForInput(await rotations.start({ planFile }));
      });
      expect(failed).toMatchObject({ code, outcome: 'refused' });
      expect(failed.message).toMatch(words);
      expect(log.calls).toEqual([]);
    },
  );

  it('is the plan of a log that has been rotated since', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async (rotations) => {
      const planFile = await fileOf(rotations);
      await rotations.rotate();
      return await rotations.rotate({ planFile });
    });
    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'PLAN_FILE_OUTDATED' }] });
    expect(result.reason).toContain(`fixed.currentTree was "${CURRENT_TREE}", is "${log.nextTree()}"`);
    expect(log.nextTrees()).toHaveLength(1);
  });

  it('is the plan of files that somebody has changed since', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async (rotations) => {
      const planFile = await fileOf(rotations);
      log.editBySomeone('green');
      return await rotations.rotate({ planFile });
    });
    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'PLAN_FILE_OUTDATED' }] });
    expect(result.reason).toContain('fixed.files was ');
    expect(log.calls).toEqual([]);
  });

  it('is the plan of another configuration', async () => {
    const planFile = await new SimulatedLog({ soakMs: 1_000 }).run(fileOf);
    const log = new SimulatedLog({ soakMs: 2_000 });
    const result = await log.run(({ rotate }) => rotate({ planFile }));
    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'PLAN_FILE_OUTDATED' }] });
    expect(result.reason).toContain('fixed.settings.soakMs was 1000, is 2000');
    expect(result).not.toHaveProperty('edited');
  });

  it('is a log that moves on while the plan waits for its approval, or between that and the lock', async () => {
    for (const at of ['approvals', 'lock'] as const) {
      const log = new SimulatedLog();
      const result = await log.run(async (rotations) => {
        const planFile = edited(await fileOf(rotations), 'edit.approvals', 'one');
        const handle = await rotations.start({ planFile });
        const { takes } = await rotations.waits(handle, 'approvals');
        const { approval } = JSON.parse(takes[0]?.input ?? '{}') as { approval: string };
        if (at === 'approvals') {
          log.editBySomeone('green');
          await handle.executeUpdate('approve', { args: [{ approval, who: 'ada' }] });
          return await handle.result();
        }
        await handle.executeUpdate('approve', { args: [{ approval, who: 'ada' }] });
        while (!log.isLocked()) {
          await rotations.pass(1);
        }
        log.editBySomeone('green');
        return await handle.result();
      });
      expect(result.outcome).toBe('refused');
      expect(result.refusals.map(({ code }) => code)).toContain('PLAN_FILE_OUTDATED');
      expect(log.calls).toEqual([]);
    }
  });

  it('is a malformed file that somebody hands to the holder of the lock directly', async () => {
    const log = new SimulatedLog();
    const result = await log.run(async ({ startUnderLock }) => {
      const request = {
        log: 'lab',
        planFile: { version: 1, fixed: { log: {} }, edit: { soakMs: {} }, seals: [] },
      };
      const input = {
        rotationId: 'r',
        attributes: [],
        expiresAt: '',
        given: [],
        interventions: [],
        holdAfter: null,
      };
      return await (await startUnderLock({ ...input, request })).result();
    });
    expect(result.outcome).toBe('refused');
    const { refusals } = result;
    expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['PLAN_FILE_INVALID']));
    const said = refusals.map(({ message }) => message).join('\n');
    expect(said).toContain("The plan file's seals is []");
    expect(said).toContain("The plan file's fixed.log is {}");
    expect(said).toContain("The plan file's edit.soakMs is {}");
    expect(log.calls).toEqual([]);
  });
});

it('keeps nothing of the files themselves, which may be secret', async () => {
  const log = new SimulatedLog();
  const file = await log.run(async (rotations) => {
    const { files } = log.world;
    const path = environmentFile('green');
    files.put(path, `${files.peek(path) ?? ''}REKOR_PASSWORD=a-planted-secret\n`);
    log.editBySomeone('green');
    return await fileOf(rotations);
  });
  expect(JSON.stringify(file)).not.toContain('a-planted-secret');
});
