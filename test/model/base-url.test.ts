import { canonicalUrl, sameUrl } from '../../workflows/model/base-url';

describe('a base URL', () => {
  it.each([
    ['http://h', 'http://h:80'],
    ['http://h', 'http://H/'],
    ['http://h', 'HTTP://h:080//'],
    ['https://h', 'https://h:443'],
    ['http://[::1]:3001', 'http://[0:0:0::1]:3001/'],
    ['http://h/rekor', 'http://h:80/rekor/'],
  ])('%s is the same place as %s', (one, other) => {
    expect(sameUrl(one, other)).toBe(true);
    expect(canonicalUrl(other)).toBe(canonicalUrl(one));
  });

  it.each([
    ['http://h', 'https://h'],
    ['http://h', 'http://h:81'],
    ['http://h', 'http://i'],
    ['http://h', 'http://h/Rekor'],
    ['http://h/rekor', 'http://h/Rekor'],
    ['http://h', 'h'],
    ['', 'http://h'],
  ])('%s is not the same place as %s', (one, other) => {
    expect(sameUrl(one, other)).toBe(false);
  });

  it('is the same as itself, whatever it is', () => {
    expect(sameUrl('nothing', 'nothing')).toBe(true);
  });
});
