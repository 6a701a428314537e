import { verifyAsBundle } from '../../../activities/verification/bundle-check';
import { parseLogEntry, type LogEntry } from '../../../activities/verification/log-entry';
import { readLogKey, type LogKey } from '../../../activities/verification/log-key';
import { LogReader } from '../../../activities/verification/log-reader';
import { NotProven } from '../../../activities/verification/not-proven';
import { FakeLog } from './fake-log';
import { dsse, hashedRekord, hashedRekordWithCertificate } from './leaves';

let log: FakeLog;
let key: LogKey;

beforeAll(async () => {
  const plain = [0, 1, 2].map((n) => hashedRekord(`entry ${n}`, 1_790_000_000));
  log = new FakeLog([
    {
      treeId: '77',
      leaves: [
        ...plain,
        hashedRekordWithCertificate('keyless', 1_790_000_001),
        dsse('payload', 1_790_000_002),
      ],
    },
  ]);
  const reader = new LogReader('test', { url: await log.listen(), field: 'publicUrl' });
  key = await reader.logKey('77', new AbortController().signal);
  await reader.close();
});

afterAll(async () => {
  await log.close();
});

function entry(leaf: number): LogEntry {
  return parseLogEntry(log.entry(log.shard(0), leaf));
}

test('@sigstore/verify accepts an entry with a plain key and one with a certificate', () => {
  expect(verifyAsBundle(entry(1), key, 'https://rekor.example')).toBe(true);
  expect(verifyAsBundle(entry(3), key, 'https://rekor.example')).toBe(true);
});

test('no bundle can be made of a kind that Rekor keeps only hashes of, nor of a leaf that is no JSON', () => {
  expect(verifyAsBundle(entry(4), key, 'https://rekor.example')).toBe(false);
  expect(verifyAsBundle({ ...entry(1), body: Buffer.from('leaf') }, key, 'https://rekor.example')).toBe(
    false,
  );
});

test.each<[string, (honest: LogEntry) => LogEntry]>([
  ['an index that was not promised', (honest) => ({ ...honest, logIndex: honest.logIndex + 1 })],
  ['a time that was not promised', (honest) => ({ ...honest, integratedTime: honest.integratedTime + 1 })],
  ['the body of another leaf', (honest) => ({ ...honest, body: entry(2).body })],
  [
    'the promise of another entry',
    (honest) => ({ ...honest, signedEntryTimestamp: entry(2).signedEntryTimestamp }),
  ],
  ['the proof of another leaf', (honest) => ({ ...honest, proof: entry(2).proof })],
  [
    'a proof without its last hash',
    (honest) => ({ ...honest, proof: { ...honest.proof, path: honest.proof.path.slice(0, -1) } }),
  ],
  [
    'a checkpoint that is not signed',
    (honest) => ({
      ...honest,
      proof: { ...honest.proof, checkpoint: honest.proof.checkpoint.replace('\n5\n', '\n6\n') },
    }),
  ],
])('@sigstore/verify finds %s', (_what, change) => {
  expect(() => verifyAsBundle(change(entry(1)), key, 'https://rekor.example')).toThrow(NotProven);
});

test('@sigstore/verify finds the key or the name of another log', () => {
  expect(() => verifyAsBundle(entry(1), key, 'https://other.host')).toThrow(/invalid checkpoint signature/);
  const other = readLogKey(
    '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE6a6IQwME/o6/GF8VjEaYQf0EOnY7\nSFKHJaqFqaf8+Fp4oDYBBQq7uUTVD/DD5eYuoRo12Ch16lYPW5bRcm4AOw==\n-----END PUBLIC KEY-----\n',
  );
  expect(() => verifyAsBundle(entry(1), other, 'https://rekor.example')).toThrow(NotProven);
});
