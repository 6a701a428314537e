import { useLog } from './use-log';

/** The file says 100 ms, or leaves that out; the signer was started with a pause of two seconds. */
const log = useLog({
  lab: { signerFlags: ['--sequencer_interval=2s'] },
  // The section's usual time: in that of the labs even this signer would be through.
  rotation: { criticalSection: '2.5s' },
});

it.each([
  ['with a database', true, 'the entries on their way need one, the handover leaf another'],
  ['by the signer alone', false, 'without a database it waits for 4 of them'],
])('is measured and refused before any write waits, proven %s', async (_how, withDatabase, words) => {
  await log.reconfigure((section) => {
    if (!withDatabase) {
      delete section.trillian.database;
    }
  });
  const before = await log.snapshot();
  const result = await log.rotate();
  expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'DRAIN_DOES_NOT_FIT' }] });
  expect(result.reason).toContain(words);
  expect(result.reason).toContain('signerInterval says 100 ms');
  expect(log.gate.calls.filter(({ path }) => path.startsWith('/order/'))).toEqual([]);
  expect(await log.snapshot()).toEqual(before);
});
