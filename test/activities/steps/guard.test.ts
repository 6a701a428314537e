import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { guard } from '../../../activities/steps/guard';
import { refuse } from '../../../activities/errors/refusal-error';
import type { GateInsertion } from '../../../activities/traffic/insertion';
import { InMemory } from '../traffic/in-memory';
import { FakeLog } from '../fake-log';
import { aPart } from '../../model/owned-parts';

/** Temporal without any rotation, or with one that is under way. */
function temporal(running: boolean): Client {
  const describe = (workflowId: string) =>
    running
      ? Promise.resolve({ workflowId, runId: 'r', status: { name: 'RUNNING' }, memo: {}, raw: {} })
      : Promise.reject(new WorkflowNotFoundError('not found', workflowId, undefined));
  return {
    options: { namespace: 'default' },
    workflow: { getHandle: (workflowId: string) => ({ describe: () => describe(workflowId) }) },
    workflowService: { getWorkflowExecutionHistoryReverse: () => Promise.resolve({}) },
  } as unknown as Client;
}

/** A log between two rotations. */
function standing(): FakeLog {
  const log = new FakeLog().isExposed();
  log.unfinishedOnNext = null;
  return log;
}

const look = (log: FakeLog, running = false) =>
  guard(log.systems(), temporal(running), { log: 'production' });

it('tells what serves, and that each process has loaded what Trillian has', async () => {
  const { serves, drift, unread } = await look(standing());

  expect([...drift, ...unread]).toEqual([]);
  expect(serves).toEqual({
    release: 'slot green',
    treeId: '300',
    state: 'ACTIVE',
    size: 1,
    nextIndex: 31,
    earlierShards: 2,
    gate: 'pass',
    instances: [{ name: 'green', proven: true }],
  });
});

it.each([
  ['gate', true],
  ['rekor', false],
  ['another gate', false],
] as const)('tells whether a gate is inserted that is one for rotations alone: %s', async (leads, now) => {
  const systems = standing().systems();
  const insertion = {
    name: 'Service n/clients',
    leadsTo: () => Promise.resolve(leads),
  } as unknown as GateInsertion;
  const looked = await guard({ ...systems, insertion }, temporal(false), { log: 'production' });
  expect(looked.serves?.inserted).toEqual({ at: 'Service n/clients', now });
});

it('raises no alarm where nobody can tell that, and says nothing of it', async () => {
  const found = { what: 'it', expected: 'this', now: 'that' };
  const leadsTo = () => Promise.reject(refuse('CHANGED_BY_SOMEONE', found));
  const insertion = { name: 'Service n/clients', leadsTo } as unknown as GateInsertion;
  const systems = { ...standing().systems(), insertion };
  const { serves, drift, unread } = await guard(systems, temporal(false), { log: 'production' });
  expect([...drift, ...unread]).toEqual([]);
  expect(serves && 'inserted' in serves).toBe(false);
});

it('says nothing of a gate where none is, and raises no alarm for what only one could know', async () => {
  const log = standing();
  const systems = log.systems();
  const { traffic } = new InMemory(log.gate.instances);
  const { serves, drift, unread, leftovers } = await guard({ ...systems, traffic }, temporal(false), {
    log: 'production',
  });
  expect([...drift, ...unread, ...leftovers]).toEqual([]);
  expect(serves).toMatchObject({ release: 'slot green', treeId: '300' });
  expect(serves && 'gate' in serves).toBe(false);
});

it('finds an order that an interrupted rotation has left, where no gate is', async () => {
  const log = standing();
  const { traffic } = new InMemory(log.gate.instances);
  const { signal } = new AbortController();
  for (const [leaseMs, words] of [
    [60_000, 'an order that has not ended stands in the Lease of the log'],
    [-1, 'the lease of the last order has ended and no order came after it'],
  ] as const) {
    await traffic.hold({ attemptId: 'r/1', number: 7, leaseMs }, signal);
    const { leftovers } = await guard({ ...log.systems(), traffic }, temporal(false), { log: 'production' });
    expect(leftovers).toContain(words);
  }
});

it('tells that what the configuration is applied from is not known to have it, and raises no alarm for that (H10)', async () => {
  const log = standing();
  const part = { ...aPart(), source: 'differs' } as const;
  log.ownership = { parts: [part, { ...aPart(), source: 'agrees' }], heldOffInVain: [] };
  const { serves, drift, unread } = await look(log);

  expect([...drift, ...unread]).toEqual([]);
  expect(serves?.sourceOfTruth).toEqual({ state: 'pending', parts: [part] });
});

it('tells which process has loaded another length', async () => {
  const log = standing();
  const loaded = log.loadedBy('green');
  const [first, ...others] = loaded.inactive;
  Object.assign(log.slots['green'] ?? {}, {
    loaded: { ...loaded, inactive: [{ ...first, loadedLength: 0 }, ...others] },
  });
  const { serves, drift } = await look(log);

  expect(drift.map(({ code }) => code)).toContain('INSTANCE_DIFFERS');
  expect(serves?.instances).toEqual([{ name: 'green', proven: false }]);
});

it('tells what serves also when a process does not answer, but of no process', async () => {
  const log = standing();
  const systems = log.systems();
  const silent = refuse('REKOR_UNREACHABLE', {
    ...{ log: 'production', instance: 'green', url: 'http://127.0.0.1:3002', reason: 'refused' },
  });
  const rekor = { ...systems.rekor, log: () => Promise.reject(silent) };
  const facts = await guard({ ...systems, rekor }, temporal(false), { log: 'production' });

  expect(facts.unread).toMatchObject([{ code: 'REKOR_UNREACHABLE' }]);
  expect(facts.serves).toMatchObject({ release: 'slot green', nextIndex: 31 });
  expect(facts.serves?.instances).toBeUndefined();
});

it('tells nothing of what serves while a rotation runs', async () => {
  expect(await look(standing(), true)).not.toHaveProperty('serves');
});
