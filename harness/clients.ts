import { artifactSigner, hashedRekord } from '../load/artifact';
import type { Acknowledgement } from '../load/acknowledgement';
import { checkAcknowledgements } from '../load/check';
import { readEntry } from '../load/entry';
import { startLoad, type Load } from '../load/load';
import type { Recorder } from '../load/recorder';
import { PATIENCE_MS, until } from './waiting';

/** How long one upload may take, in milliseconds: how long writes really wait is for the bench to say. */
const UPLOAD_MS = 30_000;

/** So many entries from before a test are looked at again in it. */
const EARLIER = 20;

/** What clients of the log do, and what they must find again. */
export interface Clients {
  /** Clients without retries, with so many writes a second, which keep connections or not; the caller stops them. */
  load(writesPerSecond?: number, keepsConnections?: boolean): Load;
  /** An upload is acknowledged; it is recorded like those of the load. */
  expectWritable(): Promise<void>;
  /** One upload to this base URL; recorded when it is acknowledged. Throws when it is not. */
  upload(url: string): Promise<void>;
  /** Everything acknowledged since `settled`, and some from before: each is there, none twice, with a valid proof. */
  expectNothingLost(): Promise<void>;
  /** The same for every entry that was ever acknowledged; takes long after many tests. */
  expectNothingEverLost(): Promise<void>;
  /** `expectWritable`, and then `expectNothingLost`. */
  expectGoesOn(): Promise<void>;
  /** What is acknowledged from now on is what `expectNothingLost` is about. */
  settled(): void;
}

export function clientsOf(publicUrl: string, recorder: Recorder): Clients {
  const signArtifact = artifactSigner();
  let settledAt = 0;
  const upload = async (url: string): Promise<void> => {
    const response = await fetch(`${url}/api/v1/log/entries`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: hashedRekord(signArtifact()),
      signal: AbortSignal.timeout(UPLOAD_MS),
    });
    const text = await response.text();
    if (response.status !== 201) {
      throw new Error(`an upload was answered ${response.status}: ${text}`);
    }
    const entry = readEntry(text);
    recorder.record({ ...entry, entry, at: Date.now() });
  };
  const expectKept = async (acknowledged: readonly Acknowledgement[]): Promise<void> => {
    const { wrong, ...counts } = await checkAcknowledgements(publicUrl, acknowledged);
    const { length } = acknowledged;
    const { lostEntries, duplicateIndexes, proofsVerified } = counts;
    const whole = counts.acknowledged === length && proofsVerified === length;
    if (wrong.length > 0 || lostEntries > 0 || duplicateIndexes > 0 || !whole) {
      throw new Error([`Of ${length} entries: ${JSON.stringify(counts)}`, ...wrong].join('\n  '));
    }
  };
  const expectWritable = async (): Promise<void> => {
    await until('an upload to be acknowledged', PATIENCE_MS, () => upload(publicUrl).then(() => true));
  };
  const expectNothingLost = (): Promise<void> =>
    expectKept(recorder.acknowledged().slice(Math.max(settledAt - EARLIER, 0)));
  return {
    load: (writesPerSecond = 8, keepsConnections = true) =>
      startLoad({
        ...{ url: publicUrl, recorder, writesPerSecond, readsPerSecond: 4, keepsConnections },
        lateAfterMs: UPLOAD_MS,
      }),
    upload,
    expectWritable,
    expectNothingLost,
    expectGoesOn: async () => {
      await expectWritable();
      await expectNothingLost();
    },
    expectNothingEverLost: () => expectKept(recorder.acknowledged()),
    settled: () => (settledAt = recorder.acknowledged().length),
  };
}
