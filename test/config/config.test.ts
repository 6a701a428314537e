import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { ConfigurationError } from '../../config/problems';
import { loadConfiguration, logNamed } from '../../config/load';
import { readSecret } from '../../config/secrets';
import { configurationInForce } from '../../config/in-force';
import { formatDuration } from '../../config/quantities';
import { gate, jsonSchema } from '../../config/schema';
import { example, exampleText, kubernetesExample, kubernetesText, problemsOf, written } from './example';
import { blocksOf } from '../docs/markdown';
import { filledIn } from '../init/filled-in';
import { onHost } from './host-slots';

/** The example of a log whose signer has to prove each drain. */
const withoutDatabase = exampleText.replace(/^ {6}database:\n(?: {8,}.*\n)+/m, '');

/** The example with one text replaced, which must be there. */
function changed(from: string, to: string): string {
  expect(exampleText).toContain(from);
  return written(exampleText.replace(from, to));
}

describe('the example', () => {
  it('is valid, and gives times in milliseconds, sizes in bytes and paths from its own folder', () => {
    const { production } = loadConfiguration(example, {}).logs;

    expect(production?.gate).toMatchObject({ maxWaitMs: 3500, bodyInMemoryBytes: 1048576 });
    expect(production?.rotation).toMatchObject({ soakMs: 600_000, ifNextFails: 'supersede' });
    expect(production?.guard).toEqual({ everyMs: 60_000, recover: true });
    expect(production?.trillian.tls?.caFile).toBe(resolve(example, '../tls/trillian-ca.pem'));
    expect(production?.trillian.database).toEqual({
      ...{ kind: 'postgresql', host: 'database.example.com', port: 5432 },
      ...{ database: 'trillian', user: 'rekor_rotate' },
      password: {
        field: 'logs.production.trillian.database.password',
        file: resolve(example, '../secrets/trillian-database-password'),
      },
      tls: {
        caFile: {
          field: 'logs.production.trillian.database.tls.caFile',
          file: resolve(example, '../tls/database-ca.pem'),
        },
      },
    });
    expect(Object.keys(onHost(production?.installation).slots)).toEqual(['blue', 'green']);
  });

  it('shows the defaults: without its optional parts the same values are in force', () => {
    const short = exampleText
      .replace(/^ {4}rotation:\n(?: {6}.*\n)+/m, '')
      .replace(/^ {4}guard:\n(?: {6}.*\n)+/m, '')
      .replace(/^ {6}(?:required|expire): .*\n/gm, '')
      .replace(/^metrics: .*\n/m, '')
      .replace(
        /^ {6}(?:maxWait|maxWaiting|maxUploads|bodyInMemory|bodyMemory|spoolSize|bodyLimit|signerInterval|guardWindow|clockDifference): .*\n/gm,
        '',
      )
      .replace(/^ {2}taskQueue: .*\n/m, '');
    const [whole, fewer] = [loadConfiguration(example, {}), loadConfiguration(written(short), {})];

    expect(short.length).toBeLessThan(exampleText.length - 500);
    expect(fewer.temporal).toEqual(whole.temporal);
    expect(fewer.logs['production']?.rotation).toEqual(whole.logs['production']?.rotation);
    expect(fewer.logs['production']?.guard).toEqual(whole.logs['production']?.guard);
    expect(fewer.logs['production']?.approvals).toEqual(whole.logs['production']?.approvals);
    expect([whole.metrics, fewer.metrics]).toEqual(['127.0.0.1:9464', undefined]);
    expect(fewer.logs['production']?.gate).toEqual(whole.logs['production']?.gate);
    expect(fewer.logs['production']?.trillian.signerIntervalMs).toBe(100);
  });
});

/** What the schema says of each section of a log. */
function sectionsOfLog(): Readonly<Record<string, unknown>> {
  const { properties } = jsonSchema() as unknown as {
    readonly properties: {
      readonly logs: { readonly additionalProperties: { readonly properties: object } };
    };
  };
  return { ...properties.logs.additionalProperties.properties };
}

