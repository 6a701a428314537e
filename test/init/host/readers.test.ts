import { databaseAddress } from '../../../init/database-address';
import { goDurationMs } from '../../../init/go-duration';
import { startedBy } from '../../../programs/program-words';
import { containerOf, unitOf } from '../../../programs/readers/processes';
import { readSystemdUnit } from '../../../programs/readers/systemd-unit';
import { wordsOf } from '../../../programs/shell-words';
import { soleVariable, withVariables } from '../../../programs/variables';
import { PASSWORD } from './planted-host';

describe('the words of a command', () => {
  it.each([
    ['a  b\tc', ['a', 'b', 'c']],
    [`a "b c" 'd "e"' f\\ g`, ['a', 'b c', 'd "e"', 'f g']],
    [`--uri="$\{USER}:x"@host`, ['--uri=${USER}:x@host']],
    ['a \\\n  b', ['a', 'b']],
    [`"" ''`, ['', '']],
  ])('%j', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });
});

describe('a command line starts a program of a log', () => {
  it.each([
    [['/usr/bin/rekor-server', 'serve'], 'rekor-server'],
    [['sh', '-ec', 'cd / && exec rekor-server serve'], 'rekor-server'],
    [['/sbin/tini', '--', 'rekor-server', 'serve'], 'rekor-server'],
    [['env', 'A=b', '/trillian_log_signer', '--http_endpoint=:1'], 'trillian_log_signer'],
    [['/ko-app/trillian-log-server'], 'trillian_log_server'],
    [['vim', 'rekor-server'], undefined],
    [['tail', '-f', '/var/log/rekor-server', '--port=1'], undefined],
    [['rekor-cli', 'get'], undefined],
    [[], undefined],
  ])('%j: %s', (words, program) => {
    expect(startedBy(words)?.program).toBe(program);
  });

  it('and keeps no flag but those that are wanted, of which the last holds', () => {
    const words = ['--port', '1', '--port=2', '--redis_server.password', PASSWORD, '--config=\u001b[2J'];
    expect([...(startedBy(['rekor-server', 'serve', ...words])?.flags ?? [])]).toEqual([['port', '2']]);
  });
});

describe("Trillian's database", () => {
  const of = (flags: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>> = {}) =>
    databaseAddress({ flags: new Map(Object.entries(flags)), variable: (name) => variables[name] });

  it.each([
    ['u:p@tcp(db:3306)/t', { host: 'db', port: 3306, database: 't' }],
    [`u:${PASSWORD}/@x@tcp([fe80::1]:33)/t?parseTime=true`, { host: 'fe80::1', port: 33, database: 't' }],
    ['tcp(db)/t?tls=true', { host: 'db', database: 't', tls: {} }],
    ['u@unix(/run/mysqld.sock)/t', { database: 't' }],
    [PASSWORD, {}],
    [`u:${PASSWORD}@tcp(db:3306)`, {}],
    [`u:p@tcp(db:3306)/t?x=/${PASSWORD}!`, {}],
  ])('on MySQL: %s', (uri, place) => {
    expect(of({ storage_system: 'mysql', mysql_uri: uri })).toEqual({ kind: 'mysql', ...place });
  });

  it.each([
    ['postgresql://u:p@db:5432/t?sslmode=disable', { host: 'db', port: 5432, database: 't' }],
    [`postgres://u:${PASSWORD}@x@db/t`, { host: 'db', database: 't' }],
    [`postgres://u:${PASSWORD}/x@db/t`, {}],
    ['postgresql:///t?host=db&port=6&user=u', { host: 'db', port: 6, database: 't' }],
    [`host=db port=7 dbname=t password='a host=${PASSWORD}'`, { host: 'db', port: 7, database: 't' }],
    [
      'postgres://db/t?sslmode=verify-full&sslrootcert=/ca.pem',
      { host: 'db', database: 't', tls: { caFile: '/ca.pem' } },
    ],
  ])('on PostgreSQL: %s', (uri, place) => {
    expect(of({ postgresql_uri: uri })).toEqual({ kind: 'postgresql', ...place });
  });

  it('is filled in from variables, and from no more of them than are known', () => {
    const uri = '${U}:${P}@tcp($(H):$PORT)/${D}';
    expect(of({ mysql_uri: uri }, { H: 'db', PORT: '1', P: PASSWORD })).toEqual({
      kind: 'mysql',
      host: 'db',
      port: 1,
    });
  });

  it('is none that a configuration knows', () => {
    expect(of({ storage_system: 'cloud_spanner', mysql_uri: 'u@tcp(db)/t' })).toBeUndefined();
    expect(of({})).toBeUndefined();
  });
});

it('reads a unit as systemd does: drop-ins, what an empty line takes back, lines that go on, specifiers', () => {
  const unit = readSystemdUnit('rekor@blue', [
    '[Unit]\nExecStart=/not/here\n[Service]\nExecStart=@/bin/a "%i %%" \\\n# between\n  -b\nEnvironmentFile=/former\n',
    '[Service]\nExecStart=\nExecStart=-!/bin/c %p %N.x\nEnvironmentFile=\nEnvironmentFile=-/etc/%i.env\nEnvironment="A=1 2" B=3\n[Install]\n',
  ]);
  expect(unit).toMatchObject({
    execStart: ['/bin/c', 'rekor', 'rekor@blue.x'],
    environmentFiles: ['/etc/blue.env'],
    folder: '/',
    installs: true,
  });
  expect([...unit.environment]).toEqual([
    ['A', '1 2'],
    ['B', '3'],
  ]);
  const [first] = [readSystemdUnit('rekor@blue', ['[Service]\nExecStart=@/bin/a "%i %%" \\\n# x\n  -b\n'])];
  expect(first.execStart).toEqual(['/bin/a', 'blue %', '-b']);
});

it('tells the unit and the container of a control group', () => {
  const id = 'a'.repeat(64);
  expect(unitOf('0::/system.slice/system-rekor.slice/rekor@blue.service\n')).toBe('rekor@blue');
  expect(unitOf('3:cpu:/\n1:name=systemd:/system.slice/rekor.service/part\n')).toBe('rekor');
  expect(unitOf('0::/user.slice/user-1.slice/user@1.service/app.slice/rekor.service\n')).toBeUndefined();
  expect(unitOf('0::/init.scope\n')).toBeUndefined();
  expect(containerOf(`0::/system.slice/docker-${id}.scope\n`)).toBe(id);
  expect(containerOf(`0::/machine.slice/libpod-${id}.scope/container\n`)).toBe(id);
  expect(containerOf('0::/system.slice/docker.service\n')).toBeUndefined();
});

it.each([
  ['0', 0],
  ['100ms', 100],
  ['1m30s', 90_000],
  ['1.5s', 1500],
  ['10us', 1],
  ['5', undefined],
  ['', undefined],
])('reads the duration %j of Go', (text, ms) => {
  expect(goDurationMs(text)).toBe(ms);
});

it('fills variables in, and tells which one a flag is', () => {
  const known = (name: string): string | undefined => ({ A: '1' })[name];
  expect(withVariables('$A ${A} $(A) ${B:-2} ${B-3} $B', known)).toBe('1 1 1 2 3 $B');
  expect(soleVariable('${TREE_ID}')).toEqual({ name: 'TREE_ID', ofContainer: false });
  expect(soleVariable('$$TREE_ID')).toEqual({ name: 'TREE_ID', ofContainer: true });
  expect(soleVariable('7${TREE_ID}')).toBeUndefined();
});
