import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, cp, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An image of one layer, made of files of this machine. */
export interface StaticImage {
  /** With its tag. */
  readonly name: string;
  /** Absolute paths in the image, and the folders on this machine whose content is copied there, first one first. */
  readonly folders?: Readonly<Record<string, string>>;
  /** Absolute paths in the image, and the files on this machine that are copied there. */
  readonly files: Readonly<Record<string, string>>;
  /** Symbolic links in the image, and what each names. */
  readonly links?: Readonly<Record<string, string>>;
  /** Where it looks for programs; `/usr/bin` unless told otherwise. */
  readonly path?: string;
  /** More of its environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Who runs in it; nobody in particular unless told otherwise. */
  readonly user?: 'root';
  readonly entrypoint: readonly string[];
}

/** Nobody in particular: what runs in the image needs no rights. */
const USER = '65532:65532';

/**
 * Writes an image as the archive that `docker save` writes and containerd imports, with one layer
 * (docker: image/spec/spec.md, "Combined Image JSON + Filesystem Changeset Format").
 */
export async function writeImage(image: StaticImage, archive: string): Promise<void> {
  await mkdir(dirname(archive), { recursive: true });
  const folder = await mkdtemp(`${archive}.`);
  try {
    const root = join(folder, 'root');
    for (const [inside, from] of Object.entries({ ...image.folders })) {
      await cp(from, join(root, inside), { recursive: true, verbatimSymlinks: true });
    }
    for (const [inside, file] of Object.entries(image.files)) {
      const copy = join(root, inside);
      await mkdir(dirname(copy), { recursive: true });
      await copyFile(file, copy);
    }
    for (const [inside, target] of Object.entries({ ...image.links })) {
      await mkdir(dirname(join(root, inside)), { recursive: true });
      await symlink(target, join(root, inside));
    }
    // Programs write temporary files, and libraries look for the name of their user.
    await mkdir(join(root, 'tmp'), { recursive: true });
    await chmod(join(root, 'tmp'), 0o1777);
    await mkdir(join(root, 'etc'), { recursive: true });
    await writeFile(join(root, 'etc', 'passwd'), 'root:x:0:0::/:\nnonroot:x:65532:65532::/tmp:\n');
    await pack(root, join(folder, 'layer.tar'), ['.']);
    const layer = await digest(join(folder, 'layer.tar'));
    const config = JSON.stringify({
      architecture: imageArchitecture(),
      os: 'linux',
      config: {
        Entrypoint: image.entrypoint,
        User: image.user ?? USER,
        WorkingDir: '/tmp',
        Env: [
          `PATH=${image.path ?? '/usr/bin'}`,
          ...Object.entries({ ...image.environment }).map(([name, value]) => `${name}=${value}`),
        ],
      },
      rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
      // Builders refuse an image whose layers have no history.
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'rekor-rotate lab' }],
    });
    await writeFile(join(folder, 'config.json'), config);
    await writeFile(
      join(folder, 'manifest.json'),
      JSON.stringify([{ Config: 'config.json', RepoTags: [image.name], Layers: ['layer.tar'] }]),
    );
    const whole = join(folder, 'image.tar');
    await pack(folder, whole, ['manifest.json', 'config.json', 'layer.tar']);
    await rename(whole, archive);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** That of this machine, as images and nodes name it. */
export function imageArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

/** Everything belongs to root and is of one time: equal files make an equal image. */
async function pack(folder: string, archive: string, names: readonly string[]): Promise<void> {
  const same = ['--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '--sort=name', '--mode=a+rX'];
  await run('tar', ['--create', `--file=${archive}`, `--directory=${folder}`, ...same, ...names]);
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
