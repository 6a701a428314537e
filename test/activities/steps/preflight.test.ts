import { isFailed } from '../../../workflows/model/checks';
import { preflight } from '../../../activities/steps/preflight';
import { refuse } from '../../../activities/errors/refusal-error';
import type { BoundSystems } from '../../../activities/systems';
import type { LeadsTo } from '../../../activities/traffic/insertion';
import { planRotation } from '../../../workflows/model/plan';
import { FakeLog, identity } from '../fake-log';

const { log } = identity;
const wrong = { log, url: 'http://127.0.0.1', reason: 'no answer' };

/** A log in good order: nothing is left of the attempt that the fake begins with. */
function inOrder(): FakeLog {
  const fake = new FakeLog();
  delete fake.trees['300'];
  fake.slots['green'] = { active: '100', inactive: [] };
  fake.unfinishedOnNext = null;
  return fake;
}

function systemsOf(fake: FakeLog): BoundSystems {
  const systems = fake.systems();
  const rehearse = () => Promise.resolve({ hostname: '127.0.0.1', logId: 'one key', shards: [] });
  return { ...systems, verifier: { rehearse } as unknown as BoundSystems['verifier'] };
}

async function looked(change: (systems: BoundSystems) => void = () => undefined, fake = inOrder()) {
  const systems = systemsOf(fake);
  change(systems);
  // Nothing answers later than it does at first, so nothing is waited for.
  const bounds = { ...systems.bounds, remainingMs: () => 0 };
  return planRotation({ log }, await preflight({ ...systems, bounds }, { log }));
}

const passedIn = ({ checks }: Awaited<ReturnType<typeof looked>>) =>
  checks.filter(({ state }) => state === 'ok').map(({ code }) => code);
const failedIn = ({ checks }: Awaited<ReturnType<typeof looked>>) =>
  checks.flatMap((check) => (isFailed(check) ? [`${check.code}: ${check.reason}`] : []));

