import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import {
  type ActivityBounds,
  type KeptSteps,
  withinBounds,
} from '../../../activities/bounds/activity-bounds';
import { retryWhileUnreachable } from '../../../activities/bounds/retry-while-unreachable';
import { CallOutcomeUnknown, CallTooLate } from '../../../activities/clients/call-bounds';
import { refuse } from '../../../activities/errors/refusal-error';
import { REPORT_MS } from '../../../workflows/model/deadlines';
import { refusal } from '../../../workflows/model/refusals';
import { rejected } from '../refused';

/** Runs one try of an activity that may act for so many milliseconds and a little more. */
function tryOf(
  ms: number,
  act: (bounds: ActivityBounds, environment: MockActivityEnvironment) => Promise<unknown>,
  steps: KeptSteps = { times: {}, began: [] },
  waitedMs = 0,
): Promise<unknown> {
  const scheduledTimestampMs = Date.now() - waitedMs;
  const givenUpMs = ms + REPORT_MS;
  const times = {
    startToCloseTimeoutMs: givenUpMs,
    scheduleToCloseTimeoutMs: givenUpMs,
    scheduledTimestampMs,
  };
  const environment = new MockActivityEnvironment(times, { logger: new DefaultLogger('ERROR') });
  return environment.run(() => withinBounds('step', steps, (bounds) => act(bounds, environment)));
}

describe('a try of an activity', () => {
  it('keeps which steps it had begun and done when one fails', async () => {
    const steps: KeptSteps = { times: {}, began: [] };
    const failing = tryOf(
      60_000,
      async (bounds) => {
        await bounds.step('hold', () => Promise.resolve());
        await bounds.step('freeze', () => Promise.reject(new Error('it broke')));
      },
      steps,
    );
    await expect(failing).rejects.toThrow('it broke');
    expect(steps.began).toEqual(['hold', 'freeze']);
    expect(Object.keys(steps.times)).toEqual(['hold']);
  });

  it('hands what it keeps to the next try with its signs of life, or what it was handed itself', async () => {
    const told = async (handed: unknown, act: (bounds: ActivityBounds) => void): Promise<unknown> => {
      const info = { startToCloseTimeoutMs: 60_000, heartbeatDetails: handed };
      const environment = new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
      const sign = new Promise((resolve) => environment.on('heartbeat', resolve));
      await environment.run(() =>
        withinBounds('step', { times: {}, began: [] }, async (bounds) => {
          expect(bounds.kept).toEqual(handed);
          act(bounds);
          await sign;
        }),
      );
      return await sign;
    };
    expect(await told(undefined, () => undefined)).toBeUndefined();
    expect(await told({ seen: 1 }, () => undefined)).toEqual({ seen: 1 });
    expect(await told({ seen: 1 }, (bounds) => bounds.keep({ seen: 2 }))).toEqual({ seen: 2 });
  });

  it('is not reported as cancelled before an unanswered change can land no more (H8)', async () => {
    const lands = Date.now() + 300;
    const error = await rejected(
      tryOf(60_000, async ({ unanswered, signal }, environment) => {
        unanswered?.add({ mayLandUntil: lands });
        environment.cancel();
        await new Promise((resolve) => setTimeout(resolve, 10));
        signal.throwIfAborted();
      }),
    );
    expect(error).toBeInstanceOf(CancelledFailure);
    expect(Date.now()).toBeGreaterThanOrEqual(lands);
  });

  it('counts what it waited for a worker, and sends nothing once Temporal has given it up (H8)', async () => {
    const scheduled = Date.now() - 30_000;
    const notAfter = await tryOf(60_000, (bounds) => Promise.resolve(bounds.notAfter), undefined, 30_000);
    expect(notAfter).toBeLessThanOrEqual(scheduled + 60_000);
  });

  it('says that its time was over also where a call saw that a moment before', async () => {
    const tooLate = tryOf(60_000, (bounds) =>
      bounds.step('verify', () => Promise.reject(new CallTooLate('ListTrees'))),
    );
    expect(await rejected(tooLate)).toMatchObject({ refusal: { code: 'BUDGET_EXCEEDED' } });
  });

  it('ends before Temporal gives it up, naming the step that ran', async () => {
    const error = await rejected(
      tryOf(300, (bounds) =>
        bounds.step(
          'freeze',
          () =>
            new Promise((_, reject) => {
              bounds.signal.addEventListener('abort', () => reject(new Error('aborted')));
            }),
        ),
      ),
    );
    expect(error).toMatchObject({ refusal: { code: 'BUDGET_EXCEEDED' } });
    expect(String(error)).toContain('freeze');
  });

  it('says at its end what was not answered, and not only that its time was over', async () => {
    // In the order of one event loop, however slow that is: Temporal gives the try up half a second later.
    let givenUp = false;
    const givesUp = setTimeout(() => (givenUp = true), 400 + REPORT_MS);
    const error = await rejected(
      tryOf(400, (bounds) =>
        retryWhileUnreachable(bounds, () => {
          const mayLandUntil = Math.min(Date.now() + 150, bounds.notAfter);
          bounds.unanswered?.add({ mayLandUntil });
          const found = { log: 'production', address: '127.0.0.1:8090', reason: 'no answer to UpdateTree' };
          return Promise.reject(new CallOutcomeUnknown(refusal('TRILLIAN_UNREACHABLE', found), mayLandUntil));
        }),
      ),
    );
    expect(error).toMatchObject({ refusal: { code: 'TRILLIAN_UNREACHABLE' } });
    expect(String(error)).toContain('no answer to UpdateTree');
    expect(givenUp).toBe(false);
    clearTimeout(givesUp);
  });

  it('repeats what cannot be reached, and nothing that was refused', async () => {
    const away = refuse('GATE_UNREACHABLE', { log: 'production', url: '', reason: 'refused' });
    let tries = 0;
    const reached = tryOf(60_000, (bounds) =>
      retryWhileUnreachable(bounds, () => ((tries += 1) < 3 ? Promise.reject(away) : Promise.resolve(tries))),
    );
    await expect(reached).resolves.toBe(3);
    tries = 0;
    const no = refuse('CHANGED_BY_SOMEONE', { what: 'it', expected: 'a', now: 'b' });
    const refusedAtOnce = tryOf(60_000, (bounds) =>
      retryWhileUnreachable(bounds, () => {
        tries += 1;
        return Promise.reject(no);
      }),
    );
    await expect(refusedAtOnce).rejects.toBe(no);
    expect(tries).toBe(1);
  });
});
