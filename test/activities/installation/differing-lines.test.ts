import { differingLines, shownShardingLines } from '../../../activities/installation/redaction';

describe('showing a sharding file', () => {
  it('hides every value but those that are known to be no secret, and comments (H28)', () => {
    const text = [
      '# the password is hunter2',
      '- treeID: 9223372036854775807 # hunter2',
      '  signingConfig:',
      '    signingSchemeOrKeyPath: "/keys/1.pem"',
      '    fileSignerPassword: "hunter2 # [x]: y"',
      '    tinkKEKURI: gcp-kms://hunter2',
      '  grpcEndpoint: {Address: trillian, Port: 8090, Later: [hunter2, {token: hunter2}]}',
      '- treeid: 5',
      '  FILESIGNERPASSWORD: |',
      '    hunter2',
      '    hunter2',
      '  treeLength: 7',
      '',
    ].join('\n');
    expect(shownShardingLines(text)).toEqual([
      '# <hidden>',
      '- treeID: 9223372036854775807 # <hidden>',
      '  signingConfig:',
      '    signingSchemeOrKeyPath: "/keys/1.pem"',
      expect.stringMatching(/^ {4}fileSignerPassword: "?<hidden>"?$/),
      '    tinkKEKURI: <hidden>',
      '  grpcEndpoint: {Address: trillian, Port: 8090, Later: [<hidden>, {token: <hidden>}]}',
      '- treeid: 5',
      '  FILESIGNERPASSWORD: |',
      '<hidden>',
      '  treeLength: 7',
    ]);
  });

  it('shows only the lines that differ', () => {
    expect(differingLines(['a', 'b'], ['a', 'b', 'c'])).toEqual({ removed: [], added: ['c'] });
    expect(differingLines(['a', 'x', 'b'], ['a', 'b'])).toEqual({ removed: ['x'], added: [] });
    expect(differingLines(['a', 'a'], ['a'])).toEqual({ removed: ['a'], added: [] });
    expect(differingLines([], ['a'])).toEqual({ removed: [], added: ['a'] });
  });
});
