import fc from 'fast-check';
import { RefusalError } from '../../activities/errors/refusal-error';
import { CommandError, errorText, exitCodeOfError } from '../../cli/errors';
import { exitCodes } from '../../cli/exit-codes';
import { guardianLines, unknownGuardian } from '../../cli/guardian-status';
import { needsSomebody } from '../../cli/log-status';
import { checksText, planText } from '../../cli/plan-text';
import { progressNews, progressPicture } from '../../cli/progress-text';
import { exitCodeOf, resultText } from '../../cli/result-text';
import { Picture } from '../../cli/terminal';
import { ago, spoken, wrap } from '../../cli/text';
import { ConfigurationError } from '../../config/problems';
import type { Progress } from '../../workflows/messages';
import type { Waiting } from '../../workflows/model/waiting';
import { refusal } from '../../workflows/model/refusals';
import { notNeeded } from '../../workflows/model/result';
import { recordingTerminal } from './recording-terminal';
import {
  aCancelledResult,
  aCompletedResult,
  aHeld,
  aHeldResult,
  aPlannedRecovery,
  aPlannedResult,
  aProgress,
  anOvertakenResult,
  aRefusedResult,
  aResultWithoutEvidence,
  aRolledBackResult,
  aSupersededResult,
  aWarnedResult,
} from './results';

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

