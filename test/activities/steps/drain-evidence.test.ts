import {
  drainEvidence,
  requireListedLogServer,
  requireSignersInTime,
} from '../../../activities/steps/drain-evidence';
import { refuse } from '../../../activities/errors/refusal-error';
import type { BoundSystems } from '../../../activities/systems';
import { FakeLog } from '../fake-log';
import { refused } from '../refused';

function systems(metrics: Partial<BoundSystems['metrics']>, withDatabase: boolean): BoundSystems {
  const { queue, ...all } = new FakeLog().systems();
  return { ...all, ...(withDatabase && queue && { queue }), metrics: { ...all.metrics, ...metrics } };
}

describe('the log server that answers', () => {
  it('is refused when its calls are counted on none of the pages (H2)', async () => {
    const elsewhere = systems({ getTreeCalls: () => Promise.resolve(7) }, true);
    const message = await refused('LOG_SERVER_NOT_LISTED', requireListedLogServer(elsewhere, '200'));
    expect(message).toContain('127.0.0.1:8090');
  });

  it('is looked at again when one was restarted meanwhile', async () => {
    const counts = [7, 1, 2, 3];
    const restarted = systems({ getTreeCalls: () => Promise.resolve(counts.shift() ?? 0) }, true);
    await requireListedLogServer(restarted, '200');
    expect(counts).toEqual([]);
  });
});

describe('signers whose metrics cannot be read', () => {
  const broken = {
    signer: () =>
      Promise.reject(
        refuse('METRICS_UNREACHABLE', { log: 'production', url: 'http://signer', reason: 'gone' }),
      ),
  };

  it('stand against nothing with a database, and the plan says that they were not measured', async () => {
    const found = await drainEvidence(systems(broken, true), '200');
    expect(found).toMatchObject({ by: 'queue', pace: null });
    expect(found.unmeasured).toContain('http://signer');
  });

  it('are refused without one', async () => {
    await refused('METRICS_UNREACHABLE', drainEvidence(systems(broken, false), '200'));
  });
});

it('refuses a signer of another Trillian, which has never seen the tree (H1)', async () => {
  let runs = 0;
  const others = systems(
    {
      signer: () =>
        Promise.resolve({
          ...{ runs: (runs += 3), failedRuns: 0, added: 0, signers: 2 },
          ...{ unknownTo: ['http://staging/metrics'], pageBytes: 1 },
        }),
    },
    false,
  );
  const message = await refused('METRICS_UNREACHABLE', drainEvidence(others, '200'));
  expect(message).toContain('http://staging/metrics');
});

it('refuses a signer that would take the handover leaf later than there is time for', async () => {
  const behind = (behindMs: number, criticalSectionMs: number) => {
    const found = systems({ signersBehind: () => Promise.resolve([{ url: 'http://late', behindMs }]) }, true);
    return requireSignersInTime({ ...found, timing: { ...found.timing, criticalSectionMs } });
  };
  await behind(2_250, 2_500);
  expect(await refused('SIGNER_BEHIND', behind(2_251, 2_500))).toContain('http://late');
  await refused('SIGNER_BEHIND', behind(4_001, 10_000));
});
