import { readRequest, type RotationRequest } from '../../workflows/model/request';

/** What `rotateLog` says of its input; empty when it is taken. */
function problems(input: unknown) {
  const fields = ['log', 'dryRun', 'currentTree', 'planHash'] as const;
  const read = readRequest<RotationRequest>(input, fields);
  return 'refusals' in read ? read.refusals : [];
}

describe('a request', () => {
  it.each([
    [{ log: 'production' }],
    [{ log: 'production', dryRun: true }],
    [{ log: 'production', currentTree: '9223372036854775807', planHash: 'a'.repeat(64) }],
  ])('is taken as it should be: %j', (request) => {
    expect(problems(request)).toEqual([]);
  });

  it.each([
    [undefined, /The request's input is absent/],
    [[{ log: 'production' }], /input is \[/],
    [{}, /log is absent/],
    [{ log: 7 }, /log is 7/],
    [
      { log: 'production', currentTree: 6826284441047790130n.toString().length },
      /currentTree is 19; .*string of digits/,
    ],
    [{ log: 'production', dryrun: true }, /dryrun is true; allowed is nothing: .*dryRun/],
    [{ log: 'production', planHash: 'abc' }, /planHash is "abc"/],
  ])('is refused when it is %j', (request, words) => {
    const found = problems(request);
    expect(found.map((problem) => problem.code)).toEqual(['REQUEST_INVALID']);
    expect(found[0].message).toMatch(words);
  });

  it('is told everything that is wrong at once', () => {
    expect(problems({ dryRun: 'yes', tree: '1' })).toHaveLength(3);
  });
});
