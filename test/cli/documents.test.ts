import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { exitCodes } from '../../cli/exit-codes';
import { run } from '../../cli/program';
import { ensureBinaries } from '../../tools/binaries';
import { guardId } from '../../workflows/messages';
import { fingerprint, newKey, useAgent } from '../approvals/open-ssh';
import { blocksOf, commandsIn, documents, inlineCodeOf, root, wordsOf } from '../docs/markdown';
import { until } from '../patience';
import { askingRotation } from './asking-rotation';
import { recordingTerminal, saidBy } from './recording-terminal';
import { useStandIn } from './stand-in-server';

/**
 * Every command of ours and of Temporal's that stands in a document to be typed is typed here, in the order of its document,
 * in a scene in which a person would type it, and does what it is for.
 */

const server = useStandIn();
const ada = newKey(['-t', 'ed25519']);
useAgent([ada]);
const approvers = [{ name: 'ada', fingerprints: [fingerprint(ada)] }];

/** What a person writes instead of the examples of a document. */
const filledIn: Readonly<Record<string, string>> = {
  NAME: 'Ada',
  TEXT: 'a release today',
  '1490143718478819308': '301',
};

type Commands = readonly string[];
type Scene = (words: Commands) => Promise<void>;

const config = (): Commands => ['-c', server.config];
const agrees = () => recordingTerminal({ asks: true, answer: true });
const lock = () => server.temporal.workflow.getHandle('log-production');

async function done(words: Commands, terminal = agrees(), expected = 0): Promise<void> {
  const { code, words: said } = await saidBy([...words, ...config()], terminal);
  expect([words, code, code === expected || said]).toEqual([words, expected, true]);
}

/** Does something again and again, for as long as another thing goes on. */
async function during(goesOn: Promise<void>, act: () => Promise<unknown>): Promise<void> {
  let ended = false;
  const end = goesOn.finally(() => (ended = true));
  end.catch(() => undefined); // It is thrown below.
  await until(async () => {
    await act().catch(() => undefined);
    return ended;
  });
  await end;
}

const finishes = () => lock().signal('finish');

/** Whatever it waits for, a person ends that; then it runs to its end. */
async function rotates(words: Commands): Promise<void> {
  const terminal = agrees();
  await during(done(words, terminal), async () => {
    const waits = terminal.output;
    if (waits.includes('Waits for approvals')) {
      await saidBy(['approve', 'production', '--yes', '--who', 'Ada', ...config()]);
    } else if (waits.includes('Waits for a lull')) {
      await saidBy(['go', 'production', '--who', 'Ada', '--why', 'it is quiet', ...config()]);
    } else {
      await finishes();
    }
  });
}

/** Something is said while a rotation runs, which ends by that or afterwards. */
async function whileOneRuns(act: () => Promise<void>): Promise<void> {
  const watching = recordingTerminal();
  const rotating = run(['rotate', 'production', '--yes', ...config()], watching);
  await until(() => watching.output.includes('production: stage ...'));
  await act();
  await rotating;
}

const resumes: Scene = (words) =>
  whileOneRuns(async () => {
    await lock().signal('hold', ['retry', 'skip', 'giveUp']);
    await done(words);
  });

async function approves(words: Commands): Promise<void> {
  const handle = await askingRotation(server, { approvers });
  const terminal = agrees();
  await done(words, terminal);
  expect(terminal.output).toContain('ada approves the plan');
  expect(await handle.result()).toMatchObject({ outcome: 'completed' });
}

async function rejects(words: Commands): Promise<void> {
  const handle = await askingRotation(server);
  await done(words);
  expect(await handle.result()).toMatchObject({ outcome: 'refused' });
}

let workers = 0;

/** A worker of another log, of which it makes the guardian when it starts, and which is then told to stop. */
async function works(words: Commands): Promise<void> {
  const log = `log-of-worker-${(workers += 1)}`;
  const file = server.configured('rekor-rotate');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^ {2}production:$/m, `  ${log}:`));
  const given = words.map((word) => (word === '/etc/rekor-rotate.yaml' ? file : word));
  const program = path.join(root, 'out/dist/cli/main.js');
  const worker = spawn(process.execPath, [program, ...given], {
    stdio: 'ignore',
    env: { ...process.env, REKOR_ROTATE_CONFIG: file },
  });
  const ended = once(worker, 'exit');
  const guardian = server.temporal.schedule.getHandle(guardId(log));
  await until(async () => worker.exitCode !== null || (await guardian.describe()).scheduleId !== '');
  worker.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
}

