import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engines } from '../../package.json';
import { dependencies } from '../../tools/node/package.json';
import { otherNodeReleases as releasesFor } from '../../tools/node-releases';

const versionOf = (alias: string): string => alias.slice(alias.lastIndexOf('@') + 1);

const otherNodeReleases = (install: (folder: string) => Promise<void>) => releasesFor(install, 'linux-x64');

/** Does what npm would do with the two packages, without them. */
function installed(folder: string): Promise<void> {
  for (const [name, alias] of Object.entries(dependencies)) {
    const release = join(folder, 'node_modules', name);
    mkdirSync(release, { recursive: true });
    // As npm has them: the older packages write their version with a letter.
    const version = name === 'oldest' ? `v${versionOf(alias)}` : versionOf(alias);
    writeFileSync(join(release, 'package.json'), JSON.stringify({ version }));
  }
  return Promise.resolve();
}

let cache: string;
const before = process.env['XDG_CACHE_HOME'];

beforeEach(() => {
  cache = process.env['XDG_CACHE_HOME'] = mkdtempSync(join(tmpdir(), 'node-releases-'));
});

afterEach(() => {
  if (before === undefined) {
    delete process.env['XDG_CACHE_HOME'];
  } else {
    process.env['XDG_CACHE_HOME'] = before;
  }
});

it('takes for the oldest Node.js the one that package.json asks for', () => {
  expect(versionOf(dependencies.oldest)).toBe(`${engines.node.replace('>=', '')}.0`);
});

it('fetches the other releases once, and whole or not at all', async () => {
  const folders: string[] = [];
  const install = async (folder: string): Promise<void> => {
    folders.push(folder);
    await installed(folder);
  };
  await expect(otherNodeReleases(() => Promise.reject(new Error('no network')))).rejects.toThrow(
    'no network',
  );
  const [first, again] = [await otherNodeReleases(install), await otherNodeReleases(install)];

  expect(again).toEqual(first);
  expect(folders).toHaveLength(1);
  expect(existsSync(folders[0] ?? '')).toBe(false);
  const wanted = Object.values(dependencies).map(versionOf);
  expect(first.map(({ version }) => version).sort()).toEqual(
    wanted.filter((version) => version !== process.versions.node).sort(),
  );
  expect(first.every(({ program }) => program.startsWith(cache))).toBe(true);
});

it('uses what another process has fetched meanwhile', async () => {
  const releases = await otherNodeReleases(async (folder) => {
    await installed(folder);
    await otherNodeReleases(async (other) => {
      expect(other).not.toBe(folder);
      await installed(other);
    });
  });
  expect(releases.map(({ program }) => existsSync(join(program, '../../package.json')))).not.toContain(false);
  expect(readdirSync(join(cache, 'rekor-rotate', 'tools'))).toHaveLength(1);
});

it('fetches nothing where npm has no Node.js', async () => {
  await expect(releasesFor(() => Promise.reject(new Error('fetched')), 'sunos-sparc')).resolves.toEqual([]);
});