describe('preflight', () => {
  it('says of a log in good order everything that it looked at, and what was found', async () => {
    const result = await looked();
    expect(result).toHaveProperty('plan');
    expect(failedIn(result)).toEqual([]);
    expect(result.checks.map(({ found }) => found)).toEqual(
      expect.arrayContaining([
        "Trillian's log server at 127.0.0.1:8090 answers. It has 2 trees.",
        'Trillian has every tree that the configuration names: 2, with 30 entries.',
        "Trillian's database shows tree 200 as Trillian has it.",
        'http://127.0.0.1:3000 (logs.production.publicUrl) serves all that a verification reads, and its newest entry, if it has one, verifies.',
        'Checkpoints are signed as "127.0.0.1", as logs.production.publicUrl says.',
        'Writes are sent to http://127.0.0.1:3001, and no other shards than the configured ones are known there.',
      ]),
    );
  });

  const unreadable = () => Promise.reject(refuse('METRICS_UNREACHABLE', wrong));
  it.each<[check: string, reason: string, (systems: BoundSystems) => void]>([
    [
      'LOG_SERVERS_MEASURED',
      'METRICS_UNREACHABLE',
      ({ metrics }) => (metrics.queueLeafInFlight = unreadable),
    ],
    [
      'CHANGES_KNOWN',
      'FILE_UNREADABLE',
      ({ installation }) =>
        (installation.plan = () =>
          Promise.reject(refuse('FILE_UNREADABLE', { path: '/etc/rekor/green.env', reason: 'no' }))),
    ],
    [
      'SIGNERS_IN_TIME',
      'SIGNER_BEHIND',
      ({ metrics }) => {
        metrics.signersBehind = () => Promise.resolve([{ url: 'http://127.0.0.1', behindMs: 60_000 }]);
      },
    ],
    [
      'LOG_SERVER_LISTED',
      'LOG_SERVER_NOT_LISTED',
      ({ metrics }) => (metrics.getTreeCalls = () => Promise.resolve(1)),
    ],
    [
      'LOG_CAN_BE_VERIFIED',
      'OPERATION_SWITCHED_OFF',
      ({ verifier }) => {
        const found = { url: 'http://127.0.0.1', request: 'GET /api/v1/log', operation: 'getLogInfo' };
        verifier.rehearse = ({ field }) =>
          field.endsWith('publicUrl')
            ? Promise.reject(refuse('OPERATION_SWITCHED_OFF', found))
            : Promise.resolve({ hostname: '127.0.0.1', logId: 'one key', shards: [] });
      },
    ],
  ])('fails %s alone with %s, and keeps what it found right beside it', async (check, reason, change) => {
    const [good, result] = [await looked(), await looked(change)];
    expect(failedIn(result)).toEqual([`${check}: ${reason}`]);
    expect(result).toMatchObject({ refusals: [{ code: reason }] });
    const read = [
      'TRILLIAN_ANSWERS',
      'TRAFFIC_ANSWERS',
      'CONFIGURATION_READ',
      'TREES_READ',
      'DRAIN_PROVABLE',
    ];
    expect(passedIn(result)).toEqual(expect.arrayContaining(read));
    expect(passedIn(good)).toEqual(expect.arrayContaining(passedIn(result)));
  });

  it('says what stands against a rotation by the facts together with what stands against it by a look', async () => {
    const fake = inOrder();
    fake.running.add('green');
    const result = await looked(({ metrics }) => {
      metrics.signersBehind = () => Promise.resolve([{ url: 'http://127.0.0.1', behindMs: 60_000 }]);
    }, fake);
    expect(failedIn(result)).toEqual(['SIGNERS_IN_TIME: SIGNER_BEHIND', 'NEXT_IDLE: NEXT_IS_RUNNING']);
  });

  it('fails LISTS_AGREE where a handover leaf tells of another list, and says so beside all else', async () => {
    const fake = new FakeLog().isExposed();
    fake.slots['green'] = { active: '300', inactive: ['100'] };
    const result = await looked(undefined, fake);
    expect(failedIn(result)).toContain('LISTS_AGREE: LIST_DRIFTED');
    expect(passedIn(result)).toContain('CURRENT_TREE_ACTIVE');
  });

  it('warns of a host name that is not in the public address', async () => {
    const result = await looked(({ verifier }) => {
      verifier.rehearse = () => Promise.resolve({ hostname: 'rekor.other', logId: 'one key', shards: [] });
    });
    expect(result).toHaveProperty('plan');
    expect(failedIn(result)).toEqual(['HOST_NAME_EXPECTED: HOSTNAME_NOT_IN_ADDRESS']);
    expect(result.checks).toContainEqual(expect.objectContaining({ state: 'warning' }));
  });

  describe('of a log whose gate is inserted for rotations alone', () => {
    const leading = (leads: LeadsTo) => (systems: BoundSystems) =>
      Object.assign(systems, {
        insertion: { name: 'Service n/clients', leadsTo: () => Promise.resolve(leads) },
      });

    it('passes while clients come through it, and is refused with the command before and after', async () => {
      const inserted = await looked(leading('gate'));
      expect(inserted).toHaveProperty('plan');
      expect(passedIn(inserted)).toContain('GATE_INSERTED');
      for (const leads of ['rekor', 'another gate'] as const) {
        const result = await looked(leading(leads));
        expect(failedIn(result)).toEqual(['GATE_INSERTED: GATE_NOT_INSERTED']);
        const check = result.checks.find(({ code }) => code === 'GATE_INSERTED');
        expect(check).toMatchObject({
          state: 'refused',
          remedy: expect.stringContaining('`rekor-rotate gate insert production`') as string,
        });
      }
    });

    it('asks nothing of it for a rehearsal, which sends no client anywhere', async () => {
      const systems = leading('rekor')(systemsOf(inOrder()));
      const bounds = { ...systems.bounds, remainingMs: () => 0 };
      const request = { log, rehearse: true } as const;
      const result = planRotation(request, await preflight({ ...systems, bounds }, request));
      expect(failedIn(result)).toEqual([]);
      expect(passedIn(result)).not.toContain('GATE_INSERTED');
    });
  });

  it('still says what answered where a part that a plan needs cannot be read', async () => {
    const result = await looked(({ traffic }) => {
      traffic.state = () => Promise.reject(refuse('GATE_UNREACHABLE', wrong));
    });
    expect(failedIn(result)).toEqual(['TRAFFIC_ANSWERS: GATE_UNREACHABLE']);
    expect(passedIn(result)).toEqual(['TRILLIAN_ANSWERS', 'LOG_SERVERS_MEASURED']);
  });
});
