import { readContainerRun } from '../../programs/readers/container-run';
import { wordsOf } from '../../programs/shell-words';

const read = (line: string) => readContainerRun(wordsOf(line), '/srv/rekor');

it.each([
  ['docker run image a --b', { image: 'image', words: ['a', '--b'] }],
  ['/usr/bin/podman container run -dit --rm image', { image: 'image', words: [] }],
  ['docker run --log-driver journald --memory=1g -u 1000 image serve', { image: 'image', words: ['serve'] }],
  ['docker run -- image -x', { image: 'image', words: ['-x'] }],
  ['podman run --entrypoint rekor-server image serve', { words: ['rekor-server', 'serve'] }],
  [`podman run --entrypoint '["sh", "-c"]' image exec`, { words: ['sh', '-c', 'exec'] }],
  ['docker run -p 3001:3000 -p127.0.0.1:3002:3100/tcp -p 5000 image', { onHost: false }],
  ['docker run --net=host --name a --network-alias=b -h c image', { onHost: true, names: ['a', 'b', 'c'] }],
  [
    'docker run -e A=1 --env=B=x=y -eC --env-file one.env --env-file /two.env image',
    {
      environment: new Map([
        ['A', '1'],
        ['B', 'x=y'],
      ]),
      environmentFiles: ['/two.env', '/srv/rekor/one.env'],
    },
  ],
  [
    'docker run -v ./list:/list:ro -v kept:/kept --mount type=bind,src=/keys,dst=/k,ro --mount type=tmpfs,dst=/t image',
    {
      mounts: [
        { inside: '/list', outside: { path: '/srv/rekor/list' } },
        { inside: '/k', outside: { path: '/keys' } },
      ],
    },
  ],
])('of %s', (line, found) => {
  expect(read(line)).toMatchObject(found);
});

it('knows which ports of the host are those of the container', () => {
  const { ports } = read('docker run -dp 3001:3000 -p127.0.0.1:3002:3100/tcp -p 5000 image') ?? {};
  expect([...(ports ?? [])]).toEqual([
    [3000, 3001],
    [3100, 3002],
  ]);
});

it.each(['docker start -a rekor', 'nerdctl run image', 'docker compose run rekor', 'podman run --rm', ''])(
  'is none: %s',
  (line) => {
    expect(read(line)).toBeUndefined();
  },
);
