import type { GateState, NextNotice, SendOrder } from '../../gate/messages';
import { refuse } from '../../activities/errors/refusal-error';
import { announceNext, expose, sendToCurrent } from '../../activities/steps/writes';
import type { BoundSystems } from '../../activities/systems';

const identity = { log: 'production', rotationId: 'r', attempt: 1, number: 7 };
const inactive = [{ treeId: '100', length: 10 }];
const release = { current: 'blue', next: 'green', currentTreeId: '200', nextTreeId: '300', inactive };
const frozen = { treeId: '200', size: 20 };
const input = { identity, release, frozen, of: release.next } as unknown as Parameters<typeof expose>[1];
const ofCurrent = { activeTreeId: '200', inactive };
const ofNext = { activeTreeId: '300', inactive: [...inactive, { treeId: '200', length: 20 }] };
const bounds = { signal: new AbortController().signal };

function systemsWith(take: (order: SendOrder) => Promise<GateState>): BoundSystems {
  const url = (name: string): string =>
    ({ blue: 'http://127.0.0.1:1', green: 'http://127.0.0.1:2' })[name] ?? '';
  return {
    bounds,
    traffic: { send: take, state: () => Promise.resolve({ instances: [url('blue')] }) },
    installation: {
      addresses: (name: string) => [url(name)],
      serves: (name: string, serving: readonly string[]) => Promise.resolve(serving.includes(url(name))),
      settledInto: () => Promise.resolve(null),
    },
  } as unknown as BoundSystems;
}

describe('sending writes back to the current release', () => {
  it('carries a number above the exposure, so that one that lands late is refused (H8)', async () => {
    const orders: SendOrder[] = [];
    const systems = systemsWith((taken) => {
      orders.push(taken);
      return Promise.resolve({} as GateState);
    });
    await expose(systems, input);
    await sendToCurrent(systems, input);
    expect(orders).toEqual([
      { attemptId: 'r/1', number: 7, instances: ['http://127.0.0.1:2'], shards: ofNext },
      { attemptId: 'r/1', number: 8, instances: ['http://127.0.0.1:1'], shards: ofCurrent },
    ]);
  });

  it('says nothing of shards for a superseding attempt, whose serving slot may know fewer (H12)', async () => {
    const orders: SendOrder[] = [];
    const systems = systemsWith((taken) => {
      orders.push(taken);
      return Promise.resolve({} as GateState);
    });
    const superseding = {
      ...input,
      release: { ...input.release, supersedes: { trees: [input.release.currentTreeId], unnamed: 1 } },
    };
    await sendToCurrent(systems, superseding);
    expect(orders.map(({ shards }) => shards)).toEqual([undefined]);
  });

  it('leaves a gate alone that follows a later order, and hides no other refusal', async () => {
    const later = systemsWith(() =>
      Promise.reject(refuse('GATE_ORDER_REFUSED', { number: 8, has: 9, mode: 'pass' })),
    );
    await expect(sendToCurrent(later, input)).resolves.toBeUndefined();
    await expect(expose(later, input)).rejects.toMatchObject({
      refusal: { code: 'GATE_ORDER_REFUSED' },
    });
    const away = systemsWith(() =>
      Promise.reject(
        refuse('GATE_UNREACHABLE', { log: 'production', url: 'http://127.0.0.1:3', reason: 'refused' }),
      ),
    );
    await expect(sendToCurrent(away, input)).rejects.toMatchObject({
      refusal: { code: 'GATE_UNREACHABLE' },
    });
  });
});

describe('the announcement of the next release', () => {
  const systemsHearing = (hear: (notice: NextNotice) => Promise<GateState>): BoundSystems => {
    const { installation } = systemsWith(() => Promise.reject(new Error('no order')));
    return { bounds, installation, traffic: { announce: hear } } as unknown as BoundSystems;
  };

  it('says what exposure will say', async () => {
    const notices: NextNotice[] = [];
    const systems = systemsHearing((notice) => {
      notices.push(notice);
      return Promise.resolve({} as GateState);
    });
    await announceNext(systems, input);
    expect(notices).toEqual([{ number: 7, instances: ['http://127.0.0.1:2'], shards: ofNext }]);
  });

  it('is needed by nothing: a gate that does not take it costs no attempt, and a fault of ours shows', async () => {
    const late = refuse('GATE_ORDER_REFUSED', { number: 7, has: 9, mode: 'pass' });
    await announceNext(
      systemsHearing(() => Promise.reject(late)),
      input,
    );
    const fault = systemsHearing(() => Promise.reject(new TypeError('x is not a function')));
    await expect(announceNext(fault, input)).rejects.toThrow(TypeError);
  });
});
