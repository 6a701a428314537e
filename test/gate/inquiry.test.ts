import { pino } from 'pino';
import type { Clock } from '../../gate/clock';
import { Inquiry, OLDEST_ANSWER_MS } from '../../gate/inquiry';
import type { PeerAnswer } from '../../gate/peers';
import { holdLeaseMs, UNDO_LEASE_MS } from '../../workflows/model/deadlines';

/** A clock that a test sets; whoever waits goes on at once. */
const clock = (times: { now: number }): Clock => ({
  now: () => times.now,
  after: (_delayMs, act) => {
    setImmediate(act);
    return () => undefined;
  },
});

it('goes by no answer to a question that is older than a lease: a process that was stopped reads it when it goes on', async () => {
  const times = { now: 0 };
  const heard: (readonly PeerAnswer[])[] = [];
  let asks = 0;
  const inquiry = new Inquiry({
    ask: () => {
      asks += 1;
      // The first time it is stopped before it reads the answer.
      times.now += asks === 1 ? OLDEST_ANSWER_MS + 1 : OLDEST_ANSWER_MS;
      return Promise.resolve([{ url: 'http://other', state: null, words: `answer ${asks}` }]);
    },
    process: 'one',
    clock: clock(times),
    log: pino({ level: 'silent' }),
  });
  await inquiry.begin({
    informed: false,
    toldPeers: 7,
    hearPeers: (answers, toldPeers) => {
      heard.push(answers);
      return Promise.resolve(toldPeers === 7);
    },
  });
  expect(heard.flat().map(({ words }) => words)).toEqual(['answer 2']);
});

it('takes an answer for old before whoever gives orders leaves out a gate that is silent', () => {
  // The shortest section that a configuration may have.
  const leases = [UNDO_LEASE_MS, holdLeaseMs(500)];
  expect(leases.filter((leaseMs) => leaseMs < OLDEST_ANSWER_MS)).toEqual([]);
});
