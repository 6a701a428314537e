import { RekorLog } from '../../quiet-hours/rekor-log';
import type { LogRequests } from '../../activities/clients/log-requests';
import { forever } from './asking';

/**
 * How many entries lie before each time, as a person with curl would find out: by a binary search for each of them over all
 * virtual indexes, an entry at a time. It remembers nothing of what it found for another time.
 */
export async function plainSearch(requests: LogRequests, times: readonly number[]): Promise<number[]> {
  const shards = await new RekorLog(requests).shards(forever);
  const total = shards.reduce((sum, { size }) => sum + size, 0);
  const found: number[] = [];
  for (const time of times) {
    let [low, high] = [0, total];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const { text } = await requests.send('GET', `/api/v1/log/entries?logIndex=${middle}`, forever);
      const [entry] = Object.values(JSON.parse(text) as Record<string, { integratedTime: number }>);
      if ((entry?.integratedTime ?? Infinity) >= time) high = middle;
      else low = middle + 1;
    }
    found.push(low);
  }
  return found;
}
