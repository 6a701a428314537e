import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentHash } from '../../lab/kubernetes/content-hash';

describe('the hash of what an image is made of', () => {
  let directory: string;
  let one: string;
  let other: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'content-'));
    [one, other] = [join(directory, 'one'), join(directory, 'other')];
    mkdirSync(join(one, 'folder'), { recursive: true });
    writeFileSync(join(one, 'program'), 'runs');
    writeFileSync(join(one, 'folder', 'file'), 'text');
    symlinkSync('program', join(one, 'link'));
    cpSync(one, other, { recursive: true, verbatimSymlinks: true });
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const hashes = async (): Promise<readonly string[]> =>
    await Promise.all([contentHash([one], 'settings'), contentHash([other], 'settings')]);

  it('is that of a copy elsewhere and at another time, and good for a tag', async () => {
    utimesSync(join(other, 'program'), 1, 1);
    const [first, second] = await hashes();
    expect(first).toMatch(/^[0-9a-f]{12}$/);
    expect(second).toBe(first);
  });

  it.each<readonly [what: string, change: () => void]>([
    ['a text', () => writeFileSync(join(other, 'folder', 'file'), 'next')],
    ['a file that may be run', () => chmodSync(join(other, 'program'), 0o755)],
    ['one file more', () => writeFileSync(join(other, 'more'), '')],
    ['one file less', () => rmSync(join(other, 'folder', 'file'))],
    [
      'another name',
      () => {
        rmSync(join(other, 'program'));
        writeFileSync(join(other, 'programs'), 'runs');
      },
    ],
    [
      'a link elsewhere',
      () => {
        rmSync(join(other, 'link'));
        symlinkSync('folder', join(other, 'link'));
      },
    ],
  ])('is another with %s', async (_what, change) => {
    change();
    const [first, second] = await hashes();
    expect(second).not.toBe(first);
  });

  it('is another with other settings', async () => {
    expect(await contentHash([one], ['node'])).not.toBe(await contentHash([one], ['deno']));
  });
});
