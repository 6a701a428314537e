import { rotation } from '../../config/schema';
import { planRotation, type FoundLog, type Planned } from '../../workflows/model/plan';
import { fixedPartNames } from '../../workflows/model/plan-file';
import {
  editableSettings,
  settingNames,
  widestSettings,
  type PlanSettings,
} from '../../workflows/model/plan-settings';
import type { Refusal } from '../../workflows/model/refusals';
import { readRotationRequest } from '../../workflows/model/request';
import { aFoundLog } from './found-log';
import { anOwner, aPart } from './owned-parts';
import { aPlanFile, changed, leavesOf, planOf, plannedWith } from './plan-files';
import { slotBlue, slotGreen } from './two-slots';

const approvers = [
  { name: 'ada', fingerprints: ['SHA256:a'] },
  { name: 'bob', fingerprints: ['SHA256:b'] },
];
const { timing, approvals } = aFoundLog();

const refusalsOf = (planned: Planned): readonly Refusal[] => ('refusals' in planned ? planned.refusals : []);
const codesOf = (planned: Planned): string[] => refusalsOf(planned).map(({ code }) => code);
const wordsOf = (planned: Planned): string =>
  refusalsOf(planned)
    .map(({ message, remedy }) => `${message} ${remedy}`)
    .join(' ');

/** Another value of each setting that is allowed. */
const edits: PlanSettings = {
  displayName: 'rekor 2027',
  approvals: 'one',
  attempts: 7,
  pauseBetweenAttemptsMs: 90_000,
  criticalSectionMs: 2_000,
  soakMs: 45_000,
  ifNextFails: 'hold',
};

const edited = changed(aPlanFile(), ['edit', 'soakMs'], 7);

