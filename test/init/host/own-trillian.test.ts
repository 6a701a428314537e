import { join } from 'node:path';
import { initialConfiguration } from '../../../init/host/configuration';
import { HostNames } from '../../../init/host/host-names';
import { ownTrillian } from '../../../init/host/own-trillian';
import { search } from '../../../init/host/search';
import { PASSWORD, plantedHost } from './planted-host';
import * as shapes from './shapes';

const nothing = { units: [], composeFiles: [], kubeFiles: [] };
const uri = (database: string): string => `--mysql_uri=t:${PASSWORD}@tcp(db.example.com:3306)/${database}`;

const files = {
  'etc/hosts':
    '127.0.0.1 localhost # itself\n192.0.2.7 trillian.example.com trillian\n198.18.0.9 far.example.com\n',
  'etc/hostname': 'Here\n',
  'proc/net/fib_trie':
    'Local:\n        |-- 192.0.2.7\n           /32 host LOCAL\n        |-- 192.0.2.255\n           /32 link BROADCAST\n',
  'proc/net/if_inet6': 'fd000000000000000000000000000002 04 40 00 82     eth0\n',
};

/** A Rekor, and the Trillians of a host by their arguments. */
function hostOf(rekor: readonly string[], servers: readonly string[][], signers: readonly string[][]) {
  const all = [
    ['rekor-server', 'serve', ...rekor],
    ...servers.map((words) => ['trillian_log_server', ...words]),
    ...signers.map((words) => ['trillian_log_signer', ...words]),
  ];
  const { root } = plantedHost(files, Object.fromEntries(all.map((words, place) => [place + 1, { words }])));
  return search(nothing, { root, folder: join(root, 'srv') });
}

const calls = (host: string, port = 8090): string[] => [
  `--trillian_log_server.address=${host}`,
  `--trillian_log_server.port=${port}`,
];

describe('the log server that Rekor calls is told by its host and port', () => {
  it.each([
    ['127.0.0.1', 8090, 'localhost:8090', true],
    ['localhost', 8090, ':8090', true],
    ['localhost', 8090, ':8190', false],
    ['trillian.example.com', 8090, '0.0.0.0:8090', true],
    ['dns:///trillian', 8090, '192.0.2.7:8090', true],
    ['192.0.2.7', 8090, '[::]:8090', true],
    ['fd00::2', 8090, ':8090', true],
    ['here', 8090, ':8090', true],
    // It listens there for nobody but this host itself.
    ['trillian.example.com', 8090, 'localhost:8090', false],
    ['trillian.example.com', 8090, ':8190', false],
    ['far.example.com', 8090, ':8090', false],
    ['unknown.example.com', 8090, ':8090', false],
    ['192.0.2.255', 8090, ':8090', false],
  ])('%s:%d, and one listens at %s: %s', (host, port, listens, isTaken) => {
    const log = hostOf(calls(host, port), [[`--rpc_endpoint=${listens}`, uri('t')]], [[uri('t')]]);
    const { servers, signers, left } = ownTrillian(log);
    expect([servers.length, signers.length, left.length]).toEqual(isTaken ? [1, 1, 0] : [0, 0, 2]);
  });
});

it('takes what has the database of that log server, and leaves what has another', () => {
  const log = hostOf(
    calls('localhost'),
    [
      [':8190', 'a'],
      [':8090', 'b'],
      [':8290', 'b'],
    ].map(([rpc = '', name = '']) => [`--rpc_endpoint=${rpc}`, uri(name)]),
    [[uri('a')], [uri('b')], ['--mysql_uri=${NOT_KNOWN}'], ['--storage_system=crdb']],
  );
  const { servers, signers, left } = ownTrillian(log);
  expect(servers.map(({ where }) => where)).toEqual(['process 3', 'process 4']);
  expect(signers.map(({ where }) => where)).toEqual(['process 6']);
  expect(left.map(({ program }) => program.where)).toEqual([
    'process 2',
    'process 5',
    'process 7',
    'process 8',
  ]);
});

it('writes nothing of the Trillian of another log, and says what was seen', () => {
  const log = hostOf(
    calls('trillian.example.com'),
    [['--rpc_endpoint=:8190', '--http_endpoint=localhost:8191', uri('other')]],
    [['--sequencer_interval=7s', '--http_endpoint=localhost:8192', uri('other')]],
  );
  const { yaml, notes } = initialConfiguration('production', log);
  expect(yaml).not.toMatch(/819[12]\/metrics|7s|database: other/);
  const missing = notes
    .filter(({ kind }) => kind === 'missing')
    .map(({ path }) => path.split('.trillian.')[1]);
  expect(missing).toEqual(expect.arrayContaining(['logServerMetrics', 'signerMetrics', 'database']));
  const said = notes.find(({ path }) => path.endsWith('logServerMetrics'))?.remark;
  expect(said).toContain(
    'process 2 was seen and is not taken: it listens at :8190, and Rekor calls trillian.example.com:8090.',
  );
  expect(JSON.stringify(notes)).not.toContain(PASSWORD);
});

it('takes nothing where a file may say what Rekor calls', () => {
  const log = hostOf(['--config=/etc/rekor.yaml'], [[uri('t')]], [[uri('t')]]);
  expect(ownTrillian(log).left).toHaveLength(2);
  expect(initialConfiguration('production', log).yaml).toContain('#address: trillian.example.com:8090');
});

it.each([
  ['compose', shapes.compose, ['docker-compose.yml', 'docker-compose.override.yml']],
  ['podman', shapes.podman, []],
])('finds by their names inside of a network those of %s', (_, shape, names) => {
  const host = shape();
  const composeFiles = names.map((name) => host.file(`srv/${name}`));
  const log = search({ ...nothing, composeFiles }, { root: host.root, folder: host.file('srv') });
  const { servers, signers, left } = ownTrillian(log);
  expect([servers.length, signers.length, left.length]).toEqual([1, 1, 0]);
});

it('knows a host by no name where it has no files', () => {
  const names = new HostNames(plantedHost({}).root);
  expect(['localhost', '127.0.0.2', '', 'here'].map((name) => names.isOwn(name))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
