import type { HttpTransport } from '../../../activities/clients/http';
import { LogRequests, MustStop } from '../../../activities/clients/log-requests';
import { forever, sleepingClock } from '../../quiet-hours/asking';

/** Answers what it is told for each request, by its number from 1. */
function requests(statusOf: (request: number) => number): LogRequests {
  let sent = 0;
  const transport: HttpTransport = async (_message, read) => {
    sent += 1;
    const body = (async function* () {
      yield await Promise.resolve(Buffer.from('{}'));
    })();
    return await read({ status: statusOf(sent), headers: {}, body });
  };
  const courtesy = { mostRequests: Infinity, pauseMs: 0, userAgent: 'test', clock: sleepingClock() };
  return new LogRequests('http://log', transport, courtesy);
}

it('asks a log for as long as it likes that limits rates, and answers in between', async () => {
  const limited = requests((request) => (request % 3 === 0 ? 429 : 200));
  for (let asked = 0; asked < 100; asked += 1) {
    expect((await limited.send('GET', '/', forever)).status).toBe(200);
  }
});

it('gives a log up that asks for patience and answers nothing', async () => {
  const busy = requests(() => 429);
  await expect(busy.send('GET', '/', forever)).rejects.toEqual(new MustStop('busy'));
  expect(busy.sent).toBe(6);
});

it('says of a log what it answered last', async () => {
  await expect(requests(() => 500).send('GET', '/', forever)).rejects.toMatchObject({
    status: 500,
    isRefused: false,
  });
});
