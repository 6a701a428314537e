import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureTool } from '../../tools/binaries';
import { cacheFolder, pinnedVersions } from '../../tools/cache';
import { GoMissing } from '../../tools/go';
import { clusterTools, pinnedTools, type PinnedTool } from '../../tools/pinned';

const trillian = pinnedTools.find((tool) => tool.name === 'trillian') as PinnedTool;
const pinned = pinnedVersions(trillian).module;

describe('the builder of pinned programs', () => {
  const environment = { ...process.env };
  let directory: string;
  let bin: string;
  let lines: string[];
  const ensure = () => ensureTool(trillian, { report: (line) => lines.push(line) });
  const calls = (first: string) =>
    readFileSync(join(directory, 'calls'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith(first));

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'builder-'));
    bin = join(directory, 'bin');
    lines = [];
    mkdirSync(bin);
    copyFileSync(join(__dirname, 'stand-in-go.sh'), join(bin, 'go'));
    chmodSync(join(bin, 'go'), 0o755);
    process.env['PATH'] = `${bin}:/usr/bin:/bin`;
    process.env['XDG_CACHE_HOME'] = join(directory, 'cache');
    process.env['STAND_IN_GO'] = directory;
  });
  afterEach(() => {
    process.env = { ...environment };
    rmSync(directory, { recursive: true });
  });

  /** Puts a program on PATH that says of itself that it was built so. */
  function putOnPath(name: string, version: string, tags: string): string {
    const module = trillian.module;
    const file = join(bin, name);
    const record = `\tpath\t${module}/cmd/${name}\n\tmod\t${module}\t${version}\th1:x=\n\tbuild\t-tags=${tags}\n`;
    writeFileSync(file, record, { mode: 0o755 });
    return file;
  }

  it('takes programs on PATH that were built from the pinned version with the right tags', async () => {
    const server = putOnPath('trillian_log_server', pinned, 'postgresql,mysql,k8s');
    const signer = putOnPath('trillian_log_signer', pinned, 'k8s,other,mysql,postgresql');
    const files = await ensure();

    expect(files.get('trillian_log_server')).toBe(server);
    expect(files.get('trillian_log_signer')).toBe(signer);
    const schemas = ['postgresql.sql', 'mysql.sql'].map((name) =>
      readFileSync(files.get(name) ?? '', 'utf8'),
    );
    expect(schemas).toEqual(['CREATE TABLE postgresql\n', 'CREATE TABLE mysql\n']);
    expect(calls('build')).toEqual([]);
  });

  it.each([
    ['version', 'v1.7.2', 'postgresql,mysql,k8s'],
    ['tags', pinned, 'postgresql,k8s'],
  ])('builds when a program on PATH has other %s', async (_what, version, tags) => {
    putOnPath('trillian_log_server', pinned, 'postgresql,mysql,k8s');
    putOnPath('trillian_log_signer', version, tags);
    const files = await ensure();

    expect([...files.values()].map(dirname)).toEqual(Array(4).fill(cacheFolder(trillian)));
    expect(calls('build')).toHaveLength(1);
    expect(calls('build')[0]).toContain('-tags=postgresql,mysql,k8s');
  });

  it.each([
    ['says that it is the pinned version', 'etcd Version: 3.5.21', true],
    ['says that it is another one', 'etcd Version: 3.5.22', false],
  ])('asks a program on PATH that was built from a checkout, which %s', async (_what, says, taken) => {
    const etcd = clusterTools.find(({ name }) => name === 'etcd') as PinnedTool;
    const program = join(bin, 'etcd');
    writeFileSync(program, `#!/bin/sh\necho '${says}'\necho 'Git SHA: GitNotFound'\n`, { mode: 0o755 });
    const record = `\tpath\t${etcd.module}\n\tmod\t${etcd.module}\t(devel)\n`;
    writeFileSync(`${program}.record`, record);
    const files = await ensureTool(etcd, { report: () => undefined });

    expect(files.get('etcd')).toBe(taken ? program : join(cacheFolder(etcd), 'etcd'));
    // Go names it after its package.
    expect(existsSync(join(cacheFolder(etcd), 'etcd'))).toBe(!taken);
  });

  it('says how long a build will take before it begins, and does not build again', async () => {
    const files = await ensure();
    expect(lines[0]).toContain('about 2 minutes');
    expect(readdirSync(cacheFolder(trillian)).sort()).toEqual([...files.keys()].sort());

    lines = [];
    expect(await ensure()).toEqual(files);
    expect(lines).toEqual([]);
    expect(calls('build')).toHaveLength(1);
  });

  it('writes nothing beside the pinned module files', async () => {
    await ensure();

    expect(readdirSync(join(__dirname, '../../tools/trillian')).sort()).toEqual(['go.mod', 'go.sum']);
  });

  it('builds once when two ask at a time', async () => {
    const [first, second] = await Promise.all([ensure(), ensure()]);

    expect(first).toEqual(second);
    expect(calls('build')).toHaveLength(1);
    expect(lines).toContain(`Process ${process.pid} is building trillian already; waiting for it.`);
  });

  it('goes on after a build that was broken off', async () => {
    const folder = cacheFolder(trillian);
    mkdirSync(join(folder, 'partial', 'programs'), { recursive: true });
    writeFileSync(join(folder, 'partial', 'programs', 'trillian_log_signer'), 'half a program');
    writeFileSync(join(folder, 'trillian_log_server'), 'from the earlier build');
    writeFileSync(`${folder}.lock`, `${process.pid} another-process\n`);
    await ensure();

    expect(readFileSync(join(folder, 'trillian_log_signer'), 'utf8')).toBe('built\n');
    expect(existsSync(join(folder, 'partial'))).toBe(false);
    expect(existsSync(`${folder}.lock`)).toBe(false);
  });

  it('shows what Go said when a build fails, and keeps no program of it', async () => {
    writeFileSync(join(directory, 'fails'), '');

    await expect(ensure()).rejects.toThrow('something does not compile');
    expect(readdirSync(cacheFolder(trillian))).toEqual(['partial']);
  });

  it('says which Go is needed and where to get it when there is none', async () => {
    rmSync(join(bin, 'go'));
    process.env['PATH'] = bin;

    await expect(ensure()).rejects.toThrow(GoMissing);
    await expect(ensure()).rejects.toThrow(/needs Go 1\.\d+.* https:\/\/go\.dev\/dl\//);
  });
});