describe('the plan', () => {
  const text = planText(aPlannedResult(), 80);

  it('shows the current tree, what serves now and what will serve', () => {
    expect(text).toMatch(/Current tree +200, 20 entries/);
    expect(text).toMatch(/Earlier shards +100 \(10 entries\)/);
    expect(text).toMatch(/Next index +30,/);
    expect(text).toMatch(/Serves now +slot blue, at http:\/\/127\.0\.0\.1:3001/);
    expect(text).toMatch(/Will serve +slot green/);
  });

  it('shows each file as a diff, and each step with what it would do', () => {
    expect(text).toContain('    - TREE_ID=200\n    + TREE_ID=<next tree>');
    expect(text.match(/systemctl start rekor@green/g)).toHaveLength(1);
    expect(text).toContain('  createTree  create a tree of type LOG and close it');
    expect(text).toContain(
      '  hold        hold new writes in the gate\n              wait for those in flight',
    );
  });

  it('shows what somebody should look at, though it is no reason against it', () => {
    const warned = planText(aWarnedResult(), 80);
    expect(warned).toMatch(/Warning +Checkpoints are signed as "rekor\.other", which is not in/);
    expect(warned.replace(/\s+/g, ' ')).toContain('If it has, set logs.production.hostname to it.');
    expect(text).not.toContain('Warning');
  });

  it('counts the checks that passed, and lists each with what was found on request', () => {
    expect(text.replace(/\s+/g, ' ')).toContain(
      'Checks 9 of 9 checks passed; `rekor-rotate plan production --checks` lists them',
    );
    const { checks = [] } = aWarnedResult();
    const list = checksText(checks, 80);
    expect(list).toMatch(
      /^ {2}ok {7}The current tree, 200, is an ACTIVE tree of type LOG with 20 entries\.$/m,
    );
    expect(list).toMatch(/^ {2}warning {2}Checkpoints are signed as "rekor\.other", which is not in/m);
    expect(list).toContain('(HOSTNAME_NOT_IN_ADDRESS)');
    expect(widest(list)).toBeLessThanOrEqual(80);
  });

  it('says that nothing has been changed, and by which hash the plan is known', () => {
    expect(text.replace(/\s+/g, ' ')).toMatch(/Plan c{12}: .*nothing has been changed\.$/);
  });

  it('ends with all that must be known to answer, in the last 40 rows of 80 columns, totals last', () => {
    const { plan, ...result } = aWarnedResult();
    const [first, ...others] = plan?.changes ?? [];
    if (!plan || !first) {
      throw new Error('The plan of the tests changes no file.');
    }
    const inactive = Array.from({ length: 30 }, (_, index) => ({
      treeId: `9${index}`.repeat(9),
      length: index,
    }));
    const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`);
    const long = {
      ...plan,
      inactive,
      changes: [{ ...first, added: lines }, ...others],
    };
    const closing = 'Nothing has been changed yet.';
    const printed = planText({ ...result, plan: long }, 80, closing).split('\n');
    // Then an empty line and the question.
    const screen = printed.slice(-38).join('\n');

    expect(screen).toMatch(/Current tree +200, 20 entries/);
    expect(screen).toMatch(/Earlier shards +27 shards with 351 entries, then/);
    expect(screen).toMatch(/Serves now +slot blue/);
    expect(screen).toMatch(/Will serve +slot green/);
    expect(screen).toMatch(/Writes wait +at most 2\.5 s; if that is not enough/);
    expect(screen).toMatch(/Warning +Checkpoints/);
    const totals = printed.slice(printed.lastIndexOf('') + 1).join(' ');
    expect(totals).toBe(
      `Plan cccccccccccc: tree 200 (20 entries) ends, slot green serves in place of slot blue; 1 file to write, 1 command to run. ${closing}`,
    );
  });
});

describe('a result', () => {
  it('that is completed shows trees, stall, steps and whom to tell', () => {
    const text = resultText(aCompletedResult(), 80);

    expect(text).toMatch(/Frozen tree +200, ended with 25 entries/);
    expect(text).toMatch(/Active tree +7331245678901234567, from virtual index 35 on/);
    expect(text).toMatch(/Write stall +412 ms, from the first write that had to wait/);
    expect(text).toMatch(/Longest wait +380 ms in the gate: the client of that write waited/);
    expect(text).toMatch(/Writes +9 held in the gate, 0 refused/);
    expect(text).toMatch(/stage +1\.2 s/);
    expect(text).toContain('Tree 200 has ended with 25 entries');
  });

  it('that was rolled back says why, and which tree still takes writes', () => {
    const text = resultText(aRolledBackResult(), 80);

    expect(text).toContain('was rolled back');
    expect(text.replace(/\s+/g, ' ')).toContain('2500 ms were not enough');
    expect(text).toMatch(/Current tree +200/);
  });

  it('that was rolled back says what clients paid: how long, how many waited, how many were refused', () => {
    const text = resultText(aRolledBackResult(), 80);

    expect(text).toMatch(/Write stall +2\.6 s, from the first write that had to wait/);
    expect(text).toMatch(/Longest wait +2\.5 s in the gate/);
    expect(text).toMatch(/Writes +52 held in the gate, 3 refused$/m);
    expect(text.replace(/\s+/g, ' ')).toContain('52 writes waited, 2480 ms at most, 3 refused');
    expect(widest(text)).toBeLessThanOrEqual(80);
  });

  it('says how many of the refused were turned away at once', () => {
    const result = aRolledBackResult();
    const writes = result.writes && { ...result.writes, refused: 31, turnedAway: 28 };
    expect(resultText({ ...result, ...(writes && { writes }) }, 80).replace(/\s+/g, ' ')).toContain(
      'Writes 52 held in the gate, 31 refused, 28 of them at once for want of room Steps',
    );
  });

  it.each([
    [{ stallMs: null }, /Write stall +from the first write that had to wait; that one was acknowledged/],
    [{ stallMs: null, held: 0, refused: 0 }, /Write stall +none: no write had to wait/],
  ])('does not call %j a stall that was measured', (changes, expected) => {
    const result = aRolledBackResult();
    const writes = result.writes && { ...result.writes, ...changes };
    expect(resultText({ ...result, ...(writes && { writes }) }, 80)).toMatch(expected);
  });

  it('that was rolled back says what is left, by its id, and not that all is as it was', () => {
    const text = resultText(aCancelledResult(), 80).replace(/\s+/g, ' ');

    expect(text).toContain('the log serves as before');
    expect(text).toContain(
      'Left behind: tree 7331245678901234567, closed and served by nothing; `rekor-rotate prune production` lists it.',
    );
    expect(text.match(/7331245678901234567/g)).toHaveLength(1);
    expect(text).not.toContain('as it was before');
  });

  it('that was rolled back past an undo that a person left out does not say that no action is needed', () => {
    const decided = {
      instruction: 'resume',
      choice: 'skip',
      step: 'undo stage',
      who: 'Ada',
      why: 'by hand',
      at: '2026-01-31T03:20:00Z',
    } as const;
    const { reason } = aCancelledResult({ interventions: [decided] });

    expect(reason).toContain('Ada left out: undo stage (by hand).');
    expect(reason).not.toContain('No action is needed');
  });

  it('says of an undo whose step never ended that it was not seen to end', () => {
    const text = resultText(aCancelledResult(), 80);

    expect(text).toMatch(/undo stage +31 ms {2}stage was not seen to end$/m);
    expect(text).toMatch(/undo createTree +31 ms$/m);
  });

  it('that is completed names the trees that undone attempts left', () => {
    const completed = { ...aCompletedResult(), leftTrees: ['301', '302'] };
    expect(resultText(completed, 80).replace(/\s+/g, ' ')).toContain('Left trees 301, 302, closed');
  });

  it('that was rolled back says for how long clients may have seen the next tree (H36)', () => {
    expect(resultText(aRolledBackResult(), 80)).toMatch(/Visible +for 1\.8 s at most clients may have seen/);
    expect(resultText(aCompletedResult(), 80)).not.toContain('Visible');
  });

  it('that superseded says plainly that the next tree could not serve and which one does now', () => {
    const text = resultText(aSupersededResult(), 80).replace(/\s+/g, ' ');

    expect(text).toContain('is completed, with a third tree');
    expect(text).toContain('Tree 7331245678901234567 took 25 entries and could not serve');
    expect(text).toMatch(/Active tree 8441245678901234567, from virtual index/);
  });

  it('that is held says what is left, what would finish it, and who decided so', () => {
    const text = resultText(aHeldResult(), 80);

    expect(text).toContain('What could not be finished: undo freeze.');
    expect(text).toContain('  - current tree 200: DRAINING');
    expect(text).toContain('\n  updatetree --admin_server=trillian.example.com:8090 --tree_id=200');
    expect(text.replace(/\s+/g, ' ')).toContain(
      'give-up undo freeze, by Ada at 2026-01-31T03:20:00Z: the signer is gone for good',
    );
  });

  it('that lacks evidence says what a person left out', () => {
    const text = resultText(aResultWithoutEvidence(), 80);

    expect(text).toContain('left out: confirm');
    expect(text).toMatch(/Verified +nothing: a person left that out/);
    expect(text).toMatch(/Handover +none/);
    expect(resultText(aCompletedResult(), 80)).not.toContain('Handover');
  });

  it('of a recovery that only looked says what was found and would be done', () => {
    const text = resultText(aPlannedRecovery(), 80);

    expect(text).toContain('Recovery of production');
    expect(text).toContain('Found: the gate holds writes.');
    expect(resultText(notNeeded('production'), 200)).toContain('there is nothing to recover');
  });

  it('that is refused lists every reason with its code and what to do', () => {
    const text = resultText(aRefusedResult(), 80);

    expect(text).toContain('nothing has been changed');
    expect(text).toContain('(CURRENT_TREE_NOT_ACTIVE)');
    expect(text).toContain('(NEXT_IS_RUNNING)');
    expect(text).toMatch(/\n\n7 of 9 checks passed; `rekor-rotate plan production --checks` lists them\.$/);
  });

  it('that a later rotation has ended says what was done by then, and what a person had decided', () => {
    const text = resultText(anOvertakenResult(), 80);

    expect(text).not.toContain('nothing has been changed');
    expect(text).toContain('no longer owns the log');
    expect(text).toContain('createTree');
    expect(text).toMatch(/Decided +skip undo freeze, by Ada/);
  });

  it.each(
    [
      aPlannedResult(),
      aCompletedResult(),
      aSupersededResult(),
      aRolledBackResult(),
      aCancelledResult(),
      aHeldResult(),
      aRefusedResult(),
    ].map((one) => [one.outcome, one]),
  )('fits into 80 columns: %s', (_, result) => {
    // Hashes and commands are left whole, to be copied; nothing else may be wider.
    const text = resultText(result, 80)
      .replace(/[0-9a-f]{64}/g, 'HASH')
      .replace(/^ +updatetree .*$/gm, 'COMMAND');
    expect(widest(text)).toBeLessThanOrEqual(80);
  });

  it('has an exit code of its own for each outcome but the good ones', () => {
    const good = ['completed', 'superseded', 'planned', 'notNeeded'] as const;
    expect(good.map(exitCodeOf)).toEqual([0, 0, 0, 0]);
    expect([exitCodeOf('refused'), exitCodeOf('rolledBack'), exitCodeOf('held')]).toEqual([3, 4, 6]);
  });
});

describe('progress', () => {
  const timeZone = 'Europe/Berlin';
  const news = (before: Progress | undefined, now: Progress): string[] => progressNews(before, now, timeZone);
  const picture = (progress: Progress, sinceMs = 0): string[] =>
    progressPicture(progress, { sinceMs, columns: 80, timeZone });

  it('tells a pipe only what is new', () => {
    const before = aProgress();
    const now = aProgress({
      phase: 'hold',
      steps: [...before.steps, { name: 'stage', ms: 80, kind: 'done', attempt: 1 }],
      note: 'Attempt 1 was undone.',
    });

    expect(news(undefined, before)).toEqual([
      'production: attempt 1: createTree in 42 ms',
      'production: stage ...',
    ]);
    expect(news(before, now)).toEqual([
      'production: attempt 1: stage in 80 ms',
      'production: Attempt 1 was undone.',
      'production: hold ...',
    ]);
    expect(news(now, now)).toEqual([]);
  });

  it('tells a pipe what it is held by, and again only when that is another thing', () => {
    const held = aProgress({ held: aHeld() });
    const again = aProgress({ held: aHeld({ tries: 9 }) });
    const other = aProgress({ held: aHeld({ step: 'undo hold', tries: 9 }) });

    expect(news(aProgress(), held)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('production: Held: undo freeze, after 4 tries'),
        expect.stringContaining('production:   updatetree'),
      ]),
    );
    expect(news(held, again)).toEqual([]);
    expect(news(again, other)[0]).toContain('Held: undo hold');
    expect(news(held, aProgress())).toEqual(['production: undo freeze is no longer held']);
  });

  describe('of one that waits', () => {
    const waiting: Waiting = {
      for: 'lull',
      text: 'It waits for a lull: 10 minutes with at most 30 writes a minute.',
      since: '2026-01-31T03:00:00.000Z',
      until: '2026-01-31T05:00:00Z',
      commands: [],
    };
    const takes = [{ update: 'goNow', input: '{}' }] as const;
    const waits = aProgress({ phase: 'waiting', steps: [], waiting, takes });

    it('tells a pipe a line when that begins and a line when it ends, and nothing between', () => {
      const seen = aProgress({ ...waits, note: 'Writes a minute: 41.' });
      const ended = aProgress({ steps: [], note: 'Writes a minute: 12.' });

      expect(news(undefined, waits)).toEqual([
        'production: waiting ...',
        expect.stringMatching(
          /^production: Waits for a lull, since 2026-01-31 04:00:00 \+01:00 \(2026-01-31T03:00:00Z\), until .* at most\. Nothing has failed\. .* To decide: `rekor-rotate go production --who NAME --why TEXT`\.$/,
        ),
      ]);
      expect(news(waits, seen)).toEqual([]);
      expect(news(seen, ended)).toEqual([
        'production: no longer waits for a lull',
        'production: Writes a minute: 12.',
        'production: stage ...',
      ]);
    });

    it('shows a terminal the same in 80 columns', () => {
      const lines = picture(waits, 61_000);

      expect(lines.join(' ').replace(/\s+/g, ' ')).toContain('until 2026-01-31 06:00:00 +01:00');
      expect(lines).toContain('  rekor-rotate go production --who NAME --why TEXT');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    });
  });

  it('shows a terminal how many steps are done, which grow fewer while they are undone', () => {
    const undone = { name: 'createTree', ms: 12, kind: 'undone', attempt: 1 } as const;

    expect(picture(aProgress())).toContain('  [#.........] 1 of 10 steps');
    expect(picture(aProgress({ steps: [...aProgress().steps, undone] })).join(' ')).not.toContain('of 10');
  });

  it('breaks what is to be said of a step rather than let it grow beyond the columns', () => {
    const steps = [{ name: 'createTree', ms: 12, kind: 'undone', attempt: 2 }] as const;
    const lines = progressPicture(aProgress({ attempt: 2, steps }), { sinceMs: 0, columns: 70, timeZone });

    expect(lines).toContain('    createTree was not seen to end');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(70);
  });

  it('shows a terminal what it is held by and what can be decided', () => {
    const lines = picture(aProgress({ held: aHeld({ choices: ['retry', 'giveUp'] }) }));

    expect(lines).toContain('  rekor-rotate resume production --give-up --who NAME --why TEXT');
    expect(lines.join(' ')).not.toContain('--skip');
  });

  it('shows a terminal the ended steps, the running one and what Cancel would do, in 80 columns', () => {
    const lines = picture(aProgress({ note: 'word '.repeat(40) }), 1500);

    expect(lines).toContainEqual(expect.stringMatching(/^ {2}createTree +42 ms$/));
    expect(lines).toContainEqual(expect.stringMatching(/^[-\\|/] stage +1\.5 s$/));
    expect(lines.join(' ')).toContain('Ctrl-C only stops watching');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('is drawn over itself, and never taller than the terminal', () => {
    const terminal = recordingTerminal({ columns: 20, rows: 5 });
    const picture = new Picture(terminal);
    picture.draw(['one', 'two']);
    picture.draw(['1', '2', '3', '4', 'x'.repeat(30)]);

    expect(terminal.output).toBe(`one\ntwo\n\u001b[2A\u001b[0J3\n4\n${'x'.repeat(19)}\n`);
  });
});

describe('a guardian that Temporal does not tell of', () => {
  const guardian = unknownGuardian('7 PERMISSION_DENIED: no');

  it('is said to be unknown, and somebody has to look', () => {
    expect(guardianLines(guardian, 80).join(' ')).toMatch(
      /Guardian +cannot be asked for: 7 PERMISSION_DENIED: no/,
    );
    const worker = { taskQueue: 'rekor-rotate', polls: true, lastAskedAt: null, problem: null };
    expect(needsSomebody({ log: 'production', state: 'never', guardian, worker })).toBe(true);
  });
});

it.each([
  [0, '0 s ago'],
  [119_000, '119 s ago'],
  [120_000, '2 min ago'],
  [7_200_000, '2 h ago'],
  [172_800_000, '2 days ago'],
])('says that %d ms have passed as %s', (ms, text) => {
  expect(ago(ms)).toBe(text);
});

describe('an error', () => {
  const thrown = new RefusalError(
    refusal('TEMPORAL_UNREACHABLE', { address: '127.0.0.1:1', reason: 'nobody listens' }),
  );

  it('is one paragraph with what was found, what to do and its code, without a stack', () => {
    const text = errorText(thrown, { verbose: false, columns: 80 });

    expect(text.replace(/\s+/g, ' ')).toMatch(
      /^Temporal at 127\.0\.0\.1:1 .*Check temporal\.address.*\(TEMPORAL_UNREACHABLE\)$/,
    );
    expect(text).not.toContain('    at ');
    expect(text).not.toContain('\n\n');
  });

  it('has its stack and its causes with --verbose', () => {
    const text = errorText(new Error('outer', { cause: new Error('inner') }), { verbose: true, columns: 80 });

    expect(text).toMatch(/outer\n\n.*at .*inner.*at /s);
  });

  it('gives each problem of a configuration its own line', () => {
    const problem = { found: '"x"', allowed: 'a duration' };
    const error = new ConfigurationError('/a.yaml', [
      { path: 'logs.a', ...problem },
      { path: 'logs.b', line: 7, ...problem },
    ]);

    expect(errorText(error, { verbose: false, columns: 80 }).split('\n')).toEqual([
      'The configuration /a.yaml has 2 problems:',
      '  - logs.a: found "x"; allowed is a duration.',
      '  - logs.b (line 7): found "x"; allowed is a duration.',
    ]);
  });

  it('exits with what the table says', () => {
    expect(exitCodeOfError(thrown)).toBe(exitCodes.unreachable.code);
    expect(exitCodeOfError(new ConfigurationError('/a', []))).toBe(exitCodes.usage.code);
    expect(exitCodeOfError(new CommandError('no', exitCodes.refused))).toBe(exitCodes.refused.code);
    expect(exitCodeOfError(new Error('surprise'))).toBe(exitCodes.failed.code);
  });
});

it('wraps without losing or breaking a word', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }), (words) => {
      const lines = wrap(words.join(' '), 30, '  ', '    ');

      expect(lines.join(' ').split(/\s+/).filter(Boolean)).toEqual(words);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(30);
    }),
  );
});

it.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1500, '1.5 s'],
  [59_960, '1 min 0 s'],
  [119_700, '2 min 0 s'],
  [610_000, '10 min 10 s'],
])('speaks %d ms as %s', (ms, text) => {
  expect(spoken(ms)).toBe(text);
});
