/**
 * What `npm run demo`, `npm test` and `npm run bench` call: all of their set-up, then the thing itself.
 * Plain Node without dependencies: it runs before there are any. Leaves node_modules, the caches and out/ behind.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const commands = { demo, test, busy, bench, chaos, simulate, launcher };

/** Temporary files of the tests; kept for a look when one of them has failed. */
const scratch = join(root, 'out', 'test', 'files');

/**
 * Of the tests on a cluster those that run without being asked for: each other shape, strategy and tool takes minutes more.
 * `npm run test:cluster` runs all of them.
 */
const clusterSample = ['admission', 'log', 'operator', 'rotation'];

let child;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interrupted = true;
    child?.kill(signal);
  });
}

const [name, ...args] = process.argv.slice(2);
if (!Object.hasOwn(commands, name)) {
  console.error(`usage: node tools/run.mjs ${Object.keys(commands).join('|')} [arguments]`);
  process.exit(2);
}
try {
  requireNode();
  await installPackages();
  const { build } = await import('./build.mjs');
  await build();
  process.exitCode = await commands[name](args);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
if (interrupted) {
  process.exitCode = 130;
}

async function demo(options) {
  return await run(process.execPath, [join('out', 'dist', 'demo', 'main.js'), ...options]);
}

async function bench(options) {
  return await run(process.execPath, [join('out', 'dist', 'bench', 'main.js'), ...options]);
}

async function chaos(options) {
  return await run(process.execPath, [join('out', 'dist', 'chaos', 'main.js'), ...options]);
}

async function simulate(options) {
  return await run(process.execPath, [join('out', 'dist', 'simulation', 'main.js'), ...options]);
}

async function launcher() {
  return await run(process.execPath, [join('out', 'dist', 'tools', 'launcher-main.js')]);
}

/** Runs the fast group several times, by default five, beside something that keeps every processor busy. */
async function busy([times = '5']) {
  const loops = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  try {
    const fast = (await testFiles([])).filter((file) => !isStackTest(file) && !isClusterTest(file));
    for (let run = 1; run <= Number(times); run += 1) {
      const [passed, failed] = await jest('fast', fast, availableParallelism());
      console.log(`run ${run} beside a load: ${passed} passed, ${failed} failed`);
      if (failed > 0 || passed === 0) {
        return 1;
      }
    }
    return 0;
  } finally {
    loops.forEach((loop) => loop.kill('SIGKILL'));
  }
}

/**
 * Patterns narrow the tests to files whose path matches; the checks of the sources are then left out. Without any, of the tests
 * on a cluster a sample is run.
 */
async function test(patterns) {
  const found = { passed: 0, failed: 0 };
  const count = (passed, failed) => {
    found.passed += passed;
    found.failed += failed;
  };
  if (patterns.length === 0) {
    const clean = (await run(...npm('run', '--silent', 'check'))) === 0;
    count(clean ? 1 : 0, clean ? 0 : 1);
  }
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  process.env.TMPDIR = scratch;
  const files = await testFiles(patterns);
  const stack = files.filter(isStackTest);
  const onCluster = files.filter(isClusterTest);
  const cluster = patterns.length > 0 ? onCluster : onCluster.filter(isInClusterSample);
  const others = files.filter((file) => !stack.includes(file) && !onCluster.includes(file));
  // Before any test: those of the workflows and of the command line run a real Temporal server, too.
  if ((await run(process.execPath, [join('out', 'dist', 'tools', 'main.js')])) !== 0) {
    console.error('Without these programs nothing that is real can be tested.');
    console.log(`${found.passed} passed, ${found.failed + 1} failed`);
    return 1;
  }
  const processors = availableParallelism();
  count(...(await jest('fast', others, processors)));
  for (const { version, program } of await otherReleases()) {
    const [which, isChosen] = isOfOwnMajor(version)
      ? ['The tests of what Node.js changes within a major version', isForEveryMinor]
      : ['The tests that need no stack and no long run', isForEveryRelease];
    console.log(`${which}, on Node.js ${version}:`);
    count(...(await jest(`node-${version}`, others.filter(isChosen), processors, program)));
  }
  // Each file starts a whole stack, which waits for most of its time.
  count(...(await jest('stack', stack, processors + 1)));
  if (
    cluster.some((file) => !isInClusterSample(file)) &&
    (await run(process.execPath, [join('out', 'dist', 'tools', 'helm-main.js')])) !== 0
  ) {
    console.error('Without Helm its charts cannot be tested.');
    count(0, 1);
  }
  // A cluster keeps two processors busy by itself.
  count(...(await jest('cluster', cluster, 1)));
  if (found.failed === 0) {
    rmSync(scratch, { recursive: true, force: true });
  } else {
    console.log(`What the tests have written is kept in ${relative(root, scratch)}.`);
  }
  console.log(`${found.passed} passed, ${found.failed} failed`);
  return found.failed > 0 || found.passed === 0 ? 1 : 0;
}

function isStackTest(file) {
  return file.includes(`${sep}test${sep}stack${sep}`);
}

function isClusterTest(file) {
  return file.includes(`${sep}test${sep}cluster${sep}`);
}

function isInClusterSample(file) {
  return clusterSample.some((name) => file.endsWith(`${sep}${name}.test.ts`));
}

/** All of the fast tests but those that run many workflows: what those use of Node.js is Temporal's, and tested here as well. */
function isForEveryRelease(file) {
  const slow = ['simulation', 'workflows'].some((room) => file.includes(`${sep}test${sep}${room}${sep}`));
  return !slow || file.endsWith('histories.test.ts');
}

function isOfOwnMajor(version) {
  return version.split('.')[0] === process.versions.node.split('.')[0];
}

/** Of these the few that load modules, programs and Temporal's native parts: the rest has run on this major version already. */
function isForEveryMinor(file) {
  const rooms = ['modules', 'programs', 'workers'].some((room) =>
    file.includes(`${sep}test${sep}${room}${sep}`),
  );
  return rooms || file.endsWith('histories.test.ts');
}

/** The other supported releases of Node.js, which are kept beside the other tools. */
async function otherReleases() {
  const { otherNodeReleases } = createRequire(import.meta.url)('../out/dist/tools/node-releases.js');
  return await otherNodeReleases(async (folder) => {
    console.log('Fetching the oldest and the newest supported Node.js, 100 MB, once ...');
    const options = ['--ignore-scripts', '--no-bin-links', '--no-audit', '--no-fund'];
    if ((await run(...npm('ci', '--prefix', folder, ...options))) !== 0) {
      throw new Error(`npm ci failed in ${folder}; its messages are above.`);
    }
  });
}

async function testFiles(patterns) {
  const listed = await output(process.execPath, [jestProgram(), '--listTests', ...patterns]);
  return listed.split('\n').filter((line) => line !== '');
}

/**
 * Runs test files, so many at a time; returns how many tests passed and failed, and names those that failed. A file that
 * cannot even start counts as one failure.
 */
async function jest(group, files, atATime, node = process.execPath) {
  if (files.length === 0 || interrupted) {
    return [0, 0];
  }
  const began = Date.now();
  mkdirSync(join(root, 'out', 'test'), { recursive: true });
  const resultFile = join(root, 'out', 'test', `${group}.json`);
  rmSync(resultFile, { force: true });
  await run(node, [
    jestProgram(),
    `--maxWorkers=${atATime}`,
    '--json',
    `--outputFile=${resultFile}`,
    '--runTestsByPath',
    ...files,
  ]);
  if (!existsSync(resultFile)) {
    return [0, files.length];
  }
  const result = JSON.parse(readFileSync(resultFile, 'utf8'));
  const minutes = (Date.now() - began) / 60_000;
  console.log(`${group}: ${result.numPassedTests} passed in ${minutes.toFixed(1)} min`);
  const notRun = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  for (const { name: file, assertionResults } of result.testResults) {
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    for (const title of failed.map(({ fullName }) => fullName)) {
      console.log(`FAILED ${relative(root, file)}: ${title}`);
    }
  }
  for (const { name: file } of notRun) {
    console.log(`FAILED ${relative(root, file)}: it did not start`);
  }
  return [result.numPassedTests, result.numFailedTests + notRun.length];
}

function jestProgram() {
  return join(root, 'node_modules', 'jest', 'bin', 'jest.js');
}

function requireNode() {
  const needed = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node.replace('>=', '');
  const [major, minor] = needed.split('.').map(Number);
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  if (ownMajor < major || (ownMajor === major && ownMinor < minor)) {
    throw new Error(
      `Node.js ${needed} or newer is needed; this is ${process.versions.node}. Install one from https://nodejs.org/.`,
    );
  }
}

async function installPackages() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  const wanted = join(root, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) {
    return;
  }
  console.log('Installing packages with npm ci; this takes about a minute ...');
  if ((await run(...npm('ci', '--no-audit', '--no-fund'))) !== 0) {
    throw new Error('npm ci failed; its messages are above.');
  }
}

/** The npm that started this, else the one on PATH. */
function npm(...npmArguments) {
  const program = process.env.npm_execpath;
  return program ? [process.execPath, [program, ...npmArguments]] : ['npm', npmArguments];
}

async function run(command, commandArguments) {
  if (interrupted) {
    return 130;
  }
  child = spawn(command, commandArguments, { cwd: root, stdio: ['inherit', 'inherit', 'inherit'] });
  return await ended(child);
}

async function output(command, commandArguments) {
  child = spawn(command, commandArguments, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => (text += part));
  if ((await ended(child)) !== 0) {
    throw new Error(`${commandArguments.join(' ')} failed.`);
  }
  return text;
}

async function ended(running) {
  return await new Promise((resolve, reject) => {
    running.once('error', reject);
    running.once('close', (code) => resolve(code ?? 130));
  });
}
