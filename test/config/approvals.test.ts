import { approvalPolicy } from '../../approvals/policy';
import { loadConfiguration, logNamed } from '../../config/load';
import { newKey } from '../approvals/open-ssh';
import { newSecurityKey } from '../approvals/security-key';
import { blocksOf, documents } from '../docs/markdown';
import { exampleText, problemsOf, written } from './example';

/** The example, with these approvals in place of its own. */
function withApprovals(...lines: readonly string[]): string {
  const section = ['    approvals:', ...lines.map((line) => `      ${line}`), ''].join('\n');
  const changed = exampleText.replace(/^ {4}approvals:\n(?: {6}.*\n)+/m, section);
  expect(changed).toContain(section);
  return written(changed);
}

function approvalsIn(file: string) {
  return logNamed(loadConfiguration(file, {}), 'production').approvals;
}

const person = (name: string, ...keys: readonly string[]): string[] => [
  `  - name: ${name}`,
  '    keys:',
  ...keys.map((key) => `      - ${key}`),
];

const [ada, bob] = [newKey(['-t', 'ed25519']).line, newSecurityKey('ecdsa').line];
const found = (file: string) => problemsOf(file).map(({ path, found: what }) => [path, what]);
const at = (rest: string) => `logs.production.approvals.${rest}`;

it('needs nobody unless it is told otherwise, and then waits for an hour', () => {
  const nothing = written(exampleText.replace(/^ {4}approvals:\n(?: {6}.*\n)+/m, ''));
  expect(approvalsIn(nothing)).toEqual({ required: 'none', expireMs: 3_600_000, approvers: [] });
});

it('knows each key by the fingerprint of whoever has it', () => {
  const file = withApprovals(
    'required: two',
    'expire: 30m',
    'approvers:',
    ...person('Ada', ada),
    ...person('Bob', bob),
  );
  const policy = approvalPolicy(approvalsIn(file));

  expect(policy).toMatchObject({ required: 'two', expireMs: 1_800_000 });
  expect(policy.approvers.map(({ name, fingerprints }) => [name, fingerprints.length])).toEqual([
    ['Ada', 1],
    ['Bob', 1],
  ]);
  expect(new Set(policy.approvers.flatMap(({ fingerprints }) => fingerprints)).size).toBe(2);
});

it('may need one person without naming anybody: an approval is a claim then (H25)', () => {
  expect(approvalPolicy(approvalsIn(withApprovals('required: one')))).toMatchObject({ approvers: [] });
});

it('are written in the documents as they are taken', () => {
  const blocks = documents.flatMap((document) =>
    blocksOf(document)
      .filter(({ language, text }) => language === 'yaml' && text.startsWith('approvals:'))
      .map(({ text }) => [document, text] as const),
  );
  expect(blocks.map(([document]) => document)).toEqual(['docs/configuration.md']);
  const keys = [newKey(['-t', 'ed25519']), newSecurityKey('ed25519'), newKey(['-t', 'ecdsa'])];
  const whole = (blocks[0]?.[1] ?? '')
    .replace('approvals:\n', '')
    // The keys of the example are cut off; keys of their types stand for them.
    .replaceAll(/\S+ AAAA\S+… \S+/g, (line) => {
      const [type = ''] = line.split(' ');
      return keys.find((key) => key.line.startsWith(`${type} `))?.line ?? line;
    });
  const { approvers, ...policy } = approvalsIn(
    withApprovals(...whole.trimEnd().replaceAll(/^ {2}/gm, '').split('\n')),
  );
  expect(policy).toEqual({ required: 'two', expireMs: 3_600_000 });
  expect(approvers.map(({ name, keys: theirs }) => [name, theirs.length])).toEqual([
    ['Ada', 2],
    ['Grace', 1],
  ]);
});

