import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { contentHash } from '../content-hash';
import type { ClusterFiles } from '../files';
import { writeImage, type StaticImage } from '../image';
import type { ImageTarget } from '../log/log';

/** Archives of images that somebody brings to the nodes of a cluster. */
export interface ImageArchives {
  readonly target: ImageTarget;
  /** What each image is called on the nodes. Its tag is a hash of its content, so that no former one is taken for it. */
  readonly names: ReadonlyMap<string, string>;
  /** Where the archive of the image with this name of the nodes is. */
  readonly archiveOf: (name: string) => string;
}

/** Writes them into the lab's directory. */
export function imageArchives(files: ClusterFiles): ImageArchives {
  const names = new Map<string, string>();
  const archiveOf = (name: string): string =>
    join(files.images, `${(name.split('/').at(-1) ?? '').replace(':', '-')}.tar`);
  const nameImage = (name: string, content: string): string => {
    const there = name.replace(/:[^:]*$/, `:${content}`);
    names.set(name, there);
    return there;
  };
  return {
    names,
    archiveOf,
    target: {
      files,
      nameImage,
      addImage: async (image) => {
        const name = nameImage(image.name, await contentOf(image));
        await writeImage({ ...image, name }, archiveOf(name));
      },
      addArchive: async (archive, name) => {
        await rename(archive, archiveOf(name));
      },
    },
  };
}

/** Of where things lie on this machine it says nothing. */
async function contentOf({ folders = {}, files, ...image }: StaticImage): Promise<string> {
  const places = [...Object.entries(folders), ...Object.entries(files)];
  const inside = places.map(([place]) => place);
  return await contentHash(
    places.map(([, path]) => path),
    [inside, image],
  );
}