async function cancels(words: Commands): Promise<void> {
  await whileOneRuns(async () => {
    const terminal = agrees();
    await done(words, terminal);
    expect(terminal.output).toContain('was rolled back');
  });
}

/** What is left over is taken back. */
async function recovers(words: Commands): Promise<void> {
  const expected = words.includes('--dry-run') ? exitCodes.done : exitCodes.rolledBack;
  await during(done(words, agrees(), expected.code), finishes);
}

async function configures(words: Commands): Promise<void> {
  const { code } = await saidBy(words.includes('check') ? [...words, ...config()] : words);
  expect(code).toBe(0);
}

/** By the first word of a command; the others need no scene. */
const scenes: Readonly<Record<string, Scene>> = {
  approve: approves,
  cancel: cancels,
  config: configures,
  recover: recovers,
  reject: rejects,
  resume: resumes,
  rotate: rotates,
  worker: works,
};

/** Temporal's own program, at our server; what it has made is listed some moments later. */
async function temporal(words: Commands): Promise<void> {
  const { temporal: program } = await ensureBinaries(() => undefined);
  await promisify(execFile)(program, [...words, '--address', server.address]);
  if (words.includes('create')) {
    const id = words[words.indexOf('--schedule-id') + 1] ?? '';
    await until(async () => (await saidBy(['schedule', 'list', ...config()])).words.includes(id));
  }
}

/** What is run elsewhere, or cannot be run. */
const elsewhere: readonly RegExp[] = [
  // By audit.test.ts, init.test.ts, receipt.test.ts, quiet-hours.test.ts and gate.test.ts there, by test/stack/lab.test.ts and
  // doctor.test.ts, and by test/cluster/inserted-gate.test.ts.
  /^rekor-rotate (audit|doctor|init|receipt|quiet-hours|gate|lab) /,
  // By test/cluster/log.test.ts.
  /^rekor-rotate (plan|rotate) lab /,
  // By test/cli/plan-file.test.ts.
  /^rekor-rotate (plan|rotate) .*--(out|plan) /,
  // The pinned Temporal is older than what can pause a workflow.
  /^temporal workflow unpause /,
  // It names the command; what it decides is said beside it.
  /^rekor-rotate resume production$/,
];

/** A text that is signed, or written into a tree. */
const STATEMENT = /^rekor-rotate (approval|handover) /;

/** A sentence names a command; what it has in full has a log or is about none. */
const IN_FULL = /^rekor-rotate (.*production|worker --metrics \d|config \w+|status)|^temporal /;

function typedIn(document: string): Commands {
  const lines = blocksOf(document)
    .flatMap(commandsIn)
    .filter((line) => /^(rekor-rotate|temporal) /.test(line));
  return [...lines, ...inlineCodeOf(document).filter((code) => IN_FULL.test(code))]
    .filter((line) => !STATEMENT.test(line) && !elsewhere.some((pattern) => pattern.test(line)))
    .filter((line, at, all) => all.indexOf(line) === at);
}

const typed = documents
  .map((document) => [document, typedIn(document)] as const)
  .filter(([, lines]) => lines.length > 0);

it('finds the documents that have commands', () => {
  expect(typed.map(([document]) => document)).toEqual([
    'README.md',
    'docs/approvals.md',
    'docs/configuration.md',
    'docs/gate.md',
    'docs/init.md',
    'docs/kubernetes.md',
    'docs/operating.md',
    'docs/quiet-hours.md',
    'docs/receipt.md',
    'docs/schedules.md',
    'docs/waiting.md',
  ]);
  expect(typed.flatMap(([, lines]) => lines).length).toBeGreaterThan(40);
});

describe.each(typed)('%s', (_document, lines) => {
  beforeAll(() => server.guarded({ log: 'production' }));
  afterAll(async () => {
    for await (const { scheduleId } of server.temporal.schedule.list()) {
      const handle = server.temporal.schedule.getHandle(scheduleId);
      await handle.delete().catch(() => undefined);
    }
  });

  it.each(lines)('has a command that does what it is for: %s', async (line) => {
    const [program, ...words] = wordsOf(line).map((word) => filledIn[word] ?? word);
    if (program === 'temporal') {
      await temporal(words);
    } else {
      await (scenes[words[0] ?? ''] ?? done)(words);
    }
  });
});
