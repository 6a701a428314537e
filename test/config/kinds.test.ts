import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as field from '../../config/fields';
import type { Kind } from '../../config/kind';
import { allKinds, type Kinds } from '../../config/kinds';
import { loadConfiguration, logNamed } from '../../config/load';
import { ConfigurationError } from '../../config/problems';
import { at, readAs } from '../../config/raw-section';
import { jsonSchema } from '../../config/schema';
import type { Installation } from '../../activities/installation/installation';
import type { TreeQueue } from '../../activities/tree-queue/tree-queue';
import { PATIENCE_MS } from '../../harness/waiting';
import { allAdapters, connectSystems, type Adapters } from '../../workers/systems';

/** A second kind of installation and one of database: whatever a real one needs, with as few keys as that takes. */

const shelfSchema = field.section({
  kind: field.kind('shelf').describe('On a shelf.'),
  releases: field.file('a directory').describe('Where the releases are.'),
  width: field.wholeNumber(1, 9).prefault(5).describe('Of the shelf.'),
  used: field.wholeNumber(1, 9).describe('Of its width.'),
});

const shelf: Kind<typeof shelfSchema> = {
  schema: shelfSchema,
  rules(section, path) {
    const [width, used] = (['width', 'used'] as const).map((key) =>
      readAs(shelfSchema.shape[key], at(section, [key])),
    );
    return used !== undefined && width !== undefined && used > width
      ? [{ at: [...path, 'used'], found: `${used}`, allowed: `at most width (${width})` }]
      : [];
  },
  ownPlaces: () => [['releases']],
};

const ledgerSchema = field.section({
  kind: field.kind('ledger').describe('On paper.'),
  seal: field.secret().describe('Opens it.'),
});

const ledger: Kind<typeof ledgerSchema> = { schema: ledgerSchema, rules: () => [], ownPlaces: () => [] };

const kinds: Kinds = {
  installation: [...allKinds.installation, shelf],
  database: [...allKinds.database, ledger],
};

const example = readFileSync(resolve(__dirname, '../../examples/rekor-rotate.yaml'), 'utf8');

/** The example with these two sections instead of its own. */
function written(installation: string, database = '{ kind: ledger, seal: { file: seal } }'): string {
  const file = join(mkdtempSync(join(tmpdir(), 'kinds-')), 'rekor-rotate.yaml');
  const text = example
    .replace(/^ {4}installation:\n(?: {6}.*\n)+/m, `    installation: ${installation}\n`)
    .replace(/^ {6}database:\n(?: {8,}.*\n)+/m, `      database: ${database}\n`);
  writeFileSync(file, text);
  return file;
}

function problemsOf(installation: string, database?: string, known = kinds) {
  try {
    loadConfiguration(written(installation, database), {}, known);
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.problems;
    }
    throw error;
  }
  return [];
}

const SHELF = '{ kind: shelf, releases: a, used: 1 }';

it('reads another kind of installation and of database, and connects what belongs to each', async () => {
  const file = written(SHELF);
  const log = logNamed(loadConfiguration(file, {}, kinds), 'production');
  expect([log.installation, log.trillian.database]).toEqual([
    { kind: 'shelf', releases: resolve(file, '../a'), width: 5, used: 1 },
    {
      kind: 'ledger',
      seal: { field: 'logs.production.trillian.database.seal', file: resolve(file, '../seal') },
    },
  ]);

  const adapters = {
    installation: {
      ...allAdapters.installation,
      shelf: (...told: unknown[]) => ({ told }) as unknown as Installation,
    },
    database: {
      ...allAdapters.database,
      ledger: (...told: unknown[]): TreeQueue => ({
        read: () => Promise.resolve({ state: JSON.stringify(told), updatedAtMs: 1, queued: 7 }),
        queuedLeaves: () => Promise.resolve(0),
        databaseBytes: () => Promise.resolve(0),
        close: () => Promise.resolve(),
      }),
    },
    traffic: allAdapters.traffic,
    insertion: { ...allAdapters.insertion, shelf: () => undefined },
  } as Adapters;
  const systems = connectSystems({ ...log, trillian: { ...log.trillian, tls: undefined } }, adapters);
  systems.trillian.close();
  expect(systems.installation).toMatchObject({
    told: [
      'production',
      log.installation,
      { gate: log.gate, nextSigner: { what: 'the key file /etc/rekor/key-2.pem' } },
    ],
  });
  expect(await systems.queue?.read('1', AbortSignal.timeout(PATIENCE_MS))).toEqual({
    state: JSON.stringify(['production', log.trillian.database]),
    updatedAtMs: 1,
    queued: 7,
  });
});

