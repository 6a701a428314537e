import fc from 'fast-check';
import { load } from 'js-yaml';
import { RefusalError } from '../../../activities/refusal-error';
import { appendShard, inactiveTreeIds, listedTreeIds } from '../../../activities/installation/sharding-file';

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
const treeIds = fc.uniqueArray(treeId, { minLength: 1, maxLength: 6 });
const blank = fc.constantFrom('', '\n', '# a comment with ] in it\n', '---\n');
const extra = fc.constantFrom(
  '',
  '\n  treeLength: 12',
  '\n  signingConfig:\n    signingSchemeOrKeyPath: /key.pem\n    fileSignerPassword: "a # ] b"',
  '\n  grpcEndpoint: {Address: trillian, Port: 8090}',
  '\n  encodedPublicKey: |\n    line one\n    line two',
);
const end = fc.constantFrom('\n', '\n\n', '\n# the end\n', '\n...\n');

const blockFile = fc
  .tuple(blank, treeIds, fc.array(extra, { minLength: 6, maxLength: 6 }), fc.constantFrom('', '  '), end)
  .map(([start, ids, extras, margin, tail]) => {
    const entries = ids.map((id, index) => `- treeID: ${id}${extras[index] ?? ''}`.replace(/^/gm, margin));
    return { text: `${start}${entries.join('\n')}${tail}`, ids };
  });
const flowFile = fc
  .tuple(treeIds, fc.constantFrom(', ', ',\n  '), fc.constantFrom('', '\n', ' # not a ]\n'))
  .map(([ids, between, tail]) => ({
    text: `[${ids.map((id) => `{"treeID": ${id}, "signingConfig": {"fileSignerPassword": "]"}}`).join(between)}]${tail}`,
    ids,
  }));

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
      fc.property(fc.oneof(blockFile, flowFile), treeId, ({ text, ids }, next) => {
        fc.pre(!ids.includes(next));
        const result = appendShard(path, text, next);
        expect(listedTreeIds(path, result)).toEqual([...ids, next]);
        let start = 0;
        while (start < text.length && text[start] === result[start]) start += 1;
        expect(result.endsWith(text.slice(start))).toBe(true); // one insertion, nothing else
        const before = load(text) as object[];
        expect((load(result) as object[]).slice(0, -1)).toEqual(before);
        expect(Object.keys((load(result) as object[]).at(-1) ?? {})).toEqual(['treeID']); // no treeLength, no key
      }),
    );
  });

  it.each([
    ['- treeID: 1\n- treeID: 2', '- treeID: 1\n- treeID: 2\n- treeID: 3\n'],
    ['- treeID: 1\r\n- treeID: 2\r\n', '- treeID: 1\r\n- treeID: 2\r\n- treeID: 3\r\n'],
    ['\uFEFF- treeID: 1\n', '\uFEFF- treeID: 1\n- treeID: 3\n'],
    ['- treeID: 1\n...\n# bye\n', '- treeID: 1\n- treeID: 3\n...\n# bye\n'],
    ['[]\n', '[{"treeID": 3}]\n'],
    ['[{treeID: 1}, ]\n', '[{treeID: 1},{"treeID": 3} ]\n'],
    ['null # or null\n', '[{"treeID": 3}] # or null\n'],
    ['[{treeID: 1} # one ]\n]\n', '[{treeID: 1} # one ]\n, {"treeID": 3}]\n'],
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
    ['- treeID: "12"\n', 'entry 1 has treeID as text ("12"), which stops Rekor'],
    ["- treeID: 1\n- treeID: '12'\n", 'entry 2 has treeID as text ("12"), which stops Rekor'],
    ['- treeID: !!int "12"\n', 'entry 1 has treeID as text'],
    ['- treeID: -5\n', 'entry 1 has treeID "-5"'],
    ['- treeID: 0\n', 'entry 1 has treeID "0"'],
    ['- treeID: 017\n', 'entry 1 has treeID "017"'],
    ['- treeID: 9223372036854775808\n', 'entry 1 has treeID "9223372036854775808"'],
    ['- treeID: 1e3\n', 'entry 1 has treeID "1e3"'],
    ['- treeID:\n', 'entry 1 has treeID ""'],
    ['- treeID: [1]\n', 'entry 1 has a sequence as treeID'],
    ['- treeLength: 5\n', 'entry 1 has no treeID'],
    ['- treeID: 1\n  treeid: 2\n', 'entry 1 has more than one treeID'],
    ['- 12\n', 'entry 1 is a scalar, not a map'],
    ['treeID: 12\n', 'it is a mapping, not a list of shards'],
    ['hello\n', 'it is a scalar, not a list of shards'],
    ['- treeID: 1\n---\n- treeID: 2\n', 'several YAML documents'],
    ['- treeID: 1\n  treeID: 2\n', 'duplicated mapping key in line 2'],
    ['- treeID: [\n', 'it is not YAML'],
  ])('refuses %j, naming the file, the entry and what is allowed', (text, reason) => {
    const refused = refusalOf(() => inactiveTreeIds(path, text, ACTIVE));
    expect(refused.code).toBe('SHARDING_FILE_INVALID');
    expect(refused.message).toContain(path);
    expect(refused.message).toContain(reason);
    if (reason.startsWith('entry')) expect(refused.message).toContain(`from 1 to ${LARGEST}`);
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
