import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureContainerPrograms } from '../../tools/container-programs';
import { ensureDebianFiles } from '../../tools/debian-files';

const wanted = { name: 'sample', packages: ['one', 'two'], size: '3 MB', neededBy: 'A test needs them.' };

describe("the files of Debian's packages", () => {
  const environment = { ...process.env };
  let directory: string;
  let lines: string[];
  const report = (line: string): number => lines.push(line);
  const calls = (): string[] => readFileSync(join(directory, 'calls'), 'utf8').trim().split('\n');

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'debian-'));
    lines = [];
    process.env['XDG_CACHE_HOME'] = join(directory, 'cache');
    // Archives of one line, which is the path of the only file in them.
    program(
      'apt-get',
      'case $1 in install) for word; do case $word in',
      '  Dir::Cache::archives=*) archives=${word#*=} ;;',
      '  -*) ;;',
      '  one | two | containerd) echo "usr/bin/$word" >"$archives/$word.deb" ;;',
      'esac; done; esac',
    );
    program(
      'dpkg-deb',
      'read -r file <"$2"',
      '/bin/mkdir -p "$3/usr/lib/x86_64-linux-gnu" "$3/${file%/*}"',
      ': >"$3/$file"',
    );
  });
  afterEach(() => {
    process.env = { ...environment };
    rmSync(directory, { recursive: true });
  });

  /** A program on PATH that notes its call first. */
  function program(name: string, ...body: string[]): void {
    const text = ['#!/bin/sh', `echo "${name} $*" >>'${join(directory, 'calls')}'`, ...body, ''].join('\n');
    writeFileSync(join(directory, name), text, { mode: 0o755 });
  }

  it('are taken out of packages that are fetched and not installed, once', async () => {
    const root = await ensureDebianFiles(wanted, { report, path: directory, mayInstall: true });

    expect(readdirSync(join(root, 'usr', 'bin')).sort()).toEqual(['one', 'two']);
    expect(lines).toEqual(["Fetching files of Debian's packages one, two, once; 3 MB."]);
    const installing = calls().filter((call) => call.startsWith('apt-get install'));
    expect(installing).toEqual([expect.stringContaining('--download-only')]);
    const kept = readdirSync(dirname(root)).filter((name) => name.startsWith('debian'));
    expect(kept).toEqual([expect.stringMatching(/^debian-sample-[0-9a-f]{16}$/)]);

    expect(await ensureDebianFiles(wanted, { report, path: directory, mayInstall: false })).toBe(root);
    expect(lines).toHaveLength(1);
  });

  it('are fetched with nothing that belongs to root', async () => {
    const root = await ensureDebianFiles(wanted, { report, path: directory, mayInstall: true });
    const asked = calls().filter((call) => call.startsWith('apt-get '));

    expect(asked).toHaveLength(2);
    for (const call of asked) {
      expect(call).toContain(`-o Dir::State=${dirname(root)}/apt `);
      expect(call).toContain(`-o Dir::Cache=${dirname(root)}/apt `);
      expect(call).toContain('-o Debug::NoLocking=1');
    }
  });

  it('are fetched one after the other, because apt-get fails beside another one', async () => {
    const running = `'${join(directory, 'running')}'`;
    program(
      'apt-get',
      `/bin/mkdir ${running} || exit 100`,
      '/bin/sleep 0.2',
      `/bin/rmdir ${running}`,
      'case $1 in install) for word; do case $word in',
      '  Dir::Cache::archives=*) archives=${word#*=} ;;',
      '  one | two) echo "usr/bin/$word" >"$archives/$word.deb" ;;',
      'esac; done; esac',
    );
    const options = { report, path: directory, mayInstall: true };
    const others = { ...wanted, name: 'other', packages: ['two'] };
    const roots = await Promise.all([wanted, others].map((each) => ensureDebianFiles(each, options)));

    expect(roots.map((root) => readdirSync(join(root, 'usr', 'bin')))).toEqual([['one', 'two'], ['two']]);
    expect(lines).toContain(
      `Process ${process.pid} is fetching files of Debian's packages already; waiting for it.`,
    );
  });

  it('are no files when fetching them fails', async () => {
    program('dpkg-deb', 'exit 1');
    await expect(ensureDebianFiles(wanted, { report, path: directory, mayInstall: true })).rejects.toThrow(
      'dpkg-deb --extract',
    );
    const left = readdirSync(join(directory, 'cache', 'rekor-rotate', 'tools'));
    expect(left.filter((name) => name.startsWith('debian'))).toEqual([expect.stringMatching(/\.partial$/)]);
  });

  it('that may not be fetched are an error which says how to install them', async () => {
    const options = { report, path: directory, mayInstall: false };
    await expect(ensureDebianFiles(wanted, options)).rejects.toThrow('A test needs them. They come from');
    await expect(ensureDebianFiles(wanted, options)).rejects.toThrow(
      'apt-get install --no-install-recommends one two',
    );
    expect(existsSync(join(directory, 'calls'))).toBe(false);
  });

  describe('with the programs of containers', () => {
    const programs = ['containerd', 'containerd-shim-runc-v2', 'ctr', 'runc', 'iptables', 'iptables-restore'];
    const plugins = ['ptp', 'host-local', 'portmap', 'loopback'];

    it('are not fetched where the system has them all', async () => {
      [...programs, ...plugins].forEach((name) => program(name));
      const options = { report, path: directory, pluginFolders: ['/nowhere', directory], mayInstall: true };
      const found = await ensureContainerPrograms(options);

      expect(found).toMatchObject({ containerd: join(directory, 'containerd'), networkPlugins: directory });
      expect(found.environment['PATH']?.split(':')[0]).toBe(directory);
      expect(lines).toEqual([]);
    });

    it('are fetched where one is missing, and one that they do not bring is named', async () => {
      [...programs, ...plugins].slice(1).forEach((name) => program(name));
      const options = { report, path: directory, pluginFolders: [directory], mayInstall: true };

      await expect(ensureContainerPrograms(options)).rejects.toThrow(/have brought no .*\/usr\/bin\/ctr/);
      expect(lines).toHaveLength(1);
    });
  });
});
