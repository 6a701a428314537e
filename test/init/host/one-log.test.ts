import { join } from 'node:path';
import { differences } from '../../../init/host/one-log';
import { search } from '../../../init/host/search';
import { PASSWORD, plantedHost } from './planted-host';
import * as shapes from './shapes';

const nothing = { units: [], composeFiles: [], kubeFiles: [] };

/** What differs between two Rekors with these arguments, on a host that knows a name of its own. */
function differ(one: readonly string[], other: readonly string[], root?: string) {
  const words = (more: readonly string[]) => ['rekor-server', 'serve', ...more];
  const hosts = { 'etc/hosts': '127.0.1.1 trillian.example.com\n' };
  const host = root ?? plantedHost(hosts, { 1: { words: words(one) }, 2: { words: words(other) } }).root;
  const log = search(nothing, { root: host, folder: join(host, 'srv') });
  const rekors = log.programs.filter(({ program }) => program === 'rekor-server');
  expect(rekors).toHaveLength(2);
  return differences(rekors, log);
}

const AT = '--trillian_log_server';
const index = (password: string, database: string) =>
  `--search_index.mysql.dsn=rekor:${password}@tcp(db.example.com:3306)/${database}`;

describe('two Rekors are of two logs by', () => {
  it.each([
    ['Trillian: its host', [`${AT}.address=a.example.com`], [`${AT}.address=b.example.com`], `${AT}.address`],
    ['Trillian: its port', [`${AT}.port=8090`], [`${AT}.port=8190`], `${AT}.port`],
    ['Trillian: one is another host than the default', [], [`${AT}.address=a.example.com`], `${AT}.address`],
    ['the hostname', ['--rekor_server.hostname=a'], ['--rekor_server.hostname=b'], '--rekor_server.hostname'],
    [
      'the key file',
      ['--rekor_server.signer=/a.pem'],
      ['--rekor_server.signer=/b.pem'],
      '--rekor_server.signer',
    ],
    [
      'the key',
      ['--rekor_server.signer=gcpkms://a'],
      ['--rekor_server.signer=gcpkms://b'],
      '--rekor_server.signer',
    ],
    [
      'Redis',
      ['--redis_server.address=a.example.com'],
      ['--redis_server.address=b.example.com'],
      '--redis_server',
    ],
    ['the index', [index('one', 'a')], [index('two', 'b')], '--search_index.mysql.dsn'],
  ])('%s', (_, one, other, flag) => {
    expect(differ(one, other)).toEqual([
      { flag: expect.stringContaining(flag) as string, said: [expect.any(String), expect.any(String)] },
    ]);
    expect(differ(one, one)).toEqual([]);
    expect(differ(other, other)).toEqual([]);
  });
});

describe('two Rekors are of one log by all that both say', () => {
  it.each([
    ['nothing is said', [], ['--port=3001']],
    ['the default is written out', [], [`${AT}.address=localhost`, `${AT}.port=8090`]],
    [
      'one has a name, one an address',
      [`${AT}.address=dns:///trillian.example.com`],
      [`${AT}.address=127.0.0.1`],
    ],
    ['a file sets what is not said', ['--config=/etc/rekor.yaml'], [`${AT}.address=a.example.com`]],
    ['one says a hostname', ['--rekor_server.hostname=a'], []],
    ['one path is relative', ['--rekor_server.signer=key.pem'], ['--rekor_server.signer=/srv/rekor/key.pem']],
    ['the password of the index is another', [index('one', 'a')], [index(PASSWORD, 'a')]],
  ])('%s', (_, one, other) => {
    // The planted processes are in /srv/rekor.
    expect(differ(one, other)).toEqual([]);
  });

  it('in the services of one compose file', () => {
    const host = shapes.compose();
    const composeFiles = [host.file('srv/docker-compose.yml')];
    const log = search({ ...nothing, composeFiles }, { root: host.root, folder: host.file('srv') });
    const rekors = log.programs.filter(({ program }) => program === 'rekor-server');
    expect(rekors).toHaveLength(2);
    expect(differences(rekors, log)).toEqual([]);
  });
});

it('shows no password, nor a key that is none of the known forms', () => {
  const secret = `-----BEGIN ${PASSWORD}`;
  const all = differ(
    [index(PASSWORD, 'a'), `--rekor_server.signer=${secret}`],
    [index(PASSWORD, 'b'), '--rekor_server.signer=/key.pem'],
  );
  expect(all.map(({ said }) => said)).toEqual([
    [undefined, '/key.pem'],
    ['db.example.com:3306/a', 'db.example.com:3306/b'],
  ]);
});
