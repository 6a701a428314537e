import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TimeOver, whileNoneIsAborted, withinTime } from '../../../activities/bounds/signals';
import { orAborted } from '../../../activities/bounds/waiting';
import { freshRequest } from '../../../activities/clients/http';
import { answeringServer } from '../answering-server';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects what nobody holds until the work has ended. */
async function whileCollecting(work: Promise<unknown>): Promise<unknown> {
  const every = setInterval(collect, 10);
  return await work.finally(() => {
    clearInterval(every);
  });
}

const never = (signal: AbortSignal) => orAborted(new Promise<never>(() => undefined), signal);
const unaborted = () => new AbortController().signal;

it('a time is over also where nobody holds its signal, and memory is collected', async () => {
  await expect(whileCollecting(withinTime(100, unaborted(), never))).rejects.toThrow(TimeOver);
});

it('a signal behind two others ends the work, and memory is collected', async () => {
  const outer = new AbortController();
  const work = whileNoneIsAborted([outer.signal], (middle) =>
    whileNoneIsAborted([middle, unaborted()], never),
  );
  void wait(100).then(() => outer.abort(new Error('the outermost')));
  await expect(whileCollecting(work)).rejects.toThrow('the outermost');
});

it('a request that nobody answers ends in its time, and memory is collected', async () => {
  const silent = await answeringServer(() => undefined);
  const request = freshRequest(silent.url, { signal: unaborted(), timeoutMs: 100 });
  await expect(whileCollecting(request)).rejects.toThrow('no answer within 100 ms');
  await silent.close();
});

it('what was aborted before is aborted at once, with its reason', async () => {
  const reason = new Error('before');
  const work = whileNoneIsAborted([unaborted(), AbortSignal.abort(reason)], never);
  await expect(work).rejects.toBe(reason);
});

it('nothing is heard any more once the work has ended', async () => {
  const outer = new AbortController();
  const inner = await whileNoneIsAborted([outer.signal], (signal) => Promise.resolve(signal));
  outer.abort();
  expect(inner.aborted).toBe(false);
});

it('the reason for a time that is over may be given', async () => {
  const reason = new Error('too long');
  await expect(withinTime(1, unaborted(), never, () => reason)).rejects.toBe(reason);
});
