import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readFile, realpath, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { toolCache } from '../../../tools/cache';
import { ensureImageBuilder } from '../../../tools/image-builder';
import { putImageLauncher } from '../../../tools/image-launcher';
import { takeLock } from '../../../tools/lock';
import { executables } from '../../../tools/on-path';
import { compiledProgram } from '../../files';
import { contentHash } from '../content-hash';
import { writeImage } from '../image';
import { debianRoot } from './images';

/** The image of the worker, the gate and every other command, as the Dockerfile of the project makes it. */
export const OWN_IMAGE = 'localhost/rekor-rotate-lab/rekor-rotate:lab';

/** Stands for the image of Node.js that a registry would give. */
const NODE_IMAGE = 'localhost/rekor-rotate-lab/node:lab';

/** Where Linux systems have the certificates of all authorities that they trust, in one file. */
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

const APPLETS = ['sh', 'env', 'mkdir', 'cp', 'ln', 'rm', 'cat', 'ls'];

export interface OwnImageOptions {
  /** A folder for what the build needs meanwhile. */
  readonly folder: string;
  readonly logFile: string;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
  /** What it is to be called when its content has this hash. Absent: as ever. */
  readonly nameImage?: (name: string, content: string) => string;
}

/**
 * Builds the image of this checkout, and returns the archive that it is written to, and its name there. The Node.js in it is
 * the one that runs this, on files of Debian; npm inside reaches the registry that it reaches outside, and trusts whom this
 * machine trusts.
 */
export async function buildOwnImage({
  folder,
  logFile,
  report,
  signal,
  nameImage = (name) => name,
}: OwnImageOptions): Promise<{ readonly archive: string; readonly name: string }> {
  const context = checkout();
  const [builder] = await Promise.all([
    ensureImageBuilder({ report }),
    putImageLauncher(context, { report, signal }),
  ]);
  const name = nameImage(OWN_IMAGE, await contentOf(context));
  const settings = join(folder, 'builder');
  const node = join(folder, 'node.tar');
  const archive = join(folder, 'rekor-rotate.tar');
  await mkdir(settings, { recursive: true });
  const store = join(toolCache(), 'images');
  const unlock = await takeLock(`${store}.lock`, {
    onWait: ({ pid }) => report(`Process ${pid} is building an image; waiting for it.`),
    signal,
  });
  try {
    await writeNodeImage(node, report);
    report(`Building the image of ${context} by its Dockerfile; the first time this takes 1 to 2 minutes.`);
    const environment = {
      ...{ FILES: builder.files ?? '', SETTINGS: settings, STORE: store, NODE: node, NODE_IMAGE },
      ...{ CONTEXT: context, IMAGE: OWN_IMAGE, ARCHIVE: archive, NAME: name },
    };
    await build(environment, logFile, signal);
    await rm(node);
  } finally {
    await unlock();
  }
  return { archive, name };
}

/** What the Dockerfile takes (.dockerignore), and what it is built on. */
async function contentOf(context: string): Promise<string> {
  const taken = ['Dockerfile', 'package.json', 'package-lock.json', '.npmrc', 'out/dist', 'out/launcher'];
  return await contentHash(
    taken.map((name) => join(context, name)),
    [process.version, process.arch],
  );
}

/** The folder with the Dockerfile and what it copies. */
function checkout(): string {
  const folder = resolve(dirname(compiledProgram()), '..', '..', '..');
  const missing = ['Dockerfile', 'package-lock.json', 'out/dist'].find(
    (name) => !existsSync(join(folder, name)),
  );
  if (missing !== undefined) {
    throw new Error(
      `A lab on Kubernetes builds the image of rekor-rotate, and ${folder} has no ${missing}. Run it from a checkout in ` +
        'which npm ci and npm run build have been run.',
    );
  }
  return folder;
}

async function writeNodeImage(archive: string, report: (line: string) => void): Promise<void> {
  const npm = await npmFolder();
  const trusted = existsSync(AUTHORITIES);
  await writeImage(
    {
      name: NODE_IMAGE,
      folders: { '/': await debianRoot(report), '/usr/local/lib/node_modules/npm': npm },
      files: {
        '/usr/local/bin/node': process.execPath,
        ...(trusted && { [AUTHORITIES]: AUTHORITIES }),
      },
      links: {
        ...Object.fromEntries(APPLETS.map((name) => [`/bin/${name}`, 'busybox'])),
        '/usr/bin/env': '../../bin/busybox',
        '/usr/local/bin/npm': '../lib/node_modules/npm/bin/npm-cli.js',
      },
      path: '/usr/local/bin:/usr/bin:/bin',
      ...(trusted && { environment: { NODE_EXTRA_CA_CERTS: AUTHORITIES } }),
      user: 'root',
      entrypoint: ['node'],
    },
    archive,
  );
}

/** The package npm of this system: `bin/npm-cli.js` in it is what `npm` on PATH names. */
async function npmFolder(): Promise<string> {
  const [found] = executables('npm', process.env['PATH']);
  if (found === undefined) {
    throw new Error(
      'There is no npm on PATH, and the image of rekor-rotate is built with it. It comes with Node.js.',
    );
  }
  return dirname(dirname(await realpath(found)));
}

async function build(
  environment: Readonly<Record<string, string>>,
  logFile: string,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  try {
    const script = join(__dirname, 'build-image.sh');
    // Whoever ends it ends all that it has started. Only root may mount what others see.
    const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
    const alone = [...user, '--mount', '--pid', '--fork', '--mount-proc', '--kill-child=SIGKILL'];
    const child = spawn('unshare', [...alone, 'nice', 'sh', script], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', log, log],
      signal,
    });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) {
      const lines = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-8).join('\n');
      throw new Error(`The image of rekor-rotate could not be built. ${logFile} ends so:\n${lines}`);
    }
  } finally {
    closeSync(log);
  }
}
