import fc from 'fast-check';
import { RefusalError } from '../../../activities/errors/refusal-error';
import {
  appendShard,
  inactiveTreeIds,
  listedShards,
  listedTreeIds,
} from '../../../activities/installation/sharding-file';
import { plainList } from './generated-lists';

const path = '/etc/rekor/blue/sharding.yaml';
const LARGEST = '9223372036854775807';
const ACTIVE = '4711';

function refusalOf(act: () => unknown): { code: string; message: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof RefusalError) return error.refusal;
    throw error;
  }
  throw new Error('it was not refused');
}

const treeId = fc.bigInt({ min: 1n, max: BigInt(LARGEST) }).map(String);

describe('the sharding list', () => {
  it('reads 63-bit tree ids digit by digit, in served order', () => {
    const text = `- treeID: ${LARGEST}\n- treeID: 1949066653115536561\n- treeid: 7\n`;
    expect(inactiveTreeIds(path, text, ACTIVE)).toEqual([LARGEST, '1949066653115536561', '7']);
  });

  it.each([null, '', '\n', '[]', '[]\n', '# nothing yet\n', '---\n', 'null\n', '--- ~\n'])(
    'has no inactive shards when the file is %j',
    (text) => {
      expect(inactiveTreeIds(path, text, ACTIVE)).toEqual([]);
      expect(listedTreeIds(path, appendShard(path, text, LARGEST))).toEqual([LARGEST]);
    },
  );

  it('keeps every earlier byte in place when a shard is added, whatever the style of the file', () => {
    fc.assert(
      fc.property(plainList, treeId, ({ text, treeIds }, next) => {
        fc.pre(!treeIds.includes(next));
        const result = appendShard(path, text, next);
        expect(listedTreeIds(path, result)).toEqual([...treeIds, next]);
        let start = 0;
        while (start < text.length && text[start] === result[start]) start += 1;
        expect(result.endsWith(text.slice(start))).toBe(true); // one insertion, nothing else
        expect(listedShards(path, result).at(-1)?.shown).toEqual([`- treeID: ${next}`]); // no treeLength, no key
      }),
    );
  });

  it.each([
    ['- treeID: 1\n- treeID: 2', '- treeID: 1\n- treeID: 2\n- treeID: 3\n'],
    ['- treeID: 1\r\n- treeID: 2\r\n', '- treeID: 1\r\n- treeID: 2\r\n- treeID: 3\r\n'],
    ['\uFEFF- treeID: 1\n', '\uFEFF- treeID: 1\n- treeID: 3\n'],
    ['- treeID: 1\n...\n# bye\n', '- treeID: 1\n- treeID: 3\n...\n# bye\n'],
    ['[]\n', '[{"treeID": 3}]\n'],
    ['[ ]\n', '[{"treeID": 3} ]\n'],
    ['[{treeID: 1}, ]\n', '[{treeID: 1}, {"treeID": 3}, ]\n'],
    ['[\n\t{"treeID": 1}\n]', '[\n\t{"treeID": 1}, {"treeID": 3}\n]'],
    ['null # or null\n', '[{"treeID": 3}] # or null\n'],
    ['[{treeID: 1} # one ]\n]\n', '[{treeID: 1}, {"treeID": 3} # one ]\n]\n'],
    ['  - treeID: 1\n', '  - treeID: 1\n  - treeID: 3\n'],
  ])('adds a shard to %j at its end', (before, after) => {
    expect(appendShard(path, before, '3')).toBe(after);
  });

  it('refuses to add a shard where that would change the last value before it', () => {
    const text = '- treeID: 1\n  grpcEndpoint:\n    TLSCACert: |+\n      abc\n      ';
    expect(refusalOf(() => appendShard(path, text, '3'))).toMatchObject({
      code: 'SHARDING_FILE_INVALID',
      message: expect.stringContaining('without changing what is before') as string,
    });
    expect(refusalOf(() => appendShard(path, '- treeID: 3\n', '3')).code).toBe('SHARDING_FILE_LISTS_ACTIVE');
  });

  it.each([
    ['- treeID: "12"\n', 'entry 1 has a text in quotes as treeID in line 1'],
    ["- treeID: 1\n- treeID: '12'\n", 'entry 2 has a text in quotes as treeID in line 2'],
    ['- treeID: -5\n', 'entry 1 has a negative number as treeID'],
    ['- treeID: 0\n', 'entry 1 has 0 as treeID'],
    ['- treeID: 017\n', 'entry 1 has a number with a leading zero as treeID'],
    ['- treeID: 0x1F\n', 'entry 1 has a number that is not decimal as treeID'],
    ['- treeID: 1_000\n', 'entry 1 has a number with underscores as treeID'],
    ['- treeID: 9223372036854775808\n', 'entry 1 has a number of 19 digits as treeID'],
    ['- treeID: 1e3\n', 'entry 1 has a number with a sign, a fraction or an exponent as treeID'],
    ['- treeID:\n', 'entry 1 has nothing as treeID'],
    ['- treeID: ~\n', 'entry 1 has nothing as treeID'],
    ['- treeID: Tr0ub4dor\n', 'entry 1 has a text as treeID'],
    ['- treeID: [1]\n', 'entry 1 has a list as treeID'],
    ['- treeLength: 5\n', 'entry 1 has no treeID'],
  ])('refuses %j, naming the file, the entry, the line and what is allowed', (text, found) => {
    const refused = refusalOf(() => inactiveTreeIds(path, text, ACTIVE));
    expect(refused.code).toBe('SHARDING_FILE_INVALID');
    expect(refused.message).toContain(`${path} cannot be used: ${found}`);
    expect(refused.message).toContain(`allowed is a whole number from 1 to ${LARGEST}, in digits alone`);
  });

  it.each([
    ['- 12\n', 'entry 1 is a scalar', 'a map with a treeID'],
    ['treeID: 12\n', 'it is a map', 'a list of shards'],
    ['hello\n', 'it is a scalar', 'a list of shards'],
    ['- treeID: 1\n  treeLength: "5"\n', 'entry 1 has a text in quotes as treeLength in line 2', 'from 0 to'],
    [
      '- treeID: 1\n  signingConfig: [a]\n',
      'entry 1 has a list as signingConfig',
      'a map with signingScheme',
    ],
    ['- treeID: 1\n  grpcEndpoint: {port: 65536}\n', 'a number of 5 digits as grpcEndpoint.Port', '65535'],
    ['- treeID: 1\n  grpcEndpoint: {useSystemTrustStore: yes}\n', 'UseSystemTrustStore', 'true or false'],
    ['- treeID: 1\n  signingConfig: {tinkKEKURI: [a]}\n', 'a list as signingConfig.tinkKEKURI', 'a text'],
    ['- treeID: 1\n  signer: {}\n', 'entry 1 has a map as Signer', 'nothing'],
  ])('refuses %j, which Rekor would not read, and says what it would', (text, found, allowed) => {
    const { code, message } = refusalOf(() => inactiveTreeIds(path, text, ACTIVE));
    expect(code).toBe('SHARDING_FILE_INVALID');
    expect(message).toContain(found);
    expect(message).toMatch(new RegExp(`allowed is .*${allowed}`));
  });

  it.each([
    ['- treeID: 1\n---\n- treeID: 2\n', 'it has several YAML documents'],
    ['%YAML 1.2\n---\n- treeID: 1\n', 'line 1 has a directive (%)'],
    ['- treeID: !!int "12"\n', 'line 1 has a tag (!)'],
    ['- &a\n  treeID: 1\n', 'line 1 has an anchor (&)'],
    ['- treeID: 1\n  treeLength: *a\n', 'line 2 has an alias (*)'],
    ['- treeID: 1\n  <<: {treeID: 2}\n', 'line 2 has a merge key (<<)'],
    ['- treeID: 1\n  "<<": {treeID: 2}\n', 'line 2 has a merge key (<<)'],
    ['- ? treeID\n  : 1\n', 'line 1 has an explicit key (?)'],
    ['- treeID: 1\n  treeid: 2\n', 'line 2 has a name for the second time'],
    ['- treeID: 1\n  treeID: 2\n', 'line 2 has a name for the second time'],
    ['- treeID: 1\n\t\n', 'line 2 has a tab'],
    ['- treeID: 1 # one\u0085- treeID: 2\n', 'line 1 has a control character'],
    ['- treeID: 1\n  later: a\n    b\n', 'line 2 has a text over several lines'],
    ['- treeID: [\n', 'line 2 cannot be read as YAML'],
    ['...\n', 'it ends (...) before anything has begun'],
    [`${'['.repeat(30)}${']'.repeat(30)}`, 'line 1 is nested too deeply'],
  ])('refuses the YAML in %j, which two readers may take differently: %s', (text, found) => {
    const { code, message } = refusalOf(() => inactiveTreeIds(path, text, ACTIVE));
    expect(code).toBe('SHARDING_FILE_INVALID');
    expect(message).toContain(`${path} cannot be used: `);
    expect(message).toContain(found);
    expect(message).toContain('allowed is JSON, or YAML without directives, tags, anchors, aliases');
  });

  it('refuses a file that is far too large for a list', () => {
    const text = `# ${'x'.repeat(1_000_000)}`;
    expect(refusalOf(() => inactiveTreeIds(path, text, ACTIVE)).message).toContain(
      'more than 1000000 characters',
    );
  });

  it('refuses a tree that is listed twice, and the active tree', () => {
    expect(refusalOf(() => inactiveTreeIds(path, '- treeID: 5\n- treeID: 5\n', ACTIVE)).code).toBe(
      'SHARDING_FILE_LISTS_TWICE',
    );
    expect(refusalOf(() => inactiveTreeIds(path, `- treeID: ${ACTIVE}\n`, ACTIVE)).code).toBe(
      'SHARDING_FILE_LISTS_ACTIVE',
    );
  });

  it('quotes no value of a file that is not YAML (H28)', () => {
    const text = '- treeID: 1\n  signingConfig:\n    fileSignerPassword: *Tr0ub4dor\n';
    expect(refusalOf(() => inactiveTreeIds(path, text, ACTIVE)).message).not.toContain('Tr0ub4dor');
    expect(refusalOf(() => inactiveTreeIds(path, '- a: "Tr0ub4dor\n- b', ACTIVE)).message).not.toContain(
      'Tr0ub4dor',
    );
  });
});