describe('a plan file', () => {
  it('that nobody has edited is planned as without it, whatever has moved by itself', () => {
    const { currentHead, traffic } = aFoundLog();
    const moved = {
      currentHead: { ...currentHead, size: currentHead.size + 1_000 },
      traffic: { ...traffic, number: 7 },
      largestMark: 9,
    };
    const planned = plannedWith(aPlanFile(), moved);
    expect(planned).toMatchObject({ plan: planOf(moved) });
    expect(planned).not.toHaveProperty('plan.edited');
    expect(planned.checks).toContainEqual(
      expect.objectContaining({
        code: 'PLAN_FILE_HOLDS',
        state: 'ok',
        found: expect.stringContaining('nothing.') as string,
      }),
    );
  });

  it.each(settingNames)(
    'may be edited in %s, which is followed and named, and gives another hash',
    (field) => {
      const file = aPlanFile();
      const planned = plannedWith(changed(file, ['edit', field], edits[field]));
      const plan = 'plan' in planned ? planned.plan : undefined;
      expect(plan?.edited).toEqual([{ field, planned: file.fixed.settings[field], edited: edits[field] }]);
      const followed = {
        ...plan?.timing,
        approvals: plan?.approvals.required,
        displayName: plan?.nextTree.displayName,
      };
      expect(followed).toMatchObject({ ...file.fixed.settings, [field]: edits[field] });
      expect(plan?.hash).toMatch(/^[0-9a-f]{64}$/);
      expect(plan?.hash).not.toBe(planOf().hash);
    },
  );

  it('is one plan for everybody who approves it, in whatever order its fields stand', () => {
    const file = aPlanFile();
    const hashOf = (edit: object): string | undefined => {
      const planned = plannedWith({ ...file, edit });
      return 'plan' in planned ? planned.plan.hash : undefined;
    };
    expect(hashOf({ soakMs: 7, attempts: 2 })).toBe(hashOf({ attempts: 2, soakMs: 7 }));
    expect(hashOf({ soakMs: 7, attempts: 2 })).not.toBe(hashOf({ soakMs: 8, attempts: 2 }));
    const { fixed, seals } = file;
    const turned = Object.fromEntries(Object.entries(fixed).reverse());
    expect(plannedWith({ ...file, fixed: turned, seals })).toHaveProperty('plan');
  });

  it.each([
    ['without the settings that stay as planned', { soakMs: 1 }],
    ['without any', {}],
    ['with nothing under edit', null],
    ['with edit left out', undefined],
  ])('is taken %s', (_, edit) => {
    expect(plannedWith({ ...aPlanFile(), edit })).toHaveProperty('plan');
  });

  it.each<[keyof PlanSettings, unknown, RegExp]>([
    ['displayName', '', /""; allowed is 1 to 20 printable ASCII characters/],
    ['displayName', '   ', /not all of them blanks/],
    ['displayName', 'x'.repeat(21), /1 to 20/],
    ['displayName', 'a\nb', /"a\\nb"; allowed/],
    ['displayName', 'ä', /printable ASCII/],
    ['displayName', 7, /is 7/],
    ['approvals', 'three', /"three"; allowed is none or one\./],
    ['approvals', 'two', /"two"; allowed is none or one\./],
    ['attempts', 0, /is 0; allowed is a whole number from 1 to 10\./],
    ['attempts', 11, /1 to 10/],
    ['attempts', 1.5, /is 1\.5/],
    ['attempts', '3', /is "3"; allowed is a whole number/],
    ['pauseBetweenAttemptsMs', 999, /from 1000 to 300000\./],
    ['pauseBetweenAttemptsMs', 300_001, /from 1000 to 300000\./],
    ['criticalSectionMs', 499, /from 500 to 2500\./],
    ['criticalSectionMs', 2_501, /from 500 to 2500\./],
    ['soakMs', -1, /from 0 to 300000\./],
    ['soakMs', '10m', /is "10m"; allowed is a whole number/],
    ['soakMs', null, /is null/],
    ['ifNextFails', 'retry', /"retry"; allowed is supersede or hold\./],
  ])('is refused with %s %j, with what is allowed and what to do', (field, value, words) => {
    const planned = plannedWith(changed(aPlanFile(), ['edit', field], value));
    expect(codesOf(planned)).toEqual(['PLAN_FILE_INVALID']);
    expect(wordsOf(planned)).toContain(`The plan file's edit.${field} is `);
    expect(wordsOf(planned)).toMatch(words);
    expect(wordsOf(planned)).toContain('Mend it in the file');
  });

  it('is told every edit that is wrong at once', () => {
    const edit = { attempts: 0, soakMs: -1, displayName: '' };
    expect(codesOf(plannedWith({ ...aPlanFile(), edit }))).toHaveLength(3);
  });

  it('never asks for fewer approvals than the configuration does, and for two only where two have keys', () => {
    const found = (required: 'none' | 'one' | 'two') => ({
      approvals: { ...approvals, required, approvers },
    });
    const asks = (wanted: string, configured: 'none' | 'one' | 'two') =>
      plannedWith(changed(aPlanFile(found(configured)), ['edit', 'approvals'], wanted), found(configured));
    expect(asks('two', 'none')).toMatchObject({ plan: { approvals: { required: 'two' } } });
    expect(asks('two', 'one')).toMatchObject({ plan: { approvals: { required: 'two' } } });
    expect(wordsOf(asks('none', 'one'))).toContain('allowed is one or two.');
    expect(wordsOf(asks('one', 'two'))).toContain('allowed is two.');
  });

  it('asks for an approval also where only whoever runs it wants one', () => {
    const planned = plannedWith(aPlanFile(), {}, { waitForApproval: true });
    expect(planned).toMatchObject({ plan: { approvals: { required: 'one' } } });
    expect(planned).not.toHaveProperty('plan.edited');
  });

  it('is judged by its own times: a critical section that is too short for the signers is refused', () => {
    const { drainEvidence } = aFoundLog();
    const pace = { signers: 1, passes: 3, withinMs: 1_500, readingMs: 10, pageBytes: 1 };
    const found = { drainEvidence: { ...drainEvidence, by: 'queue', pace } } satisfies Partial<FoundLog>;
    const file = aPlanFile(found);
    expect(codesOf(plannedWith(file, found))).toEqual([]);
    const short = changed(file, ['edit', 'criticalSectionMs'], 1_000);
    expect(codesOf(plannedWith(short, found))).toEqual(['DRAIN_DOES_NOT_FIT']);
  });

  const { inactive, installation, changes, current, drainEvidence } = aFoundLog();
  const fullest = { approvals: { ...approvals, approvers } };

  it.each(
    leavesOf(aPlanFile(fullest).fixed).map(({ path, value }) => [path.join('.'), path, value] as const),
  )('is refused when fixed.%s was edited, and says so', (_name, path, value) => {
    const other =
      typeof value === 'number' ? value + 1 : Array.isArray(value) ? ['more'] : `${String(value)}0`;
    const planned = plannedWith(changed(aPlanFile(fullest), ['fixed', ...path], other), fullest);
    if (path[0] === 'log') {
      expect(codesOf(planned)).toEqual(['PLAN_FILE_INVALID']);
      expect(wordsOf(planned)).toContain('fixed.log is "production0"; allowed is "production", the log');
    } else {
      expect(codesOf(planned)).toEqual(['PLAN_FILE_EDITED_OUTSIDE']);
      expect(wordsOf(planned)).toContain(`fixed.${path.join('.').replace(/\.(\d+)/g, '[$1]')}`);
      expect(wordsOf(planned)).toContain('Only what stands under edit may be changed.');
    }
  });

  it('has a value of each part of the fixed half that such a test looks at', () => {
    const parts = leavesOf(aPlanFile(fullest).fixed).map(({ path: [part] }) => part);
    expect([...new Set(parts)]).toEqual(fixedPartNames);
  });

  it.each(fixedPartNames)(
    'is refused when the seal of %s was edited, which also looks like a log that moved',
    (part) => {
      const planned = plannedWith(changed(aPlanFile(), ['seals', part], '0'.repeat(16)));
      expect(codesOf(planned)).toEqual(['PLAN_FILE_EDITED_OUTSIDE']);
      expect(wordsOf(planned)).toContain(`seals.${part} is not of fixed.${part}`);
    },
  );

  it.each<[string, Partial<FoundLog>, string]>([
    [
      'another tree is the current one',
      {
        current: { ...current, treeId: '300' },
        installation: { ...installation, activeTreeId: '300' },
        instances: [],
      },
      'fixed.currentTree was "200", is "300"',
    ],
    [
      'a shard has come',
      { inactive: [...inactive, ...inactive], instances: [] },
      'fixed.shards[1] was absent, is {"treeId":"100","length":10}',
    ],
    [
      'a shard is longer',
      { inactive: inactive.map((shard) => ({ ...shard, length: 11 })), instances: [] },
      'fixed.shards[0].length was 10, is 11',
    ],
    [
      'the other slot serves',
      { installation: { ...installation, current: slotGreen, next: slotBlue } },
      'fixed.next.name was "slot green", is "slot blue"',
    ],
    [
      'another file is to be replaced',
      { changes: changes.map((change) => ({ ...change, target: '/etc/rekor/other.env' })) },
      'fixed.changes[0].target was "/etc/rekor/green.env", is "/etc/rekor/other.env"',
    ],
    ['a file has changed', { fingerprint: 'd'.repeat(64) }, `fixed.files was "${'a'.repeat(59)}…, is "d`],
    ['the plan is another one in what no part tells', { hash: 'e'.repeat(64) }, 'fixed.planHash was "c'],
    ['another soak is configured', { timing: { ...timing, soakMs: 9 } }, 'fixed.settings.soakMs was 0, is 9'],
    [
      'approvals are configured',
      { approvals: { ...approvals, required: 'one' } },
      'fixed.settings.approvals was "none", is "one"',
    ],
    [
      'another person may approve',
      { approvals: { ...approvals, approvers } },
      'fixed.configuration.approvals.approvers[0] was absent, is {"name":"ada"',
    ],
    [
      'the current release is to run on for longer',
      { timing: { ...timing, stopCurrentAfterMs: 1 } },
      'fixed.configuration.stopCurrentAfterMs was 0, is 1',
    ],
    [
      'another root duration is set',
      { current: { ...current, maxRootDurationMs: 7 } },
      `fixed.configuration.maxRootDurationMs was ${current.maxRootDurationMs}, is 7`,
    ],
    [
      'there is no database any more',
      { drainEvidence: { ...drainEvidence, by: 'signer passes' } },
      'fixed.configuration.drainedBy was "queue", is "signer passes"',
    ],
    [
      'somebody else writes an object now',
      { ownership: { parts: [aPart(anOwner)], heldOffInVain: [] } },
      'fixed.configuration.ownership was absent, is {"parts":[{"object":"ConfigMap rekor/rekor-sharding-config"',
    ],
  ])('is refused as outdated when %s', (_what, found, words) => {
    const planned = plannedWith(aPlanFile(), found);
    expect(codesOf(planned)).toContain('PLAN_FILE_OUTDATED');
    expect(codesOf(planned)).not.toContain('PLAN_FILE_EDITED_OUTSIDE');
    expect(wordsOf(planned)).toContain(words);
    expect(wordsOf(planned)).toContain('write the plan anew with `rekor-rotate plan production --out FILE`');
  });

  it('tells what was edited from what has moved on where both have happened', () => {
    const both = changed(aPlanFile(), ['fixed', 'shards', '0', 'length'], 99);
    const [outside, outdated, ...others] = refusalsOf(plannedWith(both, { fingerprint: 'd'.repeat(64) }));
    expect(others).toEqual([]);
    expect(outside).toMatchObject({ code: 'PLAN_FILE_EDITED_OUTSIDE' });
    expect(outside?.message).toContain('fixed.shards[0].length is 99, planned now is 10');
    expect(outside?.message).not.toContain('fixed.files');
    expect(outdated).toMatchObject({ code: 'PLAN_FILE_OUTDATED' });
    expect(outdated?.message).not.toContain('fixed.shards');
  });

  it('names five differences, and counts the rest', () => {
    const shards = Array.from({ length: 9 }, (_, index) => ({ ...inactive[0], treeId: String(index) }));
    const words = wordsOf(
      plannedWith(aPlanFile(), { inactive: shards as FoundLog['inactive'], instances: [] }),
    );
    expect(words.match(/fixed\.shards/g)).toHaveLength(5);
    expect(words).toContain('; 4 more.');
  });

  it('is told what is wrong with it and what has moved on together', () => {
    const file = changed(aPlanFile(), ['edit', 'attempts'], 99);
    expect(codesOf(plannedWith(file, { fingerprint: 'd'.repeat(64) }))).toEqual([
      'PLAN_FILE_INVALID',
      'PLAN_FILE_OUTDATED',
    ]);
  });

  it('is told of a value that is wrong under edit and under fixed that it is so in both', () => {
    const file = changed(changed(aPlanFile(), ['edit', 'soakMs'], -5), ['fixed', 'settings', 'soakMs'], -5);
    const planned = plannedWith(file);
    expect(codesOf(planned)).toEqual(['PLAN_FILE_INVALID', 'PLAN_FILE_EDITED_OUTSIDE']);
    expect(wordsOf(planned)).toContain('edit.soakMs is -5; allowed is');
    expect(wordsOf(planned)).toContain('fixed.settings.soakMs is -5');
  });

  it('is refused where the worker that looked knows of no plan files, and has looked at no seal', () => {
    const found = aFoundLog();
    const planned = planRotation(
      { log: 'production', planFile: aPlanFile() },
      { log: 'production', checks: [], found },
    );
    expect(codesOf(planned)).toEqual(['PLAN_FILE_EDITED_OUTSIDE']);
  });

  it.each<[string, unknown, string]>([
    ['a text', 'x', 'PLAN_FILE_INVALID'],
    ['another form', { version: 1, fixed: {}, seals: {} }, 'PLAN_FILE_INVALID'],
    ['settings of another form', changed(edited, ['fixed', 'settings'], 7), 'PLAN_FILE_INVALID'],
    ['settings that are null', changed(edited, ['fixed', 'settings'], null), 'PLAN_FILE_INVALID'],
    ['a log that is an object', changed(edited, ['fixed', 'log'], {}), 'PLAN_FILE_INVALID'],
    ['shards of another form', changed(edited, ['fixed', 'shards'], { a: 1 }), 'PLAN_FILE_EDITED_OUTSIDE'],
  ])('is refused, and throws nothing, that is %s, whoever handed it over', (_what, file, code) => {
    expect(new Set(codesOf(plannedWith(file)))).toEqual(new Set([code]));
  });
});

