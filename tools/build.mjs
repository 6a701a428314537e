/**
 * Compiles the project into out/dist, with the files that it reads while it runs and the bundle of its workflows.
 * Does nothing, quickly, when nothing changed since the last time. Plain Node: it runs before anything is compiled.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, 'out', 'dist');
const stampFile = join(root, 'out', 'build-stamp.json');
const rooms = [
  ...Object.keys(JSON.parse(readFileSync(join(root, 'tools', 'rooms.json'), 'utf8'))),
  'proto',
].filter((room) => !room.includes('/'));

/** What compiled code reads beside itself while it runs. */
const isAsset = (path) =>
  /\.(proto|sh)$/.test(path) ||
  /^tools\/\w+\/go\.(mod|sum)$/.test(path) ||
  /^tools\/coredns\/\w+\/main\.go$/.test(path) ||
  /^launcher\/(go\.mod|\w+(?<!_test)\.go)$/.test(path) ||
  /^tools\/node\/.+\.json$/.test(path) ||
  /^config\/.+\.schema\.json$/.test(path);

/** Compiles and bundles what changed. Throws an error with one line when it cannot. */
export async function build() {
  const started = performance.now();
  const sources = rooms.flatMap((room) => filesBelow(room)).sort();
  const inputs = [...sources, 'tsconfig.json', 'package-lock.json'];
  const stamp = JSON.stringify(inputs.map((path) => [path, statSync(join(root, path)).mtimeMs]));
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
    return;
  }
  console.log('Building ...');
  removeOrphans(new Set(sources));
  for (const asset of sources.filter(isAsset)) {
    copyIfChanged(join(root, asset), join(out, asset));
  }
  compile();
  await bundleWorkflows();
  // A link to it is our command, on a host as in the image.
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  Object.values(bin).forEach((program) => chmodSync(join(root, program), 0o755));
  writeFileSync(stampFile, stamp);
  console.log(`Built in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
}

/** An unchanged file is left alone: a shell that runs it meanwhile reads it line by line. */
function copyIfChanged(from, to) {
  if (!existsSync(to) || !readFileSync(to).equals(readFileSync(from))) {
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(from, to);
  }
}

function filesBelow(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter(
      (path) => path.endsWith('.ts') || path.endsWith('.mjs') || path.endsWith('.json') || isAsset(path),
    );
}

/** A file whose source is gone would go on being loaded, or compiled by Go; then everything is compiled anew. */
function removeOrphans(sources) {
  if (!existsSync(out)) {
    rmSync(join(root, 'out', 'build.tsbuildinfo'), { force: true });
    return;
  }
  const orphan = readdirSync(out, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(js|go)$/.test(entry.name))
    .map((entry) => relative(out, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .find((path) => path !== 'workflows/bundle.js' && !sources.has(path.replace(/\.js$/, '.ts')));
  if (orphan !== undefined) {
    rmSync(out, { recursive: true });
    rmSync(join(root, 'out', 'build.tsbuildinfo'), { force: true });
  }
}

function compile() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = join(root, 'tools', 'tsconfig.build.json');
  const { status } = spawnSync(process.execPath, [tsc, '--project', project], { stdio: 'inherit' });
  if (status !== 0) {
    throw new Error('The TypeScript sources do not compile.');
  }
}

async function bundleWorkflows() {
  const workflowsPath = join(out, 'workflows', 'index.js');
  const { bundleWorkflowCode, DefaultLogger } = createRequire(import.meta.url)('@temporalio/worker');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  writeFileSync(join(out, 'workflows', 'bundle.js'), code);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
