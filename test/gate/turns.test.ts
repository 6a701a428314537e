import { Turns } from '../../gate/turns';

/** Lets everything that is settled be seen. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('lets so many act at a time, the others in the order in which they came, also after one that failed', async () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const all = [0, 1, 2, 3].map((name) =>
    turns.take(async () => {
      begun.push(name);
      await new Promise<void>((resolve, reject) => {
        ends[name] = (error) => (error ? reject(error) : resolve());
      });
    }),
  );
  const failed = expect(all[1]).rejects.toThrow('full');
  await settled();
  expect(begun).toEqual([0, 1]);
  ends[1]?.(new Error('full'));
  await settled();
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.();
  await settled();
  expect(begun).toEqual([0, 1, 2, 3]);
  ends[2]?.();
  ends[3]?.();
  await failed;
  await Promise.all([all[0], all[2], all[3]]);
  await expect(turns.take(() => Promise.resolve('free again'))).resolves.toBe('free again');
});
