import { setTimeout as pause } from 'node:timers/promises';
import { sendElsewhere, sendTo } from '../../faults/chosen-calls';
import type { HttpMatch } from '../../faults/http-proxy';
import type { Passed } from '../../harness/balancer';
import type { GateUnderTest } from '../../harness/gates';
import type { LogUnderTest } from '../../harness/log-under-test';
import { caughtIn } from '../../harness/moments';
import { formsAmong, gateFault, type GateFault } from './gate-faults';
import { expectOutcome } from './outcome';
import { useLog } from './use-log';

/** In each of them a rotation while a gate breaks: `ALL_GATE_SEEDS=1` runs all, and prints a line for each. */
const all = Array.from({ length: 20 }, (_, position) => gateFault(position + 1));
const sample = [7, 11, 14, 15].map(gateFault);
const runsAll = process.env['ALL_GATE_SEEDS'] === '1';

/** Trees pile up, and each Rekor reads them all when it starts: after some seeds a new log is taken. */
const logs = runsAll ? [all.slice(0, 7), all.slice(7, 14), all.slice(14)] : [sample];

describe.each(logs.map((faults) => ({ faults })))(
  'one of two gates, in a rotation under load',
  ({ faults }) => {
    // A gate that is away when writes are to be held is waited for: so often the rotation begins again.
    const log = useLog({ gates: 2, rotation: { attempts: 10 } });

    it.each(faults)(
      '$ends in $step (seed $seed), costs nothing but what was in flight on it when it was killed',
      async (fault) => {
        const serving = await log.serving();
        const gate = log.gates.find(({ name }) => name === fault.gate);
        const { balancer } = log;
        if (!gate || !balancer) throw new Error('There are not two gates.');
        await log.readsThroughEach.results();
        const before = gate.savedState();
        const passedBefore = balancer.passed.length;
        const catching = caughtIn(log, fault.step, serving);
        const load = log.load(16);
        await log.expectWritable();
        const rotation = await log.start();
        const caught = await catching;
        const broken = breaks(gate, fault, before);
        // A gate that is stopped ends what it has, which may wait for the call that is caught.
        if (fault.ends === 'killed') await broken.ended;
        caught.release();
        const result = await log.result(rotation);
        const endedAt = await broken.ended;
        await broken.back;
        expectOutcome(result, 'completed');
        await log.expectWritable();
        const { failures } = await load.stop();

        const passed = balancer.passed.slice(passedBefore);
        const cut = passed.filter(({ status }) => status === null);
        const reads = await log.readsThroughEach.results();
        if (runsAll) {
          const { attempts } = result;
          const failed = failures.map(({ request, status, body }) => `${request}: ${status ?? body}`);
          const counts = {
            attempts,
            requests: passed.length,
            failed,
            found: reads.found,
            unanswered: reads.unanswered,
          };
          process.stdout.write(`${JSON.stringify({ ...fault, ...counts })}\n`);
        }
        // Whoever was answered, was answered well.
        expect(failures.filter(({ status }) => status !== null)).toEqual([]);
        expect(failures.length).toBeLessThanOrEqual(cut.length);
        expect(cut.filter(({ gate: by, at }) => by !== fault.gate || at > endedAt)).toEqual([]);
        expect(fault.ends === 'killed' ? [] : cut).toEqual([]);
        expect(reads.missing).toEqual([]);
        expect(reads.found).toBeGreaterThan(0);
        expect(answeredByFormer(passed, serving.current, switchedAt(log, serving.next))).toEqual([]);
        await log.expectNothingLost();
        expect((await log.snapshot()).gate).toEqual({ mode: 'pass', slot: serving.next });
      },
    );

    it('has lost nothing in any of these', async () => {
      await log.expectNothingEverLost();
    });
  },
);

describe('the faults of two gates', () => {
  it('are of every kind in the seeds that are always run', () => {
    expect(formsAmong(sample)).toEqual(formsAmong(all));
  });
});

interface Broken {
  /** When it had ended; milliseconds since 1970. */
  readonly ended: Promise<number>;
  /** Resolves when it serves again. */
  readonly back: Promise<void>;
}

/** Ends a gate, and brings it back. */
function breaks(gate: GateUnderTest, { ends, awayMs, stale }: GateFault, before: string | null): Broken {
  const ended = (ends === 'killed' ? gate.kill() : gate.stop()).then(() => Date.now());
  const back = ended.then(async () => {
    if (stale) gate.putBack(before);
    await pause(awayMs);
    await gate.start();
  });
  // Both are waited for later.
  ended.catch(() => undefined);
  back.catch(() => undefined);
  return { ended, back };
}

/**
 * When the switch was answered, or a little later: every gate is switched before the first of them is told to send writes that
 * waited. An order that was taken back afterwards does not count.
 */
function switchedAt({ workers, slotUrls }: LogUnderTest, next: 'blue' | 'green'): number {
  const calls = workers.flatMap(({ gates }) => gates.flatMap((gate) => gate.calls));
  const timesOf = ({ method, path, where }: HttpMatch): number[] =>
    calls
      .filter((call) => call.method === method && path.test(call.path) && where?.(call.body, call.headers))
      .map(({ at }) => at);
  const takenBackAt = Math.max(0, ...timesOf(sendElsewhere(slotUrls[next])));
  const times = timesOf(sendTo(slotUrls[next])).filter((at) => at > takenBackAt);
  expect(times).not.toEqual([]);
  return Math.min(...times);
}

/** The requests that the former Rekor has answered although they were made after the switch. */
function answeredByFormer(passed: readonly Passed[], former: string, since: number): readonly Passed[] {
  return passed.filter(({ answeredBy, at }) => answeredBy === former && at > since);
}
