import { cutFor, cutToBytes, fitted } from '../../workflows/model/fitting';
import { aCompletedResult } from '../cli/results';

const bytes = (text: string): number => Buffer.byteLength(text);

describe('a text', () => {
  it.each(['', 'short', 'ä'.repeat(5)])('that fits stays as it is: %j', (text) => {
    expect(cutToBytes(text, 10)).toBe(text);
  });

  it.each(['x'.repeat(11), 'ä'.repeat(6), '界'.repeat(9), '𝌆'.repeat(4), 'ab𝌆'.repeat(9)])(
    'that does not is cut between characters: %j',
    (text) => {
      const cut = cutToBytes(text, 10);
      expect(bytes(cut)).toBeLessThanOrEqual(10);
      expect(cut).toMatch(/…$/);
      expect(text.startsWith(cut.slice(0, -1))).toBe(true);
      expect(Buffer.from(cut).toString()).toBe(cut);
    },
  );

  it('has the limit of its place', () => {
    expect(bytes(cutFor('keyword', 'ä'.repeat(5_000)))).toBeLessThanOrEqual(2_046);
    expect(bytes(cutFor('summary', 'ä'.repeat(5_000)))).toBeLessThanOrEqual(400);
  });
});

describe('a result', () => {
  it('stays as it is while the server takes it', () => {
    const result = aCompletedResult();
    expect(fitted(result)).toBe(result);
  });

  it('leaves out its checks when the server would terminate the workflow for it', () => {
    const check = { code: 'TREES_READ', found: 'x'.repeat(2_000_000), remedy: '', state: 'ok' } as const;
    const result = fitted({ ...aCompletedResult(), checks: [check] });
    expect(bytes(JSON.stringify(result))).toBeLessThan(2_000_000);
    expect(result).toMatchObject({ outcome: 'completed' });
  });
});
