import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { sealsOf } from '../../activities/plan-file';
import { writePlanFile } from '../../cli/plan-file/write';
import { PLAN_FILE_VERSION, type PlanFile } from '../../workflows/model/plan-file';
import { settingNames } from '../../workflows/model/plan-settings';
import type { RotationRequest } from '../../workflows/model/request';
import { commandsOf, wordsOf } from '../docs/markdown';
import { until } from '../patience';
import { recordingTerminal, saidBy } from './recording-terminal';
import { aPlannedResult } from './results';
import { useStandIn } from './stand-in-server';

const server = useStandIn();

let folder: string;
let file: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'plan-file-')));
  file = path.join(folder, 'plan.yaml');
});

const config = () => ['-c', server.config];
const plan = (...more: string[]) => saidBy(['plan', 'production', '--out', file, ...more, ...config()]);
const read = (): string => readFileSync(file, 'utf8');

/** Somebody edits the file in an editor. */
function edits(from: string | RegExp, to: string): void {
  const before = read();
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(file, after);
}

/** Rotates as the file says, and ends the rotation when it runs. */
async function rotates(...command: string[]) {
  const terminal = recordingTerminal();
  const state = { ended: false };
  const said = saidBy([...command, '--yes', ...config()], terminal).finally(() => (state.ended = true));
  await until(() => state.ended || terminal.output.includes('production: stage ...'));
  if (!state.ended) {
    await server.temporal.workflow.getHandle('log-production').signal('finish');
  }
  return await said;
}

/** The input of the rotation that was started last. */
async function lastRequest(): Promise<RotationRequest> {
  const { memo } = await server.temporal.workflow.getHandle('log-production').describe();
  const { events } = await server.temporal.workflow.getHandle(String(memo?.['startedBy'])).fetchHistory();
  const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return JSON.parse(Buffer.from(payload?.data ?? []).toString()) as RotationRequest;
}

