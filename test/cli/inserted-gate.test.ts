import { guardianLines, unknownGuardian } from '../../cli/guardian-status';
import { insertedText, movedText, removedText, seenText } from '../../cli/inserted-gate-text';
import type { PastGateEnd } from '../../activities/steps/past-gate';
import { refusal } from '../../workflows/model/refusals';
import { example } from '../config/example';
import { saidBy } from './recording-terminal';
import { aServing } from './results';

const log = 'production';
const service = 'Service rekor-system/rekor-server';
const end: PastGateEnd = {
  ...{ quiet: true, quietForMs: 60_000, passed: 0, passedLately: 0, throughGate: 480, tookMs: 61_000 },
  unread: null,
};
const inserted = (waited: PastGateEnd | null) => ({ log, service, changed: true, waited });
const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
const ended = (waited: PastGateEnd | null) => oneLine(insertedText(inserted(waited), 60_000, 80));

describe('gate', () => {
  it('without a name of a log runs nothing, and says which option is missing', async () => {
    expect(await saidBy(['gate', '-c', example])).toMatchObject({
      code: 2,
      words: expect.stringContaining('Name the log of the configuration: --log NAME.') as string,
    });
  });
});

describe.each(['insert', 'remove'])('gate %s', (action) => {
  const gate = (...words: readonly string[]) => saidBy(['gate', action, ...words]);

  it('says which log is missing, and which there are', async () => {
    const { code, words } = await gate('-c', example);
    expect(code).toBe(2);
    expect(words).toContain('Name the log of the configuration: LOG. It has production.');
  });

  it('is refused for a log whose gate always stands there, with exit code 2', async () => {
    const { code, words } = await gate(log, '-c', example);
    expect(code).toBe(2);
    expect(words).toContain('logs.production.gate.insertedAt is absent');
  });
});

it('gate insert refuses wrong times, all at once', async () => {
  const wrong = ['--quiet-for', '0', '--within', 'ever'];
  const { code, words } = await saidBy(['gate', 'insert', log, '-c', example, ...wrong]);
  expect(code).toBe(2);
  expect(words).toContain('--quiet-for is 0; it must be a whole number from 1 to 86400');
  expect(words).toContain('--within is ever; it must be a whole number from 1 to 86400');
  const longer = ['--quiet-for', '60', '--within', '30'];
  expect((await saidBy(['gate', 'insert', log, '-c', example, ...longer])).words).toContain(
    '--quiet-for is 60, and --within is 30: nobody could be quiet for so long',
  );
});

describe('who inserts a gate', () => {
  it('is told at once whether clients are led to it only now', () => {
    expect(movedText({ log, service, changed: true })).toBe(
      `${service} leads new connections of clients to the write gate now.`,
    );
    expect(movedText({ log, service, changed: false })).toContain('Nothing has been changed.');
  });

  it('is told meanwhile what passes it, or why that is not known', () => {
    const seen = { ...end, quietForMs: 4_200, passedLately: 1, throughGate: 7 };
    expect(seenText(seen, 60_000)).toBe(
      'In the last 60 s 1 write passed the gate, and 7 came through it since the beginning. None has passed for 4 s.',
    );
    const found = { log, instance: 'one', url: 'http://10.0.0.7:2112/metrics', reason: 'it is away' };
    const unread = refusal('REKOR_METRICS_UNREACHABLE', found);
    expect(seenText({ ...seen, unread }, 60_000)).toContain(
      'http://10.0.0.7:2112/metrics cannot be read: it is away',
    );
  });

  it('is told in the end what to do next', () => {
    expect(ended(end)).toContain(
      'For 60 s no write has reached Rekor past the gate. 480 writes came through it.',
    );
    expect(ended(end)).toContain('`rekor-rotate rotate production`');
    expect(ended(end)).toContain('`rekor-rotate gate remove production`');
    expect(ended(end)).not.toContain('Nobody has written anything');
    // Nothing has shown then that no connection is left.
    expect(ended({ ...end, throughGate: 0 })).toContain(
      'a connection that is kept, and idle, may still pass it',
    );
    expect(ended(null)).toContain('Nobody has waited');
  });

  it('is told how many writes a rotation would fail, and that no index is given twice', () => {
    const passing = { ...end, quiet: false, quietForMs: 3_000, passed: 31, passedLately: 5, tookMs: 600_000 };
    expect(ended(passing)).toContain(
      'After 600 s writes may still pass the gate: 5 writes in the last 60 s, and 31 in all.',
    );
    expect(ended(passing)).toContain('A rotation now would fail those that pass it meanwhile');
    expect(ended(passing)).toContain('No index is ever given twice.');
    expect(ended(passing)).toContain('The gate stays inserted.');
  });
});

it('who takes a gate out is told what clients still use', () => {
  expect(oneLine(removedText({ log, service, changed: true }, 80))).toContain(
    'leads to Rekor again, exactly as before. Connections that clients have kept still come through the gate',
  );
  expect(removedText({ log, service, changed: false }, 80)).toContain('Nothing was inserted there.');
});

it('the status says whether a gate is inserted that is one for rotations alone, and nothing of any other', () => {
  const lines = (now?: boolean) =>
    oneLine(
      guardianLines(
        {
          ...unknownGuardian('nobody asks'),
          serves: { ...aServing(), ...(now !== undefined && { inserted: { at: service, now } }) },
        },
        200,
      ).join('\n'),
    );
  expect(lines(true)).toContain(`Gate inserted at ${service}: clients come through the gate`);
  expect(lines(false)).toContain(`Gate not inserted at ${service}: clients reach Rekor without it`);
  expect(lines()).not.toContain('inserted');
});
