import { setTimeout as pause } from 'node:timers/promises';
import { concurrently } from '../../../activities/verification/concurrently';

const never = new AbortController().signal;

test('all items are worked on, never more than the limit at a time', async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;
  await concurrently([1, 2, 3, 4, 5, 6, 7], 3, never, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await pause(5);
    running -= 1;
    done.push(item);
  });
  expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
});

test('the first failure ends the others and is the one that is thrown', async () => {
  const begun: number[] = [];
  const run = concurrently([1, 2, 3, 4, 5], 2, never, async (item, signal) => {
    begun.push(item);
    if (item === 1) {
      throw new Error('the first');
    }
    await pause(10_000, undefined, { signal });
  });
  await expect(run).rejects.toThrow('the first');
  expect(begun).toEqual([1, 2]);
});
