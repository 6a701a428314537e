import { startWithEnds } from '../../harness/ends';

describe('something of many parts', () => {
  it('is ended from its last part to its first, whichever of them does not end', async () => {
    const ended: string[] = [];
    const whole = await startWithEnds('The whole', (ends) => {
      ends.push(() => ended.push('first'));
      ends.push(() => Promise.reject(new Error('the second stays')));
      ends.push(() => ended.push('third'));
      return Promise.resolve({ address: 'here' });
    });
    expect(whole.address).toBe('here');
    await expect(whole.end()).rejects.toThrow('The whole does not end: Error: the second stays');
    expect(ended).toEqual(['third', 'first']);
    await expect(whole.end()).resolves.toBeUndefined();
  });

  it('that does not start ends what had started, and says why it did not', async () => {
    const ended: string[] = [];
    const starting = startWithEnds('The whole', (ends) => {
      ends.push(() => ended.push('first'));
      ends.push(() => Promise.reject(new Error('the second stays')));
      return Promise.reject(new Error('the third does not start'));
    });
    await expect(starting).rejects.toThrow('the third does not start');
    expect(ended).toEqual(['first']);
  });
});
