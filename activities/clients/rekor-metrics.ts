import type { Instance } from '../../workflows/model/log';
import { errorReason } from '../errors/error-reason';
import { OwnWords } from '../errors/own-words';
import { refuse } from '../errors/refusal-error';
import { freshLines, type FreshRequest } from './http';
import { parseSample, sampleName } from './prometheus';

/** Where Rekor shows its metrics, whatever it is told (rekor: cmd/rekor-server/app/serve.go). */
export const REKOR_METRICS_PORT = 2_112;

/** Counted when a request has been answered, once for each, with whatever status (rekor: configure_rekor_server.go). */
const REQUESTS = 'rekor_qps_by_api';
const ENTRIES_PATH = '/api/v1/log/entries';

/** There from the start, other than what counts requests (rekor: pkg/api/metrics.go). */
const NEW_ENTRIES = 'rekor_new_entries';

/** Written by Prometheus' own client for Go, in seconds since the epoch. */
const STARTED = 'process_start_time_seconds';

/** A page has some hundred lines. Milliseconds. */
const TIMEOUT_MS = 5_000;

/** What one process of Rekor has counted. */
export interface RekorCount {
  /** Of this very process: one that begins anew has another. */
  readonly startedAt: number;
  /** How many new entries it was asked for, and has answered. */
  readonly answeredWrites: number;
}

/**
 * Reads the metrics of one Rekor. Refuses REKOR_METRICS_UNREACHABLE, also for a page that is none of Rekor's.
 *
 * @param log its name in the configuration, for messages.
 */
export async function readRekorCount(
  log: string,
  { name, url }: Instance,
  request: Pick<FreshRequest, 'signal' | 'transport'>,
): Promise<RekorCount> {
  const page = new URL('/metrics', url);
  page.port = String(REKOR_METRICS_PORT);
  let [answeredWrites, startedAt, isOfRekor] = [0, 0, false];
  const take = (line: string): void => {
    const found = sampleName(line);
    if (found === NEW_ENTRIES) isOfRekor = true;
    if (found === STARTED) startedAt = parseSample(line).value;
    if (found !== REQUESTS) return;
    const { labels, value } = parseSample(line);
    if (labels.get('method') === 'POST' && labels.get('path') === ENTRIES_PATH) answeredWrites += value;
  };
  try {
    const { status } = await freshLines(page.href, { ...request, timeoutMs: TIMEOUT_MS }, take);
    if (status !== 200) throw new OwnWords(`it answered ${status}`);
    if (!isOfRekor) throw new OwnWords('these are not the metrics of a Rekor');
    return { startedAt, answeredWrites };
  } catch (error) {
    request.signal.throwIfAborted();
    const reason = errorReason(error);
    throw refuse('REKOR_METRICS_UNREACHABLE', { log, instance: name, url: page.href, reason }, error);
  }
}
