import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labFiles } from '../../lab/files';
import type { LabStatus } from '../../lab/lab';
import { formatIdentity, identify } from '../../tools/process-identity';

const program = join(__dirname, '../../out/dist/lab/main.js');

describe('the lab', () => {
  let parent: string;
  let directory: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'lab-'));
    directory = join(parent, 'lab');
  });
  afterEach(async () => {
    await lab('down', '--remove-data');
    rmSync(parent, { recursive: true });
  });

  function start(action: string, ...options: string[]) {
    return spawn(process.execPath, [program, action, '--directory', directory, ...options], {
      stdio: 'pipe',
    });
  }

  async function lab(action: string, ...options: string[]) {
    const child = start(action, ...options);
    let output = '';
    let messages = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (messages += text.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output, messages };
  }

  async function status(): Promise<LabStatus> {
    return JSON.parse((await lab('status', '--json')).output) as LabStatus;
  }

  /** A lab in the foreground, when everything in it runs. */
  async function inForeground() {
    const child = start('up', '--json', '--without', 'gate,worker');
    let output = '';
    for await (const text of child.stdout) {
      output += String(text);
      if (output.endsWith('}\n')) {
        break;
      }
    }
    return { child, status: JSON.parse(output) as LabStatus };
  }

  const pids = (found: LabStatus) => found.parts.flatMap((part) => (part.pid === null ? [] : [part.pid]));

  it('runs on detached, says where each part is, and leaves nothing when it is taken down', async () => {
    const up = await lab('up', '--detach', '--json', '--without', 'gate,worker');
    const started = JSON.parse(up.output) as LabStatus;
    const found = await status();

    expect(up.code).toBe(0);
    expect(found).toEqual(started);
    const running = ['database', 'trillian-log-server', 'trillian-log-signer', 'temporal', 'rekor-blue'];
    expect(found.parts.filter((part) => part.running).map((part) => part.name)).toEqual(running);
    for (const part of found.parts.filter(({ name }) => running.includes(name))) {
      expect(part.address).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(existsSync(part.logFile)).toBe(true);
    }
    const rekor = found.parts.find((part) => part.name === 'rekor-blue');
    const log = await fetch(`http://${rekor?.address ?? ''}/api/v1/log`);
    expect(await log.json()).toMatchObject({ treeSize: 0, inactiveShards: null });

    expect((await lab('down')).code).toBe(0);
    expect(pids(found).filter((pid) => identify(pid) !== null)).toEqual([]);
    expect(existsSync(directory)).toBe(false);
    expect((await lab('status')).code).toBe(3);
  });

  it('leaves nothing after Ctrl-C', async () => {
    const { child, status: found } = await inForeground();
    child.kill('SIGINT');
    await once(child, 'exit');

    expect(child.exitCode).toBe(0);
    expect(pids(found).filter((pid) => identify(pid) !== null)).toEqual([]);
    expect(existsSync(directory)).toBe(false);
  });

  it('finds what a killed lab left behind, and touches no other program with a recorded pid', async () => {
    const { child, status: found } = await inForeground();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const other = spawn('sleep', ['600']);
    const otherPid = other.pid ?? 0;
    const files = labFiles(directory);
    writeFileSync(join(files.running, 'gate.pid'), formatIdentity({ pid: otherPid, started: 'before' }));

    const left = await status();
    expect(pids(left)).toEqual(pids(found));
    expect(left.parts.find((part) => part.name === 'gate')).toMatchObject({ running: false, pid: null });

    expect((await lab('down')).code).toBe(0);
    expect(pids(found).filter((pid) => identify(pid) !== null)).toEqual([]);
    expect(identify(otherPid)).not.toBeNull();
    other.kill('SIGKILL');
    await once(other, 'exit');
  });

  it('starts again from its files alone, with the slot that is enabled there (H33)', async () => {
    const options = ['--detach', '--json', '--keep-data', '--without', 'temporal,gate,worker'];
    const first = JSON.parse((await lab('up', ...options)).output) as LabStatus;
    const log = async (found: LabStatus) => {
      const rekor = found.parts.find((part) => part.name === 'rekor-blue');
      return (await (await fetch(`http://${rekor?.address ?? ''}/api/v1/log`)).json()) as { treeID: string };
    };
    const { treeID } = await log(first);
    await lab('down');
    const again = JSON.parse((await lab('up', ...options)).output) as LabStatus;

    expect((await log(again)).treeID).toBe(treeID);
    expect(again.parts.map((part) => part.address)).toEqual(first.parts.map((part) => part.address));

    await lab('down');
    rmSync(join(labFiles(directory).slots, 'blue.enabled'));
    const none = JSON.parse((await lab('up', ...options)).output) as LabStatus;
    expect(none.parts.filter((part) => part.name.startsWith('rekor-') && part.running)).toEqual([]);
  });

  it('stays on the database that it was made with, and says so of another one', async () => {
    const options = ['--detach', '--json', '--keep-data', '--without', 'temporal,gate,worker'];
    const first = JSON.parse((await lab('up', ...options, '--database', 'mariadb')).output) as LabStatus;
    expect(first.database).toBe('mariadb');
    await lab('down');
    expect(pids(first).filter((pid) => identify(pid) !== null)).toEqual([]);

    const other = await lab('up', ...options, '--database', 'postgresql');
    expect(other.code).toBe(1);
    expect(other.messages).toContain('runs on mariadb, and not on postgresql');

    const again = JSON.parse((await lab('up', ...options)).output) as LabStatus;
    expect(again.database).toBe('mariadb');
    const rekor = again.parts.find((part) => part.name === 'rekor-blue');
    expect((await fetch(`http://${rekor?.address ?? ''}/api/v1/log`)).status).toBe(200);
    expect((await lab('up', '--database', 'oracle')).code).toBe(2);
  });

  it('refuses a directory with files of someone else', async () => {
    directory = parent;
    writeFileSync(join(parent, 'letter.txt'), 'Dear');
    const up = await lab('up', '--detach');

    expect(up.code).toBe(1);
    expect(up.messages).toContain("holds files that are no lab's");
    expect(existsSync(join(parent, 'letter.txt'))).toBe(true);
    expect(existsSync(join(parent, 'owner'))).toBe(false);
  });
});
