import fc from 'fast-check';
import { appendShard, listedShards } from '../../../activities/installation/sharding-file';
import { RefusalError } from '../../../activities/errors/refusal-error';
import { alteredList, plainList } from './generated-lists';

const path = '/etc/rekor/blue/sharding.yaml';
const SECRET = 'Tr0ub4dor';

/** All that anyone is told of a list: its shards as a plan shows them, and what it says of the list with one more. */
function toldOf(text: string): string {
  const told: string[] = [];
  for (const look of [
    () => listedShards(path, text).flatMap((shard) => shard.shown),
    () => listedShards(path, appendShard(path, text, '4711')).flatMap((shard) => shard.shown),
  ]) {
    try {
      told.push(...look());
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      told.push(JSON.stringify(error.refusal), error.stack ?? '', String(error.cause));
    }
  }
  return told.join('\n');
}

describe('showing a sharding list', () => {
  it('says numbers, known names and words of a fixed set, and nothing else that stands there (H28)', () => {
    const text = [
      '# the password is Tr0ub4dor',
      '- FILESIGNERPASSWORD: Tr0ub4dor',
      '  treeID: 9223372036854775807 # Tr0ub4dor',
      '  signingConfig:',
      '    tinkKEKURI:',
      '    fileSignerPassword: "Tr0ub4dor # [x]: y"',
      '    signingSchemeOrKeyPath: gcpkms://projects/p?token=Tr0ub4dor',
      '    gcpkmsRetries: 3',
      '  grpcEndpoint: {Address: "Tr0ub4dor@trillian", Port: 8090, useSystemTrustStore: true, Later: [Tr0ub4dor]}',
      '- treeid: 5',
      '  encodedPublicKey: |',
      '    Tr0ub4dor',
      '  signingConfig: {signingSchemeOrKeyPath: memory}',
      '  treeLength: 7',
      '- {"treeID": 6, "signingConfig": null}',
      '',
    ].join('\n');
    expect(listedShards(path, text).flatMap((shard) => shard.shown)).toEqual([
      '- treeID: 9223372036854775807',
      '  signingConfig:',
      '    signingSchemeOrKeyPath: gcpkms://<hidden>',
      '    fileSignerPassword: <hidden>',
      '    tinkKEKURI: ',
      '    gcpkmsRetries: 3',
      '  grpcEndpoint:',
      '    Address: <hidden>',
      '    Port: 8090',
      '    UseSystemTrustStore: true',
      '    <1 more, hidden>',
      '  <1 more, hidden>',
      '- treeID: 5',
      '  treeLength: 7',
      '  encodedPublicKey: <hidden>',
      '  signingConfig:',
      '    signingSchemeOrKeyPath: memory',
      '- treeID: 6',
      '  signingConfig: ',
    ]);
  });

  it.each([
    ['the value', (text: string) => text.replace(/(: *)([^\s,{}[\]:|>]+)/, `$1${SECRET}`)],
    ['the name', (text: string) => text.replace(/[A-Za-z]+(?=["']?:)/, SECRET)],
    ['the tree id', (text: string) => text.replace(/(treeid["']?: *)/i, `$1${SECRET}`)],
  ])('tells no secret that stands in place of %s, in a plan or in a refusal (H28)', (_, put) => {
    fc.assert(
      fc.property(plainList, ({ text }) => {
        expect(toldOf(put(text))).not.toContain(SECRET);
      }),
      { numRuns: 100 },
    );
  });

  it('tells no secret from any place of any list, broken ones too (H28)', () => {
    const list = fc.oneof(
      plainList.map(({ text }) => text),
      alteredList,
    );
    const planted = fc.constantFrom(
      SECRET,
      `"${SECRET}"`,
      `# ${SECRET}\n`,
      `${SECRET}: `,
      `\n  ${SECRET}: 1\n`,
      `: ${SECRET}\n`,
    );
    fc.assert(
      fc.property(list, planted, fc.double({ min: 0, max: 1, noNaN: true }), (text, put, at) => {
        const place = Math.floor(at * text.length);
        expect(toldOf(text.slice(0, place) + put + text.slice(place))).not.toContain(SECRET);
      }),
      { numRuns: 500 },
    );
  });
});
