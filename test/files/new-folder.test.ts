import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolder } from '../../files/new-folder';

let parent: string;
let folder: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'rekor-rotate-folder-'));
  folder = join(parent, 'receipt');
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

const files = new Map([
  ['one.json', '{}\n'],
  ['two.md', 'two\n'],
]);

describe('a folder that is made whole', () => {
  it.each([
    ['is not there', () => undefined],
    ['is empty', () => mkdirSync(folder)],
  ])('has its files when it %s, and nothing is left beside it', async (_what, before) => {
    before();
    await createFolder(folder, files);
    expect(readdirSync(folder).sort()).toEqual(['one.json', 'two.md']);
    expect(readFileSync(join(folder, 'two.md'), 'utf8')).toBe('two\n');
    expect(readdirSync(parent)).toEqual(['receipt']);
  });

  it.each([
    [
      'a folder with a file',
      () => {
        mkdirSync(folder);
        writeFileSync(join(folder, 'mine'), 'kept');
      },
      'ENOTEMPTY',
    ],
    ['a file', () => writeFileSync(folder, 'kept'), 'ENOTDIR'],
    [
      'a link to an empty folder',
      () => symlinkSync(mkdtempSync(join(tmpdir(), 'empty-')), folder),
      'ENOTDIR',
    ],
  ])('replaces nothing: %s', async (_what, before, code) => {
    before();
    await expect(createFolder(folder, files)).rejects.toMatchObject({ code });
    expect(readdirSync(parent)).toEqual(['receipt']);
    expect(existsSync(join(folder, 'one.json'))).toBe(false);
  });

  it('is not there at all when a file of it cannot be written', async () => {
    await expect(createFolder(folder, new Map([...files, ['no/such/folder', '']]))).rejects.toMatchObject({
      code: 'ENOENT',
    });
    expect(readdirSync(parent)).toEqual([]);
  });

  it('of two that are made at once, one is there, whole', async () => {
    const made = await Promise.allSettled(
      ['a', 'b'].map((content) =>
        createFolder(
          folder,
          new Map([
            ['one', content],
            ['two', content],
          ]),
        ),
      ),
    );
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [one, two] = ['one', 'two'].map((name) => readFileSync(join(folder, name), 'utf8'));
    expect(one).toBe(two);
    expect(readdirSync(parent)).toEqual(['receipt']);
  });
});
