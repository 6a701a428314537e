import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { intentsOnDisk } from '../../../activities/successor/intents-on-disk';
import type { Intents, SectionTask } from '../../../activities/successor/intents';
import { abstractName } from '../../../files/process-name';

const folder = mkdtempSync(join(tmpdir(), 'intents-'));
afterAll(() => rmSync(folder, { recursive: true }));

const task: SectionTask = {
  taskToken: Buffer.from('of a section').toString('base64'),
  workflowId: 'critical-section-production',
  runId: '0197b0c2-0000-7000-8000-000000000001',
};
const intents: Intents = {
  began: ['hold', 'start', 'freeze'],
  mayLandUntil: 1_790_000_000_000,
  commandRuns: true,
};

let number = 0;
const newDirectory = (): string => join(folder, `runtime-${(number += 1)}`);

/** What this process has written, as one that has ended would have left it. */
async function leftByAnother(
  directory: string,
  change: (record: { writer: Record<string, string> }) => void = () => undefined,
): Promise<string> {
  const own = await intentsOnDisk(directory);
  (await own.begin('production', task)).keep(intents);
  const file = join(directory, 'production.section.json');
  const record = JSON.parse(readFileSync(file, 'latin1')) as { writer: Record<string, string> };
  record.writer['name'] = 'nobody has this name';
  change(record);
  writeFileSync(file, JSON.stringify(record));
  return file;
}

describe('what a worker keeps of its critical section', () => {
  it('is there for the next one when it has ended in it', async () => {
    const directory = newDirectory();
    await leftByAnother(directory);
    const next = await intentsOnDisk(directory);
    expect(await next.leftBehind('production')).toMatchObject({ ...task, ...intents });
    expect(await next.leftBehind('staging')).toBeUndefined();
  });

  it('says nothing while the worker lives', async () => {
    const directory = newDirectory();
    const own = await intentsOnDisk(directory);
    (await own.begin('production', task)).keep(intents);
    expect(await (await intentsOnDisk(directory)).leftBehind('production')).toBeUndefined();
  });

  it.each([
    ['on a host that was started anew', { boot: 'another' }],
    ['in another network, where names are not seen', { network: 'net:[1]' }],
  ])('says nothing of a worker %s', async (_, elsewhere) => {
    const directory = newDirectory();
    await leftByAnother(directory, ({ writer }) => Object.assign(writer, elsewhere));
    expect(await (await intentsOnDisk(directory)).leftBehind('production')).toBeUndefined();
  });

  it('says nothing of a section that has ended', async () => {
    const directory = newDirectory();
    await leftByAnother(directory, (record) => Object.assign(record, { ended: true }));
    expect(await (await intentsOnDisk(directory)).leftBehind('production')).toBeUndefined();
    const own = await intentsOnDisk(directory);
    const open = await own.begin('production', task);
    open.keep(intents);
    open.end();
    expect(readFileSync(join(directory, 'production.section.json'), 'latin1')).toContain('"ended":true');
  });

  it.each(['', '{"writer":', '[]', '{"writer":{"boot":"b","network":"n","name":"x"}}'])(
    'says nothing where the file holds something else: %s',
    async (content) => {
      const directory = newDirectory();
      const own = await intentsOnDisk(directory);
      writeFileSync(join(directory, 'production.section.json'), content);
      expect(await own.leftBehind('production')).toBeUndefined();
    },
  );

  it('is not overwritten by a section before it, whose worker was stopped and goes on', async () => {
    const directory = newDirectory();
    const stopped = await (await intentsOnDisk(directory)).begin('production', task);
    const later = await (await intentsOnDisk(directory)).begin('production', { ...task, runId: 'later' });
    later.keep(intents);
    stopped.keep({ began: ['hold'], mayLandUntil: 0, commandRuns: false });
    stopped.end();
    const kept = readFileSync(join(directory, 'production.section.json'), 'latin1');
    expect(JSON.parse(kept)).toMatchObject({ runId: 'later', ended: false, ...intents });
  });

  it('can be read by its user alone, and leaves nothing else in the directory', async () => {
    const directory = newDirectory();
    const own = await intentsOnDisk(directory);
    (await own.begin('production', task)).keep(intents);
    (await own.begin('production', task)).end();
    expect(readdirSync(directory)).toEqual(['production.section.json']);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 'production.section.json')).mode & 0o777).toBe(0o600);
  });

  it('is taken away where it cannot be kept any more: the section goes on, and is waited for', async () => {
    const directory = newDirectory();
    const open = await (await intentsOnDisk(directory)).begin('production', task);
    open.keep({ ...intents, began: Array.from({ length: 400 }, () => 'verify' as const) });
    expect(readdirSync(directory)).toEqual([]);
    open.keep(intents);
    open.end();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('stays as it was where the section has ended and a change of it may land', async () => {
    const directory = newDirectory();
    const open = await (await intentsOnDisk(directory)).begin('production', task);
    open.keep(intents);
    open.leave();
    const kept = readFileSync(join(directory, 'production.section.json'), 'latin1');
    expect(JSON.parse(kept)).toMatchObject({ ended: false, ...intents });
  });

  it('is refused where it would not fit, rather than kept in part', async () => {
    const own = await intentsOnDisk(newDirectory());
    const long = own.begin('production', { ...task, taskToken: 'A'.repeat(4_000) });
    await expect(long).rejects.toThrow('is longer than 2048 bytes');
  });

  it('cannot be where there is a file', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    await expect(intentsOnDisk(file)).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it('is read after the name is free: what a worker wrote last counts', async () => {
    const directory = newDirectory();
    const name = 'rekor-rotate a worker that is about to end';
    const file = await leftByAnother(directory, ({ writer }) => (writer['name'] = name));
    const record = JSON.parse(readFileSync(file, 'latin1')) as object;
    // It writes once more as it hears of who asks, and ends.
    const script = `require('node:net').createServer(() => {
      require('node:fs').writeFileSync(${JSON.stringify(file)}, ${JSON.stringify(JSON.stringify({ ...record, mayLandUntil: 1 }))});
      process.kill(process.pid, 'SIGKILL');
    }).listen(${JSON.stringify(abstractName(name))}, () => console.log('listens'))`;
    const ending = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(ending.stdout, 'data');
    const next = await intentsOnDisk(directory);
    expect(await next.leftBehind('production')).toBeUndefined();
    await once(ending, 'exit');
    expect(await next.leftBehind('production')).toMatchObject({ mayLandUntil: 1 });
  });
});
