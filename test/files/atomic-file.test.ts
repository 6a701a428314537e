import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveState } from '../../gate/state-file';
import { createFile, removeUnfinished, replaceFile } from '../../files/atomic-file';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rekor-rotate-files-')));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a file that is replaced whole', () => {
  it('has the new content and mode, and nothing is left beside it', async () => {
    const file = join(folder, 'state.json');
    writeFileSync(file, 'before', { mode: 0o644 });
    await replaceFile(file, 'after', { mode: 0o600 });
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['after', 0o600]);
    expect(readdirSync(folder)).toEqual(['state.json']);
  });

  it('stays where a symbolic link names it: that of the gate, too', async () => {
    mkdirSync(join(folder, 'elsewhere'));
    const [file, link] = [join(folder, 'elsewhere', 'gate.json'), join(folder, 'gate.json')];
    writeFileSync(file, '{}');
    symlinkSync(file, link);
    const state = { mode: 'pass', instances: ['http://127.0.0.1:9'], attemptId: null, number: 0 } as const;
    await saveState(link, { ...state, shards: null, switching: 'no', leaseMs: 0, hold: null });
    expect(realpathSync(link)).toBe(file);
    expect(readFileSync(file, 'utf8')).toContain('http://127.0.0.1:9');
  });

  it('is as it was when it cannot be replaced, and nothing is left beside it', async () => {
    const file = join(folder, 'a-folder');
    mkdirSync(file);
    await expect(replaceFile(file, 'after')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(readdirSync(folder)).toEqual(['a-folder']);
  });

  it('is cleared of what an interrupted writing left, and of nothing else', async () => {
    const file = join(folder, 'state.json');
    for (const name of ['state.json', '.state.json.rekor-rotate-1', '.other.json.rekor-rotate-1']) {
      writeFileSync(join(folder, name), name);
    }
    await removeUnfinished(file);
    expect(readdirSync(folder).sort()).toEqual(['.other.json.rekor-rotate-1', 'state.json']);
  });
});

describe('a file that is made', () => {
  it('is whole, for its owner alone, and nothing is left beside it', async () => {
    const file = join(folder, 'plan.yaml');
    await createFile(file, 'made');
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['made', 0o600]);
    expect(statSync(file).nlink).toBe(1);
    expect(readdirSync(folder)).toEqual(['plan.yaml']);
  });

  it.each<[string, (file: string) => void]>([
    ['a file', (file) => writeFileSync(file, 'before')],
    ['a folder', (file) => mkdirSync(file)],
    ['a link that leads nowhere', (file) => symlinkSync(join(folder, 'nowhere'), file)],
  ])('replaces nothing: not %s', async (_what, put) => {
    const file = join(folder, 'plan.yaml');
    put(file);
    await expect(createFile(file, 'after')).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readdirSync(folder)).toEqual(['plan.yaml']);
  });
});
