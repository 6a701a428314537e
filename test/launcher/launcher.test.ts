import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { go } from '../../tools/go';
import { ensureLauncher } from '../../tools/launcher';
import { RunningLauncher, TOKEN } from './running-launcher';

/** Writes that it runs, and ends when it is told to: by SIGTERM with 0, by a file `crash` in its folder with 3. */
const SCRIPT = `
const { existsSync } = require('node:fs');
const [, folder] = process.argv;
process.on('SIGTERM', () => { console.log('told to end'); process.exit(0); });
setInterval(() => { if (existsSync(folder + '/crash')) process.exit(3); }, 10);
console.log('runs', Object.keys(process.env).filter((name) => name.startsWith('LAUNCHER_')).join());
console.log('ready');
`;

/** Ends only by SIGKILL, or when its folder is gone. */
const STUBBORN = `
const { existsSync } = require('node:fs');
const [, folder] = process.argv;
process.on('SIGTERM', () => console.log('told to end'));
setInterval(() => { if (!existsSync(folder)) process.exit(1); }, 10);
console.log('ready');
`;

const stopped = { wanted: false, running: false };
const runs = { wanted: true, running: true };

let program: string;
beforeAll(async () => {
  program = await ensureLauncher({ report: (line) => process.stderr.write(`${line}\n`) });
});

describe('the launcher, as the first process of a container', () => {
  let launcher: RunningLauncher;
  const launch = async (script: string): Promise<void> => {
    launcher = new RunningLauncher(program, script);
    await launcher.startContainer();
  };
  afterEach(async () => {
    await launcher.remove();
  });

  it('lets the program start and end by an order each, as often as it is told to', async () => {
    await launch(SCRIPT);
    expect(await launcher.state()).toEqual({
      status: 200,
      body: { ...stopped, starts: 0, lastExit: null },
    });

    expect(await launcher.order('/start')).toEqual({
      status: 200,
      body: { ...runs, starts: 1, lastExit: null },
    });
    await launcher.untilWritten('ready');
    expect((await launcher.order('/start')).body).toMatchObject({ ...runs, starts: 1 });
    const ended = { ...stopped, starts: 1, lastExit: 'exit status 0' };
    expect(await launcher.order('/stop')).toEqual({ status: 200, body: ended });
    expect(await launcher.order('/stop')).toEqual({ status: 200, body: ended });
    expect((await launcher.order('/start')).body).toMatchObject({ ...runs, starts: 2 });
  });

  it('gives the program its output, and neither its settings nor a word of either', async () => {
    await launch(SCRIPT);
    await launcher.order('/start');
    await launcher.untilWritten('ready');

    expect(launcher.written).toMatch(/^runs $/m);
    expect(launcher.written).not.toContain(TOKEN);
    expect(launcher.written).not.toContain('process.argv');
  });

  it.each([
    ['comes after its time', { 'not-after': String(Date.now() - 1) }, 409, 'too late'],
    ['is for another attempt', { attempt: 'rotation-7.1' }, 409, 'rotation-7.1'],
    ['says no time', { 'not-after': '' }, 400, 'milliseconds'],
    ['has another token', { authorization: 'Bearer another token of tests' }, 401, undefined],
  ])('neither starts nor ends the program by an order that %s', async (_what, headers, status, says) => {
    await launch(SCRIPT);
    const refused = says === undefined ? null : { error: expect.stringContaining(says) as unknown };
    expect(await launcher.order('/start', headers)).toEqual({ status, body: refused });
    expect((await launcher.state()).body).toMatchObject({ ...stopped, starts: 0 });

    await launcher.order('/start');
    expect(await launcher.order('/stop', headers)).toEqual({ status, body: refused });
    expect((await launcher.state()).body).toMatchObject({ ...runs, starts: 1 });
  });

  it('ends as a program does that ends by itself, and starts it again with the container', async () => {
    await launch(SCRIPT);
    await launcher.order('/start');
    await launcher.untilWritten('ready');
    const crash = join(launcher.folder, 'crash');
    await writeFile(crash, '');
    expect(await launcher.exitCode()).toBe(3);

    await rm(crash);
    await launcher.startContainer();
    await launcher.untilWritten('ready');
    expect((await launcher.state()).body).toEqual({ ...runs, starts: 1, lastExit: null });
  });

  it('leaves a program alone that was stopped before the container started again', async () => {
    await launch(SCRIPT);
    await launcher.order('/start');
    await launcher.untilWritten('ready');
    await launcher.order('/stop');
    launcher.signal('SIGTERM');
    expect(await launcher.exitCode()).toBe(0);

    await launcher.startContainer();
    expect((await launcher.state()).body).toEqual({ ...stopped, starts: 0, lastExit: null });
  });

  it('passes SIGTERM on, and ends after the program', async () => {
    await launch(SCRIPT);
    await launcher.order('/start');
    await launcher.untilWritten('ready');
    launcher.signal('SIGTERM');

    expect(await launcher.exitCode()).toBe(0);
    expect(launcher.written).toContain('told to end');
    expect(existsSync(join(launcher.folder, 'wanted'))).toBe(true);
  });

  it('kills a program that does not end, and answers then', async () => {
    await launch(STUBBORN);
    await launcher.order('/start');
    await launcher.untilWritten('ready');

    expect(await launcher.order('/stop')).toEqual({
      status: 200,
      body: { ...stopped, starts: 1, lastExit: 'signal: killed' },
    });
    expect(launcher.written).toContain('told to end');
  });
});

describe('the launcher, as a program', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'launcher-installed-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('puts itself into a folder, where everybody may execute it', async () => {
    await promisify(execFile)(program, ['install', folder]);

    expect(await readdir(folder)).toEqual(['launcher']);
    expect((await stat(join(folder, 'launcher'))).mode & 0o777).toBe(0o555);
    await promisify(execFile)(join(folder, 'launcher'), ['install', folder]);
  });

  it('needs no library, as the image of Rekor has none', async () => {
    const record = await go(['version', '-m', program], { directory: folder });

    expect(record).toContain('CGO_ENABLED=0');
    expect(record).toContain('-trimpath=true');
    expect(record).not.toMatch(/^\tdep\t/m);
  });

  it('says how it is to be called', async () => {
    await expect(promisify(execFile)(program, ['run'])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('launcher run -- PROGRAM') as unknown,
    });
  });
});