it.each([
  ['a rule of its own', '{ kind: shelf, releases: a, used: 6 }', 'used', '6', 'at most width (5)'],
  [
    'a value out of bounds',
    '{ kind: shelf, releases: a, used: 10 }',
    'used',
    '10',
    'a whole number from 1 to 9',
  ],
  [
    'a key of another kind',
    '{ kind: shelf, releases: a, used: 1, slots: {} }',
    'slots',
    'an unknown key',
    'kind, releases, width, used',
  ],
  [
    'a place of the gate',
    '{ kind: shelf, releases: /var/lib/rekor-rotate/production/spool, used: 1 }',
    'releases',
    expect.stringContaining('as in logs.production.gate.spoolDirectory') as string,
    'a value that no other field has',
  ],
  ['an unknown kind', '{ kind: shelv }', 'kind', '"shelv"', 'host or kubernetes or shelf'],
  ['a kind that is no word', '{ kind: [shelf] }', 'kind', 'a list', 'host or kubernetes or shelf'],
  ['no kind', '{ releases: a }', 'kind', 'nothing', 'host or kubernetes or shelf'],
  ['no section', 'shelf', '', '"shelf"', 'a section whose kind is host or kubernetes or shelf'],
])('says what is wrong in a section of another kind: %s', (_, installation, key, found, allowed) => {
  const path = ['logs.production.installation', key].filter(Boolean).join('.');
  expect(problemsOf(installation)).toEqual([expect.objectContaining({ path, found, allowed })]);
});

const ON_CLUSTER = 'kind: kubernetes, namespace: n, deployment: d, service: s, launcherImage: i';

it('reads how owners of the objects of a log on a cluster are held off, by their names as a plan has them', () => {
  const held = { 'Flux Kustomization flux-system/rekor': 'suspended: until Monday' };
  const file = written(`{ ${ON_CLUSTER}, ownersHeldOff: ${JSON.stringify(held)} }`);
  const text = readFileSync(file, 'utf8').replace(/^ {4}nextSigner:\n(?: {6}.*\n)+/m, '');
  writeFileSync(file, text);
  expect(logNamed(loadConfiguration(file, {}, kinds), 'production').installation).toMatchObject({
    ...{ kind: 'kubernetes', ownersHeldOff: held },
  });
});

it.each([
  ['a text of nothing but blanks', '{ Argo CD application rekor: "  " }', '.Argo CD application rekor'],
  ['nothing', '{ Argo CD application rekor: }', '.Argo CD application rekor'],
  ['a switch', '{ Argo CD application rekor: true }', '.Argo CD application rekor'],
  ['no owner by name', '[Argo CD application rekor]', ''],
])('says what is wrong in how owners are held off: %s', (_, value, key) => {
  const problems = problemsOf(`{ ${ON_CLUSTER}, ownersHeldOff: ${value} }`);
  expect(problems).toContainEqual(
    expect.objectContaining({
      path: `logs.production.installation.ownersHeldOff${key}`,
      allowed:
        key === ''
          ? 'owners by name, each with how it is held off'
          : 'how it is held off, in words: "automated sync is off"',
    }),
  );
});

it('says the kind of a database that it does not know, and still no secret beside it (H28)', () => {
  const secret = 'postgresql://rekor:hunter2@db/trillian';
  expect(problemsOf(SHELF, `{ kind: spanner, url: "${secret}" }`)).toEqual([
    expect.objectContaining({
      path: 'logs.production.trillian.database.kind',
      found: '"spanner"',
      allowed: 'postgresql or mysql or ledger',
    }),
  ]);
  expect(JSON.stringify(problemsOf(SHELF, `{ kind: "${secret}" }`))).not.toContain('hunter2');
  expect(JSON.stringify(problemsOf(SHELF, `{ kind: ledger, seal: "${secret}" }`))).not.toContain('hunter2');
});

it('knows no kind that is not registered', () => {
  expect(
    problemsOf(SHELF, '{ kind: postgresql, host: a, user: b, password: { file: c } }', allKinds),
  ).toEqual([
    expect.objectContaining({
      path: 'logs.production.installation.kind',
      found: '"shelf"',
      allowed: 'host or kubernetes',
    }),
  ]);
});

it('has every kind in the JSON Schema for editors', () => {
  const schema = JSON.stringify(jsonSchema(kinds));
  for (const kind of ['host', 'kubernetes', 'shelf', 'postgresql', 'mysql', 'ledger']) {
    expect(schema).toContain(`"const":"${kind}"`);
  }
});