describe('wrong approvals', () => {
  it.each<[string, string[], [string, string][]]>([
    ['another number of people', ['required: three'], [[at('required'), '"three"']]],
    ['an end that is too near', ['expire: 10s'], [[at('expire'), '"10s"']]],
    ['two people without keys', ['required: two'], [[at('required'), 'two, without approvers']]],
    [
      'two people of whom there is one',
      ['required: two', 'approvers:', ...person('Ada', ada, bob)],
      [[at('required'), 'two, with Ada as the only approver']],
    ],
    [
      'somebody without keys',
      ['approvers:', '  - name: Ada', '    keys: []'],
      [[at('approvers[0].keys'), 'an empty list']],
    ],
    ['keys of nobody', ['approvers:', '  - keys:', `      - ${ada}`], [[at('approvers[0].name'), 'nothing']]],
    [
      'one person twice',
      ['approvers:', ...person('Ada', ada), ...person('Ada', bob)],
      [[at('approvers[1].name'), '"Ada", as in logs.production.approvals.approvers[0].name']],
    ],
    [
      'a weak RSA key',
      ['approvers:', ...person('Ada', newKey(['-t', 'rsa', '-b', '1024']).line)],
      [[at('approvers[0].keys[0]'), 'a key of type ssh-rsa that cannot be used: it has 1024 bits']],
    ],
    [
      'a key of DSA',
      ['approvers:', ...person('Ada', ada, 'ssh-dss AAAA')],
      [[at('approvers[0].keys[1]'), 'a key of type ssh-dss']],
    ],
    [
      'a certificate',
      ['approvers:', ...person('Ada', 'ssh-ed25519-cert-v01@openssh.com AAAA')],
      [[at('approvers[0].keys[0]'), 'a certificate, whose authority nobody would check']],
    ],
    [
      'a text',
      ['approvers:', ...person('Ada', 'my key')],
      [[at('approvers[0].keys[0]'), 'a text that is no public key']],
    ],
    [
      'a misspelt key of a person',
      ['approvers:', ...person('Ada', ada).map((line) => line.replace('name:', 'nme:'))],
      [
        [at('approvers[0].name'), 'nothing'],
        [at('approvers[0].nme'), 'an unknown key'],
      ],
    ],
    ['a misspelt key', ['aprovers: []'], [[at('aprovers'), 'an unknown key']]],
  ])('are refused with their place: %s', (_, lines, problems) => {
    expect(found(withApprovals(...lines))).toEqual(problems);
  });

  it('are refused when one key is given twice, for one person or for two, with another comment or without', () => {
    const [type = '', base64 = ''] = ada.split(' ');
    const problems = problemsOf(
      withApprovals(
        'approvers:',
        ...person('Ada', ada, `${type} ${base64}`),
        ...person('Bob', bob, `${type}  ${base64} bob@home`),
      ),
    );

    expect(problems.map(({ path }) => path)).toEqual([
      at('approvers[0].keys[1]'),
      at('approvers[1].keys[1]'),
    ]);
    expect(problems[0]?.found).toMatch(
      /^the key SHA256:\S+, as in logs\.production\.approvals\.approvers\[0\]\.keys\[0\]$/,
    );
    expect(problems[0]?.line).toBeGreaterThan(100);
  });

  it.each([
    [
      'in the list of keys',
      ['- name: Ada', '  keys:', '    - |', '      -----BEGIN OPENSSH PRIVATE KEY-----', '      c2VjcmV0'],
    ],
    ['in one line', ['- name: Ada', '  keys: [ "-----BEGIN OPENSSH PRIVATE KEY----- c2VjcmV0" ]']],
    ['instead of the list', ['- name: Ada', '  keys: c2VjcmV0']],
    ['instead of a person', ['- c2VjcmV0']],
    ['as a word that is no key', ['- name: Ada', '  keys: [ c2VjcmV0 ]']],
  ])('are refused without showing a private key %s (H28)', (_, lines) => {
    const problems = problemsOf(withApprovals('approvers:', ...lines.map((line) => `  ${line}`)));
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems)).not.toContain('c2VjcmV0');
  });
});