describe('a request with a plan file', () => {
  const problemsOf = (planFile: unknown): readonly Refusal[] => {
    const read = readRotationRequest({ log: 'production', planFile }, 0);
    return 'refusals' in read ? read.refusals : [];
  };

  it('is taken with one that rekor-rotate has written', () => {
    expect(problemsOf(aPlanFile())).toEqual([]);
  });

  it.each<[string, (file: unknown) => unknown, string, RegExp]>([
    [
      'is a text',
      () => 'plan.yaml',
      'REQUEST_INVALID',
      /planFile is "plan.yaml"; allowed is what `rekor-rotate plan/,
    ],
    ['is a list', () => [], 'REQUEST_INVALID', /planFile is \[\]/],
    [
      'is of another version',
      (file) => changed(file, ['version'], 2),
      'PLAN_FILE_INVALID',
      /version is 2; allowed is 1/,
    ],
    [
      'has a field too many',
      (file) => changed(file, ['more'], 1),
      'PLAN_FILE_INVALID',
      /more is 1; allowed is nothing/,
    ],
    [
      'has a setting too many',
      (file) => changed(file, ['edit', 'currentTree'], '7'),
      'PLAN_FILE_INVALID',
      /edit\.currentTree is "7"; allowed is nothing: there is no such field; the fields are displayName,/,
    ],
    ['has a list under edit', (file) => changed(file, ['edit'], []), 'PLAN_FILE_INVALID', /edit is \[\]/],
    [
      'has lost its fixed half',
      (file) => changed(file, ['fixed'], undefined),
      'PLAN_FILE_INVALID',
      /fixed is absent/,
    ],
    [
      'has lost a part',
      (file) => changed(file, ['fixed', 'files'], undefined),
      'PLAN_FILE_INVALID',
      /fixed\.files is absent/,
    ],
    ['has a part too many', (file) => changed(file, ['fixed', 'x'], 1), 'PLAN_FILE_INVALID', /fixed\.x is 1/],
    [
      'has lost a seal',
      (file) => changed(file, ['seals', 'files'], undefined),
      'PLAN_FILE_INVALID',
      /seals\.files is absent/,
    ],
    [
      'has a number for a seal',
      (file) => changed(file, ['seals', 'files'], 7),
      'PLAN_FILE_INVALID',
      /seals\.files is 7/,
    ],
    [
      'is of another log',
      (file) => changed(file, ['fixed', 'log'], 'b'),
      'PLAN_FILE_INVALID',
      /"b"; allowed is "production"/,
    ],
    [
      'is longer than a history should keep',
      (file) => changed(file, ['fixed', 'changes'], 'x'.repeat(400_000)),
      'PLAN_FILE_TOO_LONG',
      /has 40\d{4} bytes as JSON; allowed are 400000/,
    ],
  ])('is refused when that %s', (_what, change, code, words) => {
    const [problem, ...others] = problemsOf(change(aPlanFile()));
    expect([problem?.code, others]).toEqual([code, []]);
    expect(problem?.message).toMatch(words);
  });

  it('is told at once what is wrong under edit, too, where the rest is of a wrong form', () => {
    const wrong = changed(changed(aPlanFile(), ['edit', 'attempts'], 99), ['edit', 'soakMs'], -5);
    const told = (file: unknown): string[] => problemsOf(file).map(({ message }) => message);
    expect(told(wrong)).toEqual([]);
    for (const [part, value] of [
      ['log', 'staging'],
      ['files', undefined],
      ['settings', 7],
    ] as const) {
      const [first, ...others] = told(changed(wrong, ['fixed', part], value));
      expect(first).toMatch(new RegExp(`fixed\\.${part} is `));
      expect(others).toEqual([
        expect.stringMatching(/edit\.attempts is 99; allowed is a whole number from 1 to 10/),
        expect.stringMatching(/edit\.soakMs is -5; allowed is a whole number from 0 to/),
      ]);
    }
    expect(told(changed(wrong, ['fixed'], undefined))).toHaveLength(3);
  });

  it('is told all parts that are of a wrong form at once', () => {
    const file = changed(changed(aPlanFile(), ['more'], 1), ['seals', 'files'], 7);
    const words = problemsOf(changed(file, ['edit', 'attempt'], 3)).map(({ message }) => message);
    expect(words).toEqual([
      expect.stringContaining('more is 1'),
      expect.stringContaining('edit.attempt is 3'),
      expect.stringContaining('seals.files is 7'),
    ]);
  });

  it('takes what the file says was planned for no edit, as long as the file says it rightly', () => {
    const file = aPlanFile();
    const other = changed(file, ['fixed', 'log'], 'staging');
    expect(problemsOf(changed(other, ['edit', 'soakMs'], file.fixed.settings.soakMs))).toHaveLength(1);
  });

  it('holds the plan of a log with a thousand shards', () => {
    const [shard] = aFoundLog().inactive;
    const shards = Array.from({ length: 1_000 }, (_, index) => ({ ...shard, treeId: String(4e18 + index) }));
    const file = changed(
      aPlanFile(),
      ['fixed', 'shards'],
      shards.map(({ treeId }) => ({ treeId, length: 4e9 })),
    );
    expect(problemsOf(file)).toEqual([]);
  });
});

it('takes no time and no number of attempts that the configuration would not take', () => {
  const editable = editableSettings(widestSettings, { approvers });
  const { attempts, pauseBetweenAttempts, criticalSection, soak, ifNextFails } = rotation.shape;
  const configured = {
    attempts: [attempts, (value: number) => value],
    pauseBetweenAttemptsMs: [pauseBetweenAttempts, (ms: number) => `${ms}ms`],
    criticalSectionMs: [criticalSection, (ms: number) => `${ms}ms`],
    soakMs: [soak, (ms: number) => `${ms}ms`],
  } as const;
  for (const [name, [field, written]] of Object.entries(configured)) {
    const setting = editable[name as keyof typeof configured];
    const [, least, most] = /from (\d+) to (\d+)/.exec(setting.allowed)?.map(Number) ?? [];
    for (const value of [least ?? NaN, most ?? NaN]) {
      expect([name, value, setting.fits(value), field.safeParse(written(value)).success]).toEqual([
        name,
        value,
        true,
        true,
      ]);
    }
    for (const value of [(least ?? NaN) - 1, (most ?? NaN) + 1]) {
      expect([name, value, setting.fits(value), field.safeParse(written(value)).success]).toEqual([
        name,
        value,
        false,
        false,
      ]);
    }
  }
  expect(['supersede', 'hold', 'x'].map((value) => editable.ifNextFails.fits(value))).toEqual(
    ['supersede', 'hold', 'x'].map((value) => ifNextFails.safeParse(value).success),
  );
});
