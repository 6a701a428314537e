import type { HttpMessage } from '../../../activities/clients/http';
import { listAt } from '../../../activities/installation/kubernetes/json-path';
import { NoAnswer } from '../network';
import type { Served } from './api-server';
import { variableOf } from './loaded';
import type { ObjectsInMemory } from './objects-in-memory';
import type { SimulatedPods } from './pods';

/** Where a launcher listens in its pod. */
export const LAUNCHER_PORT = '3100';

/** How the launcher of a pod answers (launcher/orders.go). */
export async function serveLauncher(
  pods: SimulatedPods,
  objects: ObjectsInMemory,
  { url, headers = {} }: HttpMessage,
  now: number,
): Promise<Served> {
  const pod = pods.at(url.hostname);
  if (!pod?.hasLauncher || pod.downUntil > now) throw new NoAnswer('ECONNREFUSED');
  const container = listAt(pod.template, 'spec', 'containers')[0];
  if (headers.authorization !== `Bearer ${Buffer.from(pod.token ?? '', 'base64').toString()}`)
    return { status: 401, text: '' };
  if (url.pathname !== '/state') {
    const attempt = variableOf(container, 'LAUNCHER_ATTEMPT', objects);
    if (headers.attempt !== attempt) return refusal(`the order is for attempt ${headers.attempt ?? ''}`);
    const notAfter = headers['not-after'] ?? '';
    if (!/^\d+$/.test(notAfter))
      return { status: 400, text: JSON.stringify({ error: 'Not-After is no time' }) };
    if (!(Number(notAfter) >= now)) return refusal('the order came too late');
    pod.wanted = url.pathname === '/start';
    if (pod.wanted) pods.start(pod);
    else await pods.stop(pod);
  }
  const running = pod.starting || pod.process?.running === true;
  return { status: 200, text: JSON.stringify({ wanted: pod.wanted, running, starts: 1, lastExit: null }) };
}

function refusal(error: string): Served {
  return { status: 409, text: JSON.stringify({ error }) };
}
