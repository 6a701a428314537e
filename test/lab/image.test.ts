import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeImage } from '../../lab/kubernetes/image';

describe('an image that the lab makes', () => {
  let directory: string;
  const archive = (): string => join(directory, 'image.tar');
  const fromTar = (file: string, name: string): Buffer =>
    execFileSync('tar', ['--extract', '--to-stdout', `--file=${file}`, name]);
  const json = (name: string): unknown => JSON.parse(fromTar(archive(), name).toString());

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'image-'));
    writeFileSync(join(directory, 'program'), 'runs', { mode: 0o755 });
    mkdirSync(join(directory, 'root', 'etc'), { recursive: true });
    writeFileSync(join(directory, 'root', 'etc', 'issue'), 'a root');
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const make = (): Promise<void> =>
    writeImage(
      {
        name: 'localhost/one:lab',
        folders: { '/': join(directory, 'root') },
        files: { '/usr/bin/program': join(directory, 'program') },
        links: { '/bin/sh': '../usr/bin/program' },
        entrypoint: ['program'],
      },
      archive(),
    );

  it('says what it is, and names its layer by what is in it', async () => {
    await make();
    const config = json('config.json') as { config: unknown; rootfs: { diff_ids: string[] }; history: [] };
    writeFileSync(join(directory, 'layer.tar'), fromTar(archive(), 'layer.tar'));
    const layer = readFileSync(join(directory, 'layer.tar'));

    expect(json('manifest.json')).toEqual([
      { Config: 'config.json', RepoTags: ['localhost/one:lab'], Layers: ['layer.tar'] },
    ]);
    expect(config.config).toMatchObject({ Entrypoint: ['program'], User: '65532:65532' });
    expect(config.rootfs.diff_ids).toEqual([`sha256:${createHash('sha256').update(layer).digest('hex')}`]);
    // A builder refuses other numbers of layers and of lines.
    expect(config.history).toHaveLength(1);
  });

  it('has its files as root has them, and a place for temporary ones', async () => {
    await make();
    writeFileSync(join(directory, 'layer.tar'), fromTar(archive(), 'layer.tar'));
    const listed = execFileSync('tar', [
      '--list',
      '--verbose',
      '--numeric-owner',
      '-f',
      join(directory, 'layer.tar'),
    ]);
    const lines = listed.toString().trim().split('\n');

    expect(lines.every((line) => line.split(/\s+/)[1] === '0/0')).toBe(true);
    expect(lines.find((line) => line.endsWith('./tmp/'))).toMatch(/^drwxrwxrwt/);
    expect(lines.find((line) => line.endsWith(' ./usr/bin/program') && !line.includes('->'))).toMatch(
      /^-rwxr-xr-x/,
    );
    expect(lines.some((line) => line.endsWith('./bin/sh -> ../usr/bin/program'))).toBe(true);
    expect(lines.some((line) => line.endsWith('./etc/issue'))).toBe(true);
  });

  it('is the same when it is made of the same, and leaves nothing else', async () => {
    await make();
    const first = readFileSync(archive());
    await make();

    expect(readFileSync(archive()).equals(first)).toBe(true);
    expect(readdirSync(directory).sort()).toEqual(['image.tar', 'program', 'root']);
  });
});
