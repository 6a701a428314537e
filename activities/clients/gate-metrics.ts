import { freshLines, type FreshRequest } from './http';
import { parseSample, sampleName } from './prometheus';

const REQUESTS = 'rekor_rotate_gate_requests_total';

/**
 * How many writes a gate has answered with a status of 4xx since it began, by its metrics (gate/metrics.ts); undefined where
 * it cannot be asked, or does not say.
 */
export async function writesRefusedAt(
  url: string,
  request: Pick<FreshRequest, 'signal' | 'timeoutMs'>,
): Promise<number | undefined> {
  let refused: number | undefined;
  const take = (line: string): void => {
    if (sampleName(line) !== REQUESTS) return;
    const { labels, value } = parseSample(line);
    if (labels.get('kind') === 'write' && labels.get('status') === '4xx') refused = value;
  };
  await freshLines(url, request, take).catch(() => undefined);
  request.signal.throwIfAborted();
  return refused;
}
