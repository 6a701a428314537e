import { pino } from 'pino';
import { runWorker } from '../../workers/worker';
import { listening, startTemporal, type TemporalServer } from './temporal-server';

let server: TemporalServer;

beforeAll(async () => {
  server = await startTemporal();
});

afterAll(() => server.stop());

it('runs without metrics when their address is taken, and ends in order when told to while it starts', async () => {
  const taken = await listening();
  const stop = new AbortController();
  const said: string[] = [];
  const logger = pino({}, { write: (line: string) => void said.push(line) });
  const metrics = `127.0.0.1:${taken.port}`;
  const worker = runWorker(server.configuration(), { logger, metrics, signal: stop.signal });
  stop.abort();

  await expect(worker).resolves.toBeUndefined();
  expect(said[0]).toContain('the metrics cannot be shown; the worker runs without');
  await new Promise((resolve) => taken.server.close(resolve));
});
