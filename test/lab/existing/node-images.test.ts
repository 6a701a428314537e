import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../../../activities/clients/kubernetes/cluster';
import type { Json } from '../../../activities/clients/kubernetes/exact-json';
import type { KubernetesObject } from '../../../activities/clients/kubernetes/objects';
import { listAt, textAt } from '../../../activities/installation/kubernetes/json-path';
import { loaderOf, requireImages } from '../../../lab/kubernetes/existing/loading';
import { lackingNodes, type NodesToAsk } from '../../../lab/kubernetes/existing/node-images';

const signal = new AbortController().signal;
const images = ['lab/one:1', 'lab/two:2', 'lab/three:3'];

/** Nodes on which a kubelet says of each image of a pod what this returns, at each look anew. */
function nodes(stateOf: (node: string, image: string, look: number) => Json, ...names: readonly string[]) {
  const pods = new Map<string, KubernetesObject>();
  const created: KubernetesObject[] = [];
  const looks = new Map<string, number>();
  const cluster: NodesToAsk['cluster'] = {
    create: (object) => {
      const pod = { ...object, metadata: { ...object.metadata, uid: `of ${object.metadata.name}` } };
      pods.set(object.metadata.name, pod);
      created.push(pod);
      return Promise.resolve(pod);
    },
    get: ({ name }) => {
      const pod = pods.get(name);
      const look = (looks.get(name) ?? 0) + 1;
      looks.set(name, look);
      const containerStatuses = listAt(pod, 'spec', 'containers').map((container) => ({
        name: textAt(container, 'name') ?? '',
        state: stateOf(textAt(pod, 'spec', 'nodeName') ?? '', textAt(container, 'image') ?? '', look),
      }));
      return Promise.resolve(pod && { ...pod, status: { containerStatuses } });
    },
    delete: ({ name }, { uid }) => {
      expect(uid).toBe(`of ${name}`);
      return Promise.resolve(pods.delete(name));
    },
  } satisfies Pick<Cluster, 'create' | 'get' | 'delete'>;
  return { asking: { cluster, namespace: 'rekor-system', nodes: names, signal }, created, pods };
}

const waiting = (reason: string): Json => ({ waiting: { reason } });

describe('the images of a node', () => {
  it('are told by its own kubelet, which may not pull them', async () => {
    const { asking, created, pods } = nodes(
      (node, image) =>
        node === 'two' && image !== 'lab/one:1'
          ? waiting('ErrImageNeverPull')
          : { terminated: { reason: 'StartError' } },
      ...['one', 'two'],
    );
    expect(await lackingNodes(asking, images)).toEqual([
      { node: 'two', images: ['lab/two:2', 'lab/three:3'] },
    ]);
    expect(created.map((pod) => textAt(pod, 'spec', 'nodeName'))).toEqual(['one', 'two']);
    for (const pod of created) {
      expect(pod.metadata.namespace).toBe('rekor-system');
      const containers = listAt(pod, 'spec', 'containers');
      expect(containers.map((container) => textAt(container, 'image'))).toEqual(images);
      expect(containers.map((container) => textAt(container, 'imagePullPolicy'))).toEqual(
        images.map(() => 'Never'),
      );
    }
    expect(pods.size).toBe(0);
  });

  it('are there, whatever becomes of a container afterwards, and nothing is known before it is looked for', async () => {
    const states: Readonly<Record<string, Json>> = {
      'lab/one:1': waiting('CreateContainerError'),
      'lab/two:2': waiting('RunContainerError'),
      'lab/three:3': { running: { startedAt: '2026-11-30T12:00:00Z' } },
    };
    const before = [{}, waiting('ContainerCreating'), {}];
    const { asking } = nodes((_node, image, look) => before[look - 1] ?? states[image] ?? {}, 'one');
    expect(await lackingNodes(asking, images)).toEqual([]);
  });
});

describe('images that a node lacks', () => {
  let directory: string;
  let loaded: string;
  const lines: string[] = [];
  const archives = {
    names: new Map(images.map((image) => [`${image} of the lab`, image])),
    archiveOf: (image: string) => `/images/${image.split(':')[1] ?? ''}.tar`,
  };
  const report = (line: string): number => lines.push(line);
  const loading = { context: 'kind-mine', report };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'images-'));
    loaded = join(directory, 'loaded');
    lines.length = 0;
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  /** A node that lacks all but the first, until a command has noted their archives. */
  const lacking = () =>
    nodes((_node, image) => {
      const isThere = image === 'lab/one:1' || text().includes(archives.archiveOf(image));
      return isThere ? { terminated: {} } : waiting('ErrImageNeverPull');
    }, 'one');
  const text = (): string => {
    try {
      return readFileSync(loaded, 'utf8');
    } catch {
      return '';
    }
  };

  it('are named with their archives and the command that loads them', async () => {
    await expect(requireImages(lacking().asking, archives, loading)).rejects.toThrow(
      [
        'Node one lacks these images:',
        '  lab/two:2, which is in /images/2.tar',
        '  lab/three:3, which is in /images/3.tar',
        'Load each archive on these nodes, and bring the lab up again. Or let it do that: ' +
          "--load-with 'kind load image-archive --name mine'",
      ].join('\n'),
    );
  });

  it('are loaded by that command, no other one, and looked for again', async () => {
    const loadWith = `sh -c 'echo "$0" >>${loaded}'`;
    await requireImages(lacking().asking, archives, { ...loading, loadWith });
    expect(text()).toBe('/images/2.tar\n/images/3.tar\n');
    expect(lines).toEqual([`${loadWith} /images/2.tar`, `${loadWith} /images/3.tar`]);
    await requireImages(lacking().asking, archives, { ...loading, loadWith: 'false' });
  });

  it('are still lacked after a command that does something else, or fails', async () => {
    const asking = () => lacking().asking;
    await expect(requireImages(asking(), archives, { ...loading, loadWith: ':' })).rejects.toThrow(
      '`:` has not brought them there. Load each archive',
    );
    await expect(requireImages(asking(), archives, { ...loading, loadWith: 'exit 3;' })).rejects.toThrow(
      '`exit 3; /images/2.tar` has ended with 3.',
    );
  });

  it.each([
    ['kind-kind', 'kind load image-archive --name kind'],
    ['k3d-two-words', 'k3d image import --cluster two-words'],
    ['minikube', 'minikube image load'],
    ['production', 'COMMAND'],
  ])('in a cluster whose context is %s are loaded with %s', (context, command) => {
    expect(loaderOf(context)).toBe(command);
  });
});