describe('the example for Kubernetes', () => {
  it('is valid, and so it is with what it shows commented out', () => {
    const { production } = loadConfiguration(kubernetesExample, {}).logs;
    expect(production?.installation).toMatchObject({
      ...{ kind: 'kubernetes', namespace: 'rekor-system', deployment: 'rekor-server' },
      ...{ service: 'rekor-server', entrypoint: ['/ko-app/rekor-server'] },
    });
    expect(production?.trillian.database).toMatchObject({ kind: 'mysql', port: 3306 });

    const whole = loadConfiguration(written(filledIn(kubernetesText)), {}).logs['production'];
    expect(whole?.installation).toMatchObject({
      ...{ kubeconfig: '/etc/rekor-rotate/kubeconfig', context: 'production' },
      ownersHeldOff: { 'Argo CD application rekor': expect.stringContaining('automated sync') as string },
    });
  });

  it('has every key of such an installation', () => {
    const shown = loadConfiguration(written(filledIn(kubernetesText)), {}).logs['production'];
    const { oneOf } = sectionsOfLog()['installation'] as {
      readonly oneOf: readonly {
        readonly properties: Readonly<Record<string, { readonly const?: string }>>;
      }[];
    };
    const keys = oneOf.find(({ properties }) => properties['kind']?.const === 'kubernetes')?.properties ?? {};
    expect(Object.keys(shown?.installation ?? {}).sort()).toEqual(Object.keys(keys).sort());
  });

  it('names its gate as the chart does', () => {
    const gateOfExample = loadConfiguration(kubernetesExample, {}).logs['production']?.gate;
    const shown = blocksOf('docs/helm.md').find(({ text }) => text.includes('adminAddress'));
    const { logs } = parse(shown?.text ?? '') as { readonly logs: { readonly production: { gate: object } } };
    expect(gateOfExample).toMatchObject(logs.production.gate);
  });
});

