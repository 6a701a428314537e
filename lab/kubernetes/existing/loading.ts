import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ImageArchives } from './images';
import { lackingNodes, type NodesToAsk } from './node-images';

/** What is to be done about images that nodes lack. */
export interface Loading {
  /** A command of the shell, which gets the path of an archive as one more word; without it, nobody loads any. */
  readonly loadWith?: string | undefined;
  /** Of the cluster in the kubeconfig: those of kind, k3d and minikube are known by it. */
  readonly context: string;
  readonly report: (line: string) => void;
}

/** Has the images loaded that a node lacks. Throws an error that says what is lacking where, and how it is loaded. */
export async function requireImages(
  asking: NodesToAsk,
  { names, archiveOf }: Pick<ImageArchives, 'names' | 'archiveOf'>,
  { loadWith, context, report }: Loading,
): Promise<void> {
  const images = [...names.values()];
  let lacking = await lackingNodes(asking, images);
  if (lacking.length > 0 && loadWith !== undefined) {
    for (const image of images.filter((one) => lacking.some((each) => each.images.includes(one)))) {
      report(`${loadWith} ${archiveOf(image)}`);
      await load(loadWith, archiveOf(image), asking.signal);
    }
    lacking = await lackingNodes(asking, images);
  }
  if (lacking.length > 0) {
    const lines = lacking.flatMap((each) => [
      `Node ${each.node} lacks these images:`,
      ...each.images.map((image) => `  ${image}, which is in ${archiveOf(image)}`),
    ]);
    throw new Error(
      `${lines.join('\n')}\n${loadWith === undefined ? '' : `\`${loadWith}\` has not brought them there. `}` +
        `Load each archive on these nodes, and bring the lab up again. Or let it do that: --load-with '${loaderOf(context)}'`,
    );
  }
}

async function load(command: string, archive: string, signal: AbortSignal): Promise<void> {
  const child = spawn('sh', ['-c', `${command} "$1"`, 'sh', archive], {
    stdio: ['ignore', 2, 2],
    signal,
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) {
    throw new Error(`\`${command} ${archive}\` has ended with ${code ?? 'a signal'}. What it said is above.`);
  }
}

/** What loads an archive, told by the names that these programs give to contexts. */
export function loaderOf(context: string): string {
  const [, tool, name] = /^(kind|k3d)-(.+)$/.exec(context) ?? [];
  if (tool === 'kind') {
    return `kind load image-archive --name ${name ?? ''}`;
  }
  if (tool === 'k3d') {
    return `k3d image import --cluster ${name ?? ''}`;
  }
  return context === 'minikube' ? 'minikube image load' : 'COMMAND';
}