describe('plan --out', () => {
  it('prints the plan as always, and writes it for its owner alone', async () => {
    const { code, output, words } = await plan();
    expect(code).toBe(0);
    expect(output).toContain('Plan to rotate production');
    expect(words).toContain(
      `Written: ${file}. Edit what stands under edit, then \`rekor-rotate rotate production --plan ${file}\`.`,
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['plan.yaml']);
  });

  it('writes what a person can read: each part has a comment, and each setting says what is allowed', async () => {
    await plan();
    expect(read()).toMatch(
      /^# A plan to rotate production, written at 20\d\d-\S+\. Tree 200 had 20 entries then\.\n/,
    );
    const lines = read().split('\n');
    const about = (key: string): string => {
      const at = lines.findIndex((line) => line.startsWith(`${key}:`));
      const above = lines.slice(0, at).reverse();
      const comment = above.slice(
        0,
        above.findIndex((line) => !line.trim().startsWith('#')),
      );
      return comment.reverse().join(' ');
    };
    for (const name of settingNames) {
      expect([name, about(`  ${name}`)]).toEqual([name, expect.stringMatching(/Allowed:/)]);
    }
    for (const name of ['edit', 'fixed', 'seals', '  shards', '  changes', '  configuration']) {
      expect([name, about(name)]).toEqual([name, expect.stringMatching(/# \w/)]);
    }
    const { version, fixed, seals } = parse(read()) as PlanFile;
    expect([version, seals]).toEqual([PLAN_FILE_VERSION, sealsOf(fixed)]);
    expect(fixed).toMatchObject({ currentTree: '200', shards: [{ treeId: '100', length: 10 }] });
  });

  it('writes JSON where the name asks for that, to be pasted', async () => {
    const json = path.join(folder, 'plan.json');
    await saidBy(['plan', 'production', '--out', json, ...config()]);
    const { fixed, seals } = JSON.parse(readFileSync(json, 'utf8')) as PlanFile;
    expect(seals).toEqual(sealsOf(fixed));
    expect((await rotates('rotate', 'production', '--plan', json)).code).toBe(0);
  });

  it('keeps standard output to the result with --json', async () => {
    const { output, errors } = await plan('--json');
    expect(JSON.parse(output)).toMatchObject({ outcome: 'planned' });
    expect(errors).toContain('Written: ');
  });

  it.each<[string, () => void]>([
    ['a file', () => writeFileSync(file, 'mine')],
    ['a link that leads nowhere', () => symlinkSync(path.join(folder, 'nothing'), file)],
  ])('never overwrites %s, and says so before it looks', async (_what, put) => {
    put();
    const { code, output, words } = await plan();
    expect([code, output]).toEqual([2, '']);
    expect(words).toContain(`--out is ${file}, which is there already, and nothing is overwritten`);
    expect(readdirSync(folder)).toEqual(['plan.yaml']);
  });

  it('does not overwrite what came while it looked either', async () => {
    writeFileSync(file, 'mine');
    await expect(writePlanFile(file, aPlannedResult())).rejects.toThrow(/which is there already/);
    expect([read(), readdirSync(folder)]).toEqual(['mine', ['plan.yaml']]);
  });

  it('says before it looks that there is no such folder', async () => {
    const { code, words } = await saidBy(['plan', 'production', '--out', '/nowhere/plan', ...config()]);
    expect(code).toBe(2);
    expect(words).toContain('there is no folder /nowhere.');
  });

  it('writes nothing where the rotation is refused', async () => {
    const { code } = await saidBy(['plan', 'another', '--out', file, '-c', server.configuredFor('another')]);
    expect([code, readdirSync(folder)]).toEqual([3, []]);
  });

  it('writes no plan that would be refused for its length, or that the result had no room for', async () => {
    const { plan: whole, ...withoutPlan } = aPlannedResult();
    const long = [{ ...whole?.changes[0], added: ['x'.repeat(400_000)] }] as NonNullable<
      typeof whole
    >['changes'];
    await expect(
      writePlanFile(file, { ...withoutPlan, ...(whole && { plan: { ...whole, changes: long } }) }),
    ).rejects.toThrow(/has 40\d{4} bytes as JSON; allowed are 400000.*\(PLAN_FILE_TOO_LONG\)/);
    await expect(writePlanFile(file, withoutPlan)).rejects.toThrow(
      /is too long for the result of a workflow/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('rotate --plan', () => {
  it('hands the workflow what the file says, and shows and tells what was edited in it', async () => {
    await plan();
    edits('soakMs: 0', 'soakMs: 45000 # let us watch it');
    edits('displayName: production (next)', 'displayName: "rekor 2027"');
    const { code, words } = await rotates('rotate', 'production', '--plan', file);
    expect(code).toBe(0);
    const said = 'Edited displayName rekor 2027, planned production (next); soakMs 45000, planned 0';
    expect(words.split(said)).toHaveLength(3);
    const { planFile, planHash } = await lastRequest();
    expect(planFile).toEqual(parse(read()));
    expect(planHash).toBe('e'.repeat(64));
  });

  it('runs a file that nobody has edited, and one from which settings were taken out', async () => {
    await plan();
    expect((await rotates('rotate', 'production', '--plan', file)).words).not.toContain('Edited');
    edits(/edit:\n[^]*?\n\n/, '');
    expect((await rotates('rotate', 'production', '--plan', file)).words).not.toContain('Edited');
  });

  it('ends as the workflow refuses it, which is told what the file says to the last digit', async () => {
    await plan();
    edits('treeId: "100"', 'treeId: 6826284441047790130');
    const { code, words } = await rotates('rotate', 'production', '--plan', file);
    expect(code).toBe(3);
    expect(words).toContain('fixed.shards[0].treeId was "6826284441047790130", is "100"');
    expect(words).toContain('`rekor-rotate plan production --out FILE`, and edit that. (PLAN_FILE_OUTDATED)');
  });

  it.each<[string, () => void, string]>([
    ['is not there', () => undefined, 'which cannot be read: it does not exist.'],
    ['is no YAML', () => writeFileSync(file, 'edit: ['), '(line 1): found not YAML ('],
    [
      'is empty',
      () => writeFileSync(file, ''),
      "The plan file's content is absent; allowed is what `rekor-rotate plan NAME --out FILE` has written.",
    ],
    ['has 5 MB', () => writeFileSync(file, '#'.repeat(5_000_000)), 'which has 5000000 bytes'],
    [
      'says a setting twice',
      () => edits('  attempts: 3', '  attempts: 3\n  attempts: 4'),
      'found a second time, after line',
    ],
    [
      'has an unknown setting',
      () => edits('  attempts: 3', '  attempt: 3'),
      'edit.attempt is 3; allowed is nothing: there is no such field',
    ],
    [
      'is of another log',
      () => edits('log: production', 'log: staging'),
      'fixed.log is "staging"; allowed is "production"',
    ],
    ['has lost a seal', () => edits(/ {2}files: [0-9a-f]{16}\n/, ''), 'seals.files is absent'],
  ])('starts nothing with a file that %s, and says why', async (_what, change, words) => {
    if (_what !== 'is not there') {
      await plan();
    }
    change();
    const said = await saidBy(['rotate', 'production', '--plan', file, '--yes', ...config()]);
    expect([said.code, said.output]).toEqual([2, '']);
    expect(said.words).toContain(words);
  });

  it('says of a lull that the plan of the file is kept to', async () => {
    await plan();
    const no = recordingTerminal({ asks: true, answer: false });
    const { words } = await saidBy(['rotate', 'production', '--plan', file, '--at-lull', ...config()], no);
    expect(words).toContain('It is refused when the log is no longer as the plan file says by then.');
    expect(words).not.toContain('may be another one by then');
  });
});

it('runs the commands of docs/plan-file.md as they stand there', async () => {
  const [writes, runs, ...others] = commandsOf('docs/plan-file.md').map((line) =>
    wordsOf(line.replace('plan.yaml', file)).slice(1),
  );
  expect(others).toEqual([]);
  expect((await saidBy([...(writes ?? []), ...config()])).code).toBe(0);
  expect((await rotates(...(runs ?? []))).code).toBe(0);
});