describe('a wrong configuration', () => {
  it('is told of a misspelt key with its path, its line and the nearest known key', () => {
    const file = changed('      maxWait: 3.5s', '      maxwait: 3.5s');
    const line = readFileSync(file, 'utf8').split('\n').indexOf('      maxwait: 3.5s') + 1;

    expect(problemsOf(file)).toEqual([
      expect.objectContaining({
        path: 'logs.production.gate.maxwait',
        line,
        found: 'an unknown key',
        nearest: 'maxWait',
      }),
    ]);
  });

  it('is told the keys that an item of a list may have, and the nearest of them', () => {
    const file = changed('- name: Grace', '- nme: Grace');

    expect(problemsOf(file)).toContainEqual(
      expect.objectContaining({
        path: 'logs.production.approvals.approvers[1].nme',
        allowed: 'name, keys',
        nearest: 'name',
      }),
    );
  });

  it('is shown a number where one belongs, and never a number where a secret may stand', () => {
    const number = changed('        port: 5432', '        port: 99999999');
    const secret = written(exampleText.replace(/^( {8}password:).*\n(?: {10}.*\n)*/m, '$1 99999998\n'));

    expect(problemsOf(number)).toEqual([
      expect.objectContaining({ path: 'logs.production.trillian.database.port', found: '99999999' }),
    ]);
    expect(problemsOf(secret)).toEqual([expect.objectContaining({ found: 'a value that is not shown' })]);
  });

  it('is told the line of what is wrong in a list, and of a key that stands twice, in a list as well', () => {
    const lines = (text: string) => problemsOf(written(text)).map(({ path, line }) => [path, line]);
    const lineOf = (text: string) => exampleText.slice(0, exampleText.indexOf(text)).split('\n').length;
    const second = '- http://trillian-2.example.com:8091/metrics';
    const metrics = 'logs.production.trillian.logServerMetrics[1]';
    expect(lines(exampleText.replace(second, '- ftp://trillian-2'))).toEqual([[metrics, lineOf(second)]]);
    expect(lines(exampleText.replace(second, '- { a: 1, a: 2 }'))).toEqual([
      [`${metrics}.a`, lineOf(second)],
      [metrics, lineOf(second)],
    ]);
  });

  it('has the port of the kind of its database unless another one is said, and TLS only by a name', () => {
    const read = (text: string) => loadConfiguration(written(text)).logs['production']?.trillian.database;
    const without = exampleText.replace(/ +port: 5432\n/, '');
    expect(read(without)?.port).toBe(5432);
    expect(read(without.replace(/kind: postgresql$/m, 'kind: mysql'))?.port).toBe(3306);
    const plaintext = without.replace(/ +tls:\n +caFile: tls\/database-ca.pem\n/, '');
    expect(read(plaintext.replace('host: database.example.com', 'host: 2001:db8::7'))?.host).toBe(
      '2001:db8::7',
    );
  });

  it('may let the gate listen on every address, and workers reach it at another one', () => {
    const everywhere = exampleText
      .replace('listen: 127.0.0.1:3000', 'listen: 0.0.0.0:3000')
      .replace('admin: 127.0.0.1:3100', 'admin: 0.0.0.0:3100');
    expect(loadConfiguration(written(everywhere)).logs['production']?.gate).toMatchObject({
      ...{ listen: '0.0.0.0:3000', admin: '0.0.0.0:3100', adminAddress: 'gate.example.com:3100' },
    });
    const alone = everywhere.replace(/ +adminAddress: .*\n/, '');
    expect(loadConfiguration(written(alone)).logs['production']?.gate).not.toHaveProperty('adminAddress');
  });

  it('may have any guard window beside a database, or one that fits in the critical section without', () => {
    expect(() =>
      loadConfiguration(written(exampleText.replace('guardWindow: 0ms', 'guardWindow: 3s'))),
    ).not.toThrow();
    expect(() => loadConfiguration(written(withoutDatabase))).not.toThrow();
  });

  it('is told everything at once, in the order of the lines', () => {
    const file = written(
      exampleText
        .replace('address: 127.0.0.1:7233', 'address: localhost')
        .replace('guardWindow: 0ms', 'guardWindow: 0')
        .replace('bodyLimit: 32MiB', 'bodyLimit: 512KiB')
        .replace('attempts: 3', 'attempts: 0')
        .replace('criticalSection: 2.5s', 'criticalSection: 3.4s')
        .replace('url: http://127.0.0.1:3002', 'url: http://127.0.0.1:3001'),
    );

    expect(problemsOf(file).map(({ path, found }) => [path, found])).toEqual([
      ['temporal.address', '"localhost"'],
      ['logs.production.trillian.guardWindow', '0'],
      ['logs.production.gate.bodyInMemory', '1MiB'],
      ['logs.production.installation.slots.green.url', expect.stringContaining('slots.blue.url')],
      ['logs.production.rotation.attempts', '0'],
      ['logs.production.rotation.criticalSection', '3.4s'],
    ]);
  });

  it.each([
    ['not YAML', exampleText.replace('temporal:', 'temporal: [1,'), '', /not YAML/],
    ['an empty file', '', '', /nothing/],
    ['an alias', exampleText.replace('attempts: 3', 'attempts: *three'), '', /not YAML \(an alias \(\*\)\)/],
    ['a tag', exampleText.replace('attempts: 3', 'attempts: !three 3'), '', /not YAML \(a tag \(!\)\)/],
    ['a tab', exampleText.replace('      attempts: 3', '\t\tattempts: 3'), '', /not YAML \(a tab/],
    [
      'a number that no number of JavaScript is',
      exampleText.replace('attempts: 3', 'attempts: 9007199254740993'),
      'logs.production.rotation.attempts',
      /^9007199254740993$/,
    ],
    ['a list', '- 1\n', '', /a list/],
    ['two documents', `${exampleText}---\na: 1\n`, '', /2 documents/],
    [
      'a key given twice',
      exampleText.replace('      listen:', '      listen: 127.0.0.1:1\n      listen:'),
      'logs.production.gate.listen',
      /a second time, after line \d+/,
    ],
    ['no log', 'logs: {}\n', 'logs', /an empty section/],
    [
      'a log with a name no workflow id should have',
      exampleText.replace('  production:', '  a/b:'),
      'logs.a/b',
      /a\/b/,
    ],
    ['a missing field', exampleText.replace(/ +admin: .*\n/, ''), 'logs.production.gate.admin', /nothing/],
    [
      'a port that is none',
      exampleText.replace('127.0.0.1:3000', '127.0.0.1:70000'),
      'logs.production.gate.listen',
      /70000/,
    ],
    [
      'one address for clients and orders',
      exampleText.replace('127.0.0.1:3100', '127.0.0.1:3000'),
      'logs.production.gate.admin',
      /as in logs\.production\.gate\.listen/,
    ],
    [
      'orders at the address for clients, by another way',
      exampleText.replace('adminAddress: gate.example.com:3100', 'adminAddress: 127.0.0.1:3000'),
      'logs.production.gate.adminAddress',
      /as in logs\.production\.gate\.listen/,
    ],
    [
      'a URL where workers reach the gate',
      exampleText.replace('adminAddress: gate.example.com', 'adminAddress: http://gate.example.com'),
      'logs.production.gate.adminAddress',
      /http:\/\/gate\.example\.com:3100/,
    ],
    [
      'a slot at the address of the gate, which would send to itself',
      exampleText.replace('http://127.0.0.1:3001', 'http://127.0.0.1:3000/'),
      'logs.production.installation.slots.blue.url',
      /as in logs\.production\.gate\.listen/,
    ],
    [
      'the same in another spelling',
      exampleText
        .replace('listen: 127.0.0.1:3000', 'listen: GATE.internal:80')
        .replace('http://127.0.0.1:3001', 'http://gate.Internal/'),
      'logs.production.installation.slots.blue.url',
      /as in logs\.production\.gate\.listen/,
    ],
    [
      'a slot with a path, which the gate would send nothing to',
      exampleText.replace('http://127.0.0.1:3001', 'http://127.0.0.1:3001/rekor'),
      'logs.production.installation.slots.blue.url',
      /3001\/rekor/,
    ],
    [
      'one file for both slots, in another spelling',
      exampleText.replace('/etc/rekor/green.env', '/etc/rekor//x/../blue.env'),
      'logs.production.installation.slots.green.environmentFile',
      /as in/,
    ],
    [
      'a body that may be larger than the spool',
      exampleText.replace('spoolSize: 1GiB', 'spoolSize: 16MiB'),
      'logs.production.gate.bodyLimit',
      /32MiB/,
    ],
    ...['0', '100001', '2.5', '2k'].map((value): [string, string, string, RegExp] => [
      `a gate in which ${value} writes may wait`,
      exampleText.replace('maxWaiting: 2000', `maxWaiting: ${value}`),
      'logs.production.gate.maxWaiting',
      new RegExp(value.replace('.', '\\.')),
    ]),
    [
      'a gate in which no body may come in',
      exampleText.replace('maxUploads: 6000', 'maxUploads: 0'),
      'logs.production.gate.maxUploads',
      /^0$/,
    ],
    [
      'one file for both slots',
      exampleText.replace('/etc/rekor/green.env', '/etc/rekor/blue.env'),
      'logs.production.installation.slots.green.environmentFile',
      /as in/,
    ],
    [
      'one slot',
      exampleText.replace(/^ {8}green:\n(?: {10}.*\n)+/m, ''),
      'logs.production.installation.slots',
      /1 \(blue\)/,
    ],
    [
      'a certificate without its key',
      exampleText.replace(/ +keyFile: .*\n/, ''),
      'logs.production.trillian.tls',
      /certificateFile alone/,
    ],
    [
      'a guard window that no drain without a database could wait for',
      withoutDatabase.replace('guardWindow: 0ms', 'guardWindow: 3s'),
      'logs.production.trillian.database',
      /each drain waits 3\.\d+s/,
    ],
    [
      'a slow signer that outlasts each try to close a tree',
      withoutDatabase
        .replace(/signerInterval: \w+/, 'signerInterval: 3s')
        .replace('maxWait: 3.5s', 'maxWait: 30s')
        .replace('criticalSection: 2.5s', 'criticalSection: 20s'),
      'logs.production.trillian.database',
      /each drain waits 15s/,
    ],
    [
      'a section in which no pods can end and others come',
      exampleText.replace(
        /^ {4}installation:\n(?: {6}.*\n)+/m,
        '    installation: { kind: kubernetes, namespace: n, deployment: d, service: s, launcherImage: i, strategy: recreate }\n',
      ),
      'logs.production.rotation.criticalSection',
      /^2.5s, and installation.strategy is recreate$/,
    ],
    [
      'TLS to a database by an IP address, which no name can be verified for',
      exampleText.replace('host: database.example.com', 'host: 192.0.2.7'),
      'logs.production.trillian.database.host',
      /192\.0\.2\.7/,
    ],
    [
      'an address where the host of a database stands',
      exampleText.replace('host: database.example.com', 'host: database.example.com:5432'),
      'logs.production.trillian.database.host',
      /not shown/,
    ],
    [
      'a port that is none',
      exampleText.replace('port: 5432', 'port: 65536'),
      'logs.production.trillian.database.port',
      /65536/,
    ],
    [
      'metrics at a name, where only an address can listen',
      exampleText.replace('127.0.0.1:9464', 'localhost:9464'),
      'metrics',
      /localhost/,
    ],
    [
      'metrics at the address of a gate',
      exampleText.replace('127.0.0.1:9464', '127.0.0.1:3000'),
      'logs.production.gate.listen',
      /as in metrics/,
    ],
    [
      'a guardian that looks too seldom',
      exampleText.replace('every: 1m', 'every: 10m'),
      'logs.production.guard.every',
      /10m/,
    ],
    [
      'a switch that is neither true nor false',
      exampleText.replace('recover: true', 'recover: yes'),
      'logs.production.guard.recover',
      /yes/,
    ],
    [
      'an unknown way to go on',
      exampleText.replace('ifNextFails: supersede', 'ifNextFails: rollback'),
      'logs.production.rotation.ifNextFails',
      /rollback/,
    ],
    [
      'a next signer of two kinds',
      exampleText.replace('      keyFile: /etc', '      kms: awskms:///alias/rekor\n      keyFile: /etc'),
      'logs.production.nextSigner',
      /^keyFile and kms$/,
    ],
    [
      'a next signer of no kind',
      exampleText.replace('      keyFile: /etc/rekor/key-2.pem\n', ''),
      'logs.production.nextSigner',
      /^none of them$/,
    ],
    [
      'a next signer whose key ends with its process',
      exampleText.replace('keyFile: /etc/rekor/key-2.pem', 'keyFile: memory'),
      'logs.production.nextSigner.keyFile',
      /^memory, whose key ends with its process$/,
    ],
    [
      'a URI as a key file',
      exampleText.replace('keyFile: /etc/rekor/key-2.pem', 'keyFile: awskms:///alias/rekor'),
      'logs.production.nextSigner.keyFile',
      /^no path of a file$/,
    ],
    [
      'a password without a key file',
      exampleText.replace('keyFile: /etc/rekor/key-2.pem', 'kms: awskms:///alias/rekor'),
      'logs.production.nextSigner.password',
      /^a password$/,
    ],
    [
      'the password of a next signer itself',
      exampleText.replace(/password:\n +file: secrets\/key-2-password/, 'password: hunter2'),
      'logs.production.nextSigner.password',
      /^a value that is not shown$/,
    ],
    [
      'a service of keys that Rekor does not know',
      exampleText.replace(/keyFile: \S+key-2.pem[^]*?key-2-password/, 'kms: memory'),
      'logs.production.nextSigner.kms',
      /^a value that is not shown$/,
    ],
    [
      'a next signer without the variables of the slots',
      exampleText.replace(/ +signerVariables:[^]*?TINK_KEYSET\n/, ''),
      'logs.production.installation.signerVariables.signer',
      /^nothing$/,
    ],
    [
      'a password of a next signer without the variable for it',
      exampleText.replace(/ +password: SIGNER_PASSWORD\n/, ''),
      'logs.production.installation.signerVariables.password',
      /^nothing$/,
    ],
    [
      'a keyset of Tink without the variable for it',
      exampleText
        .replace(
          /keyFile: \S+key-2.pem[^]*?key-2-password/,
          'tink: { kekUri: gcp-kms://k, keysetFile: keyset }',
        )
        .replace(/ +tinkKeyset: TINK_KEYSET\n/, ''),
      'logs.production.installation.signerVariables.tinkKeyset',
      /^nothing$/,
    ],
    [
      'one variable for two parts of a signer',
      exampleText.replace('password: SIGNER_PASSWORD', 'password: SIGNER'),
      'logs.production.installation.signerVariables.password',
      /^the same as in logs\.production\.installation\.signerVariables\.signer$/,
    ],
    [
      'the variable of the tree for a signer, too',
      exampleText.replace('signer: SIGNER', 'signer: TREE_ID'),
      'logs.production.installation.signerVariables.signer',
      /^the same as in logs\.production\.installation\.treeIdVariable$/,
    ],
    [
      'a command as one string',
      exampleText.replace('[systemctl, start, rekor@blue]', 'systemctl start rekor@blue'),
      'logs.production.installation.slots.blue.start',
      /^a text, which is not shown$/,
    ],
  ])('is refused: %s', (_, text, path, found) => {
    expect(problemsOf(written(text))).toContainEqual(
      expect.objectContaining({ path, found: expect.stringMatching(found) as string }),
    );
  });

  it('is told nothing of a rule whose own fields are wrong, and each rule goes by the default of the schema', () => {
    const maxWait = problemsOf(written(exampleText.replace('maxWait: 3.5s', 'maxWait: 500ms')));
    expect(maxWait.map(({ path }) => path)).toEqual(['logs.production.gate.maxWait']);

    const short = exampleText
      .replace(/^ +maxWait: .*\n/m, '')
      .replace('criticalSection: 2.5s', 'criticalSection: 3.1s');
    const byDefault = formatDuration(gate.shape.maxWait.parse(undefined).ms);
    expect(problemsOf(written(short))).toEqual([
      expect.objectContaining({
        allowed: expect.stringContaining(`(${byDefault})`) as string,
      }),
    ]);
  });

  it('names what was tried when there is no file', () => {
    const missing = (path: string | undefined, environment: Record<string, string>) => () =>
      loadConfiguration(path, environment);

    expect(missing(undefined, {})).toThrow(/rekor-rotate\.yaml.*REKOR_ROTATE_CONFIG \(not set\)/s);
    expect(missing(undefined, { REKOR_ROTATE_CONFIG: '/nowhere/a.yaml' })).toThrow(
      /\/nowhere\/a\.yaml.*REKOR_ROTATE_CONFIG names it/s,
    );
    expect(missing('/nowhere/b.yaml', {})).toThrow(/\/nowhere\/b\.yaml.*--config/s);
  });
});

describe('secrets', () => {
  const secret = 'hunter2-very-secret';
  const inPlace = [
    ['the gate token itself', exampleText.replace(/token:\n.*\n/, `token: ${secret}\n`)],
    [
      'the password of the database itself',
      exampleText.replace(/password:\n +file: .*\n/, `password: ${secret}\n`),
    ],
    [
      'a database URL as its host',
      exampleText.replace('host: database.example.com', `host: postgres://rekor:${secret}@db/trillian`),
    ],
    [
      'a database URL one level too high',
      exampleText.replace(/ {6}database:\n(?: {8,}.*\n)+/, `      database: postgres://rekor:${secret}@db\n`),
    ],
    [
      'a misspelt key with a secret',
      exampleText.replace('      token:', `      tokn: ${secret}\n      token:`),
    ],
    [
      'a password in a URL',
      exampleText.replace('http://127.0.0.1:3001', `http://rekor:${secret}@127.0.0.1:3001`),
    ],
    [
      'a password with a slash and an @ in a URL',
      exampleText.replace('http://127.0.0.1:3001', `http://rekor:/@${secret}@127.0.0.1:3001`),
    ],
    [
      'one URL with a password twice',
      exampleText.replace(/http:\/\/127\.0\.0\.1:300[12]/g, `http://rekor:a@${secret}@127.0.0.1`),
    ],
    ['a token in a URL', exampleText.replace('http://127.0.0.1:3001', `http://127.0.0.1/?token=${secret}`)],
    ['a URL as a key', exampleText.replace('  production:', `  https://rekor:${secret}@rekor.example.com:`)],
    [
      'a command as a text',
      exampleText.replace('[systemctl, start, rekor@blue]', `env PGPASSWORD=${secret} start`),
    ],
    [
      'a key in place of its file',
      exampleText.replace(/keyFile: .*\n/, `keyFile: "-----BEGIN-----\\n${secret}"\n`),
    ],
    ['a secret beside a mistake in the YAML', exampleText.replace('      token:', `      token: "${secret}`)],
    ['a secret that looks like an alias', exampleText.replace('attempts: 3', `attempts: *${secret}`)],
    ['a secret that looks like a tag', exampleText.replace('attempts: 3', `attempts: !${secret}`)],
    ['a secret with an escape', exampleText.replace('attempts: 3', `attempts: "\\q${secret}"`)],
  ] as const;

  it.each(inPlace)('are refused in the file and never shown: %s (H28)', (_, text) => {
    expect(() => loadConfiguration(written(text), {})).toThrow(ConfigurationError);
    expect(() => loadConfiguration(written(text), {})).not.toThrow(secret);
  });

  it('are read from a file or a variable when they are needed, without the newline at the end', () => {
    const file = written('s3cret\n');

    expect(readSecret({ field: 'f', file })).toBe('s3cret');
    expect(readSecret({ field: 'f', environment: 'TOKEN' }, { TOKEN: 's3cret' })).toBe('s3cret');
  });

  it.each([
    [{ field: 'logs.a.gate.token', environment: 'TOKEN' }, /logs\.a\.gate\.token.*variable TOKEN.*not set/],
    [{ field: 'logs.a.gate.token', file: '/nowhere/token' }, /file \/nowhere\/token: it does not exist/],
    [{ field: 'logs.a.gate.token', file: written('\n') }, /it is empty/],
  ])('that cannot be read are refused with their place (%j)', (reference, words) => {
    expect(() => readSecret(reference, {})).toThrow(words);
  });
});

it('refuses an unknown log with the nearest known name', () => {
  expect(() => logNamed(loadConfiguration(example, {}), 'prodution')).toThrow(/Did you mean "production"/);
  expect(() => logNamed(loadConfiguration(example, {}), 'constructor')).toThrow(/no log named "constructor"/);
});

it('keeps the JSON Schema for editors current: `rekor-rotate config schema > config/rekor-rotate.schema.json`', () => {
  const committed: unknown = JSON.parse(
    readFileSync(resolve(__dirname, '../../config/rekor-rotate.schema.json'), 'utf8'),
  );

  expect(committed).toEqual(jsonSchema());
});

it('describes every key of the schema', () => {
  const without: string[] = [];
  const walk = (schema: Record<string, unknown>, path: string): void => {
    for (const [key, inner] of Object.entries(
      (schema['properties'] ?? {}) as Record<string, Record<string, unknown>>,
    )) {
      if (!inner['description'] && !['file', 'environment'].includes(key)) {
        without.push(`${path}.${key}`);
      }
      walk(inner, `${path}.${key}`);
    }
    if (typeof schema['additionalProperties'] === 'object') {
      walk(schema['additionalProperties'] as Record<string, unknown>, `${path}.*`);
    }
    for (const form of (schema['oneOf'] ?? []) as Record<string, unknown>[]) {
      walk(form, path);
    }
  };
  walk(jsonSchema(), '');

  expect(without).toEqual([]);
});

it('prints what is in force in the shape of the file, and what it prints is the same configuration again (H28)', () => {
  const configuration = loadConfiguration(example, {});
  const target = {
    address: 'temporal.example.com:7233',
    namespace: 'logs',
    taskQueue: 'rekor-rotate',
    options: { apiKey: 'not-to-be-shown', tls: true },
  };
  const text = configurationInForce(configuration, target);
  const again = loadConfiguration(written(text), {});

  expect(text).not.toContain('not-to-be-shown');
  expect(text).toContain('with TLS, an API key');
  expect(again.logs).toEqual(configuration.logs);
  expect(again.metrics).toBe('127.0.0.1:9464');
  expect(again.temporal).toEqual({
    address: 'temporal.example.com:7233',
    namespace: 'logs',
    taskQueue: 'rekor-rotate',
  });
});

it.each([
  ['http://REKOR-blue:80/', 'http://rekor-blue'],
  ['http://rekor-blue', 'http://rekor-blue'],
  ['https://Rekor-Blue:443', 'https://rekor-blue'],
  ['http://[0:0::1]:3001/', 'http://[::1]:3001'],
])('has the slot at %s in one spelling, and shows it so', (written_, inForce) => {
  const configuration = loadConfiguration(
    written(exampleText.replace('http://127.0.0.1:3001', written_)),
    {},
  );
  const { slots } = onHost(logNamed(configuration, 'production').installation);
  expect(slots['blue']?.url).toBe(inForce);
  const target = { address: 'x:1', namespace: 'default', taskQueue: 'q', options: {} };
  expect(configurationInForce(configuration, target as never)).toContain(`url: ${inForce}\n`);
});
