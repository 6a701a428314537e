import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { artifactSigner, hashedRekord } from './artifact';
import { readEntry } from './entry';
import { Tally, type Failure, type Figures } from './figures';
import { httpClient, LATE_AFTER_MS, type Answer } from './http';
import { readPlan } from './reads';
import type { Recorder } from './recorder';
import { startUploads } from './uploads';

export interface LoadOptions {
  /** The log's one public address. */
  readonly url: string;
  readonly recorder: Recorder;
  /** Requests per second, sent at even distances whatever becomes of earlier ones. Default 20. */
  readonly writesPerSecond?: number;
  readonly readsPerSecond?: number;
  /** Told of each of the load's own requests when it has ended. */
  readonly ended?: (request: EndedRequest) => void;
  /** Whether connections are used again; default true. */
  readonly keepsConnections?: boolean;
  /** An answer that comes later counts as a failure, in milliseconds; default 5 s. */
  readonly lateAfterMs?: number;
  /** Path of a rekor-cli: then it uploads an artifact every 2 s, and these count as writes. */
  readonly rekorCli?: string;
}

/** One request, and what became of it. */
export interface EndedRequest {
  readonly kind: 'write' | 'read';
  /** Milliseconds since 1970. */
  readonly sentAt: number;
  readonly elapsedMs: number;
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  /** What makes it a failure; null when it is none. */
  readonly fault: string | null;
}

export interface LoadSummary {
  /** Times are of the load's own requests: a run of rekor-cli includes the start of a process. */
  readonly writes: Figures;
  readonly reads: Figures;
  readonly failures: readonly Failure[];
}

/** Clients of a log that never retry, so that whatever fails is seen. */
export interface Load {
  /** Sends nothing new, waits for the requests in flight, and sums up. May be called again. */
  stop(): Promise<LoadSummary>;
  /** What was counted so far. */
  summary(): LoadSummary;
  acknowledged(): number;
  failures(): readonly Failure[];
  /** How many acknowledgements have arrived since a time (milliseconds since 1970). */
  writesAcknowledgedSince(time: number): number;
}

/** Starts writers and readers against one public Rekor URL; open loop, without any retry. */
export function startLoad(options: LoadOptions): Load {
  const { recorder } = options;
  const http = httpClient(options.url, options.keepsConnections);
  const signArtifact = artifactSigner();
  const nextRead = readPlan(recorder);
  const writes = new Tally();
  const reads = new Tally();
  const tallies = { write: writes, read: reads };
  const failures: Failure[] = [];
  const stopping = new AbortController();

  const judge = (
    kind: EndedRequest['kind'],
    request: string,
    answer: Answer,
    sentAt: number,
    fault: string | null,
  ): void => {
    const late =
      answer.elapsedMs > (options.lateAfterMs ?? LATE_AFTER_MS)
        ? `answered after ${Math.round(answer.elapsedMs)} ms`
        : null;
    const reason = fault ?? late;
    const { status, elapsedMs } = answer;
    const tally = tallies[kind];
    tally.time(elapsedMs);
    options.ended?.({ kind, sentAt, elapsedMs, status, fault: reason });
    if (reason === null) return;
    tally.fail();
    failures.push({ time: new Date(sentAt).toISOString(), request, status, body: reason, elapsedMs });
  };

  const write = async (): Promise<void> => {
    writes.attempt();
    const sentAt = Date.now();
    const answer = await http.post('/api/v1/log/entries', hashedRekord(signArtifact()));
    let fault = answer.status === 201 ? null : answer.body;
    try {
      if (answer.status === 201) {
        const entry = readEntry(answer.body);
        const { entryId, treeId, uuid, logIndex } = entry;
        recorder.record({ entryId, treeId, uuid, logIndex, entry, at: Date.now() });
      }
    } catch (error) {
      fault = `${String(error)}: ${answer.body}`;
    }
    judge('write', 'POST /api/v1/log/entries', answer, sentAt, fault);
  };

  const read = async (): Promise<void> => {
    reads.attempt();
    const sentAt = Date.now();
    const { path, faultIn } = nextRead();
    const answer = await http.get(path);
    judge('read', `GET ${path}`, answer, sentAt, answer.status === 200 ? faultIn(answer.body) : answer.body);
  };

  const uploads =
    options.rekorCli === undefined
      ? null
      : startUploads({ url: options.url, rekorCli: options.rekorCli, recorder, tally: writes, failures });
  const senders = [
    sendEvenly(options.writesPerSecond ?? 20, write, stopping.signal),
    sendEvenly(options.readsPerSecond ?? 20, read, stopping.signal),
  ];
  const summary = (): LoadSummary => ({
    writes: writes.figures(),
    reads: reads.figures(),
    failures: [...failures],
  });

  let stopped: Promise<LoadSummary> | null = null;
  const stop = async (): Promise<LoadSummary> => {
    stopping.abort();
    await Promise.all([...senders, uploads?.stop()]);
    await http.close();
    return summary();
  };
  return {
    stop: () => (stopped ??= stop()),
    summary,
    acknowledged: () => recorder.acknowledged().length,
    failures: () => failures,
    writesAcknowledgedSince: (time) => recorder.acknowledged().filter(({ at }) => at >= time).length,
  };
}

/** Sends at even distances until the signal, then waits for all that was sent. What came due late is sent at once. */
async function sendEvenly(perSecond: number, send: () => Promise<void>, signal: AbortSignal): Promise<void> {
  if (perSecond <= 0) return;
  const inFlight = new Set<Promise<void>>();
  const started = performance.now();
  for (let sent = 0; ; sent += 1) {
    const early = started + (sent * 1000) / perSecond - performance.now();
    if (early > 0) await sleep(early, undefined, { signal }).catch(() => undefined);
    else await nextTurn();
    if (signal.aborted) break;
    const request = send().finally(() => inFlight.delete(request));
    inFlight.add(request);
  }
  await Promise.all(inFlight);
}
