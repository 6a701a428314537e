import { connectPostgresql } from '../../../activities/tree-queue/postgresql';
import { answeringServer } from '../answering-server';
import { PATIENCE_MS } from '../../../harness/waiting';
import { refused } from '../refused';

it('takes up a changed secret for all who ask at once', async () => {
  const gone = await answeringServer((_, response) => response.end());
  await gone.close();
  const { host } = new URL(gone.url);
  let user = 'before';
  const queue = connectPostgresql({ log: 'production', url: () => `postgresql://${user}@${host}/trillian` });
  const read = () => refused('DATABASE_UNREACHABLE', queue.read('1', AbortSignal.timeout(PATIENCE_MS)));
  expect(await read()).toContain('ECONNREFUSED');

  user = 'after';
  for (const message of await Promise.all([read(), read(), read()])) {
    expect(message).toContain('ECONNREFUSED');
  }
  await queue.close();
});
