import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { run } from '../../cli/program';
import { ensureBinaries } from '../../tools/binaries';
import type { RotationResult } from '../../workflows/model/rotation';
import { recordingTerminal, type RecordingTerminal } from './recording-terminal';

let server: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;
let config: string;

/** The example, at the server of this test and on the given task queue. */
function configured(taskQueue: string): string {
  const example = readFileSync(resolve(__dirname, '../../examples/rekor-rotate.yaml'), 'utf8');
  const file = join(mkdtempSync(join(tmpdir(), 'cli-')), 'rekor-rotate.yaml');
  writeFileSync(
    file,
    example
      .replace('127.0.0.1:7233', server.address)
      .replace('taskQueue: rekor-rotate', `taskQueue: ${taskQueue}`),
  );
  return file;
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await what())) {
    if (Date.now() > end) {
      throw new Error('It did not come to pass within 15 s.');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** `rotate --yes` under way, shown as being in its step `stage`. */
async function rotating(terminal: RecordingTerminal, ...more: string[]): Promise<Promise<number>[]> {
  const exit = run(['rotate', 'production', '--yes', '-c', config, ...more], terminal);
  await until(() => `${terminal.output}${terminal.errors}`.includes('production: stage ...'));
  return [exit];
}

const finished = () => server.client.workflow.getHandle('log/production').signal('finish');

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { temporal } = await ensureBinaries(() => undefined);
  server = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path: temporal } },
  });
  worker = await Worker.create({
    connection: server.nativeConnection,
    taskQueue: 'stand-in',
    workflowsPath: require.resolve('./stand-in-workflows'),
  });
  running = worker.run();
  config = configured('stand-in');
}, 60_000);

afterAll(async () => {
  worker.shutdown();
  await running;
  await server.teardown();
}, 30_000);

jest.setTimeout(30_000);

it('plans without asking, and prints the plan', async () => {
  const terminal = recordingTerminal();

  expect(await run(['plan', 'production', '-c', config], terminal)).toBe(0);
  expect(terminal.output).toContain('Plan to rotate production');
});

it('prints a plan as JSON and nothing else on standard output', async () => {
  const terminal = recordingTerminal();
  await run(['plan', 'production', '--json', '-c', config], terminal);

  expect((JSON.parse(terminal.output) as RotationResult).outcome).toBe('planned');
});

it('exits with 3 when the worker refuses', async () => {
  const terminal = recordingTerminal();

  expect(await run(['plan', 'another', '-c', config], terminal)).toBe(3);
  expect(terminal.output).toContain('(CURRENT_TREE_NOT_ACTIVE)');
});

it('starts nothing when nobody can be asked, or the answer is no', async () => {
  const nobody = recordingTerminal();
  const no = recordingTerminal({ asks: true, answer: false });

  expect(await run(['rotate', 'production', '-c', config], nobody)).toBe(2);
  expect(nobody.errors).toContain('--yes');
  expect(await run(['rotate', 'production', '-c', config], no)).toBe(3);
  expect(no.output).toContain('Plan to rotate production');
  const status = recordingTerminal();
  await run(['status', 'production', '-c', config], status);
  expect(status.output).toContain('no rotation that Temporal remembers');
});

it('says that no worker polls the task queue instead of hanging silently, and detaches at Ctrl-C', async () => {
  const terminal = recordingTerminal();
  const exit = run(['plan', 'production', '-c', configured('nobody-polls-this')], terminal);
  await until(() => terminal.errors.includes('No worker polls the task queue nobody-polls-this'));
  terminal.interrupt();

  expect(await exit).toBe(130);
  expect(terminal.errors.replace(/\s+/g, ' ')).toContain('A dry run changes nothing');
});

it('rotates the plan that was shown, tells a pipe each step, and prints the result', async () => {
  const terminal = recordingTerminal();
  const [exit] = await rotating(terminal);
  await finished();

  expect(await exit).toBe(0);
  expect(terminal.output).toContain('production: attempt 1: createTree in 42 ms');
  expect(terminal.output).toContain('The rotation of production is completed');
});

it('with --json keeps everything but the result from standard output', async () => {
  const terminal = recordingTerminal();
  const [exit] = await rotating(terminal, '--json');
  await finished();

  expect(await exit).toBe(0);
  expect((JSON.parse(terminal.output) as RotationResult).outcome).toBe('completed');
});

it('detaches at Ctrl-C: the rotation goes on, status sees it, cancel takes it back', async () => {
  const terminal = recordingTerminal();
  const [exit] = await rotating(terminal);
  terminal.interrupt();

  expect(await exit).toBe(130);
  expect(terminal.errors.replace(/\s+/g, ' ')).toContain('rekor-rotate cancel production');
  const status = recordingTerminal();
  expect(await run(['status', '-c', config], status)).toBe(0);
  expect(status.output).toContain('a rotation runs');
  const cancel = recordingTerminal();
  expect(await run(['cancel', 'production', '-c', config], cancel)).toBe(0);
  expect(cancel.output).toContain('Cancel takes everything back');
  expect(cancel.output).toContain('was rolled back');
  const again = recordingTerminal();
  expect(await run(['cancel', 'production', '-c', config], again)).toBe(3);
  const after = recordingTerminal();
  await run(['status', 'production', '--json', '-c', config], after);
  expect(JSON.parse(after.output)).toMatchObject({ state: 'ended', result: { outcome: 'rolledBack' } });
});

it('exits with 2 and the problem for a namespace that Temporal does not have', async () => {
  const terminal = recordingTerminal();
  const file = configured('stand-in');
  writeFileSync(file, readFileSync(file, 'utf8').replace('namespace: default', 'namespace: nowhere'));

  expect(await run(['status', '-c', file], terminal)).toBe(2);
  expect(terminal.errors).toContain('(TEMPORAL_NAMESPACE_UNKNOWN)');
});

it('exits with 5 and the address when Temporal is not there', async () => {
  const terminal = recordingTerminal();
  const file = configured('stand-in');
  writeFileSync(file, readFileSync(file, 'utf8').replace(server.address, '127.0.0.1:1'));

  expect(await run(['status', '-c', file], terminal)).toBe(5);
  expect(terminal.errors).toContain('Temporal at 127.0.0.1:1 does not answer');
});
