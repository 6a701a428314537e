import { RefusalError } from '../../activities/errors/refusal-error';
import type { Refusal, RefusalCode } from '../../workflows/model/refusals';

/** The words of the refusal that a promise is rejected with; fails when it is rejected with anything else, or not. */
export async function refused(code: RefusalCode, promise: Promise<unknown>): Promise<string> {
  const error = await rejected(promise);
  if (!(error instanceof RefusalError))
    throw new Error(`Expected ${code}, got: ${String(error)}`, { cause: error });
  expect(error.refusal.code).toBe(code);
  return error.refusal.message;
}

/** The refusal that something ends with; fails when it ends with anything else. */
export async function refusalOf(act: Promise<unknown> | (() => unknown)): Promise<Refusal> {
  const error = await rejected(typeof act === 'function' ? Promise.resolve().then(act) : act);
  if (error instanceof RefusalError) return error.refusal;
  throw new Error('it was not refused', { cause: error });
}

/** What a promise is rejected with; fails when it is fulfilled. */
export async function rejected(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('Expected a rejection');
}
