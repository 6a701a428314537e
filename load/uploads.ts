import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Acknowledgement } from './acknowledgement';
import { artifactSigner } from './artifact';
import { splitEntryId } from './entry';
import type { Failure, Tally } from './figures';
import { LATE_AFTER_MS } from './http';
import type { Recorder } from './recorder';

export interface UploadOptions {
  readonly url: string;
  readonly rekorCli: string;
  readonly recorder: Recorder;
  readonly tally: Tally;
  readonly failures: Failure[];
}

const EVERY_MS = 2_000;
const run = promisify(execFile);

/** Uploads a real artifact every 2 s as people do, with rekor-cli, told not to retry. */
export function startUploads(options: UploadOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const ended = uploadUntil(stopping.signal, options);
  return {
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

async function uploadUntil(signal: AbortSignal, options: UploadOptions): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'rekor-uploads-'));
  const signArtifact = artifactSigner();
  const uploads: Promise<void>[] = [];
  try {
    for (let number = 1; !signal.aborted; number += 1) {
      const { bytes, signature, publicKeyPem } = signArtifact();
      const name = (part: string): string => join(directory, `${number}.${part}`);
      await writeFile(name('artifact'), bytes);
      await writeFile(name('signature'), signature);
      await writeFile(name('pem'), publicKeyPem);
      uploads.push(upload(options, name));
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(uploads);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function upload(
  { url, rekorCli, recorder, tally, failures }: UploadOptions,
  name: (part: string) => string,
): Promise<void> {
  const files = [
    '--artifact',
    name('artifact'),
    '--signature',
    name('signature'),
    '--public-key',
    name('pem'),
  ];
  const how = ['--retry', '0', '--format', 'json', '--store_tree_state=false', '--type', 'hashedrekord'];
  tally.attempt();
  const started = performance.now();
  const sentAt = Date.now();
  let fault: string | null;
  try {
    const { stdout } = await run(rekorCli, ['upload', '--rekor_server', url, ...how, ...files]);
    recorder.record(readUpload(stdout));
    fault = performance.now() - started > LATE_AFTER_MS ? 'ended after more than 5 s' : null;
  } catch (error) {
    fault = String(error);
  }
  if (fault === null) return;
  tally.fail();
  const elapsedMs = performance.now() - started;
  failures.push({
    time: new Date(sentAt).toISOString(),
    request: 'rekor-cli upload',
    status: null,
    body: fault,
    elapsedMs,
  });
}

/** Reads what `rekor-cli upload --format json` prints; a 409 counts as a success there, but is no acknowledgement. */
function readUpload(printed: string): Acknowledgement {
  const { Location, Index, AlreadyExists } = JSON.parse(printed) as {
    Location: string;
    Index: number;
    AlreadyExists: boolean;
  };
  if (AlreadyExists) throw new Error(`the log says that it has the entry already: ${printed}`);
  const entryId = Location.slice(Location.lastIndexOf('/') + 1);
  return { entryId, ...splitEntryId(entryId), logIndex: Index, entry: null, at: Date.now() };
}
