import type { Connection } from '@temporalio/client';
import { whileNotAborted } from '../../workers/temporal-connection';

/** Listens to each signal for good, as the SDK does. */
const connection = {
  withAbortSignal: async (signal: AbortSignal, call: () => Promise<unknown>) => {
    signal.addEventListener('abort', () => undefined);
    return await call();
  },
} as unknown as Connection;

it('calls to Temporal leave no listener on the signal that would end them', async () => {
  const { signal } = new AbortController();
  const added = jest.spyOn(signal, 'addEventListener');
  const removed = jest.spyOn(signal, 'removeEventListener');
  for (let call = 0; call < 30; call += 1) {
    await expect(whileNotAborted(connection, signal, () => Promise.resolve(call))).resolves.toBe(call);
  }
  expect(added).toHaveBeenCalledTimes(30);
  expect(removed).toHaveBeenCalledTimes(30);
});

it('a call ends when its signal is aborted', async () => {
  const controller = new AbortController();
  const until = (signal: AbortSignal, call: () => Promise<unknown>): Promise<unknown> =>
    Promise.race([
      call(),
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'));
        });
      }),
    ]);
  const hanging = { withAbortSignal: until } as unknown as Connection;
  const call = whileNotAborted(hanging, controller.signal, () => new Promise<never>(() => undefined));
  controller.abort();
  await expect(call).rejects.toThrow('aborted');
});
