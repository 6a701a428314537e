import { whileNoneIsAborted } from '../bounds/signals';

/**
 * Runs `work` over all items, at most `limit` at a time. After the first failure no new item is begun and the
 * signal given to the others is aborted; that first failure is thrown once none runs any more.
 */
export async function concurrently<Item>(
  items: Iterable<Item>,
  limit: number,
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const waiting = items[Symbol.iterator]();
  await whileNoneIsAborted([signal, failed.signal], async (both) => {
    const worker = async (): Promise<void> => {
      for (let next = waiting.next(); !next.done && !both.aborted; next = waiting.next()) {
        try {
          await work(next.value, both);
        } catch (error) {
          failed.abort(error);
        }
      }
    };
    await Promise.all(Array.from({ length: limit }, worker));
    both.throwIfAborted();
  });
}
