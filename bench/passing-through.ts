import { setTimeout as pause } from 'node:timers/promises';
import { httpClient, type HttpClient } from '../load/http';
import { median } from '../load/median';

/** What the gate costs while it only passes requests on. Milliseconds. */
export interface PassingThrough {
  readonly pairs: number;
  readonly directMs: number;
  readonly throughGateMs: number;
  /** Median of the differences within pairs, so that what disturbs the machine disturbs both. */
  readonly addedMs: number;
}

/** Sends pairs of the same read, one through the gate and one past it, in changing order. */
export async function measurePassingThrough(
  gate: string,
  rekor: string,
  pairs: number,
): Promise<PassingThrough> {
  const [throughGate, direct] = [httpClient(gate), httpClient(rekor)];
  const times: { direct: number; throughGate: number }[] = [];
  try {
    await Promise.all([timeOf(throughGate), timeOf(direct)]); // Connections are made before anything is measured.
    for (let pair = 0; pair < pairs; pair += 1) {
      if (pair % 2 === 0) {
        const first = await timeOf(direct);
        times.push({ direct: first, throughGate: await timeOf(throughGate) });
      } else {
        const first = await timeOf(throughGate);
        times.push({ throughGate: first, direct: await timeOf(direct) });
      }
    }
  } finally {
    await Promise.all([throughGate.close(), direct.close()]);
  }
  return {
    pairs,
    directMs: median(times.map((pair) => pair.direct)),
    throughGateMs: median(times.map((pair) => pair.throughGate)),
    addedMs: median(times.map((pair) => pair.throughGate - pair.direct)),
  };
}

/** Requests so far apart that connections idle out between them on one side or the other (H18). */
export async function measureSlowly(
  gate: string,
  requests: number,
  signal: AbortSignal,
): Promise<{ requests: number; failed: number }> {
  const client = httpClient(gate);
  let failed = 0;
  try {
    for (let sent = 0; sent < requests; sent += 1) {
      // 4 to 6 s: around the 5 s after which Node.js ends an idle connection unless told otherwise.
      if (sent > 0) await pause(4_000 + (2_000 * (sent % 5)) / 4, undefined, { signal });
      const { status } = await client.get('/api/v1/log');
      if (status !== 200) failed += 1;
    }
  } finally {
    await client.close();
  }
  return { requests, failed };
}

async function timeOf(client: HttpClient): Promise<number> {
  const { status, body, elapsedMs } = await client.get('/api/v1/log/publicKey');
  if (status !== 200) throw new Error(`the log's key was answered with ${status ?? 'nothing'}: ${body}`);
  return elapsedMs;
}
