import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExaminedHost } from '../../../../../activities/installation/host/examination/examined-host';
import { examineProcess } from '../../../../../activities/installation/host/examination/serving-process';

const LISTENS = `
  const server = require('node:net').createServer();
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

const shardingFile = join(mkdtempSync(join(tmpdir(), 'serving-')), 'sharding.yaml');
writeFileSync(shardingFile, '');
const readsIt = `--trillian_log_server.sharding_config=${shardingFile}`;

/** What is said of a process of this name that listens where Rekor should, with these flags. */
async function examined(name: string, ...flags: string[]) {
  const serving = spawn(process.execPath, ['-e', LISTENS, '--', 'serve', ...flags], { argv0: name });
  try {
    const [port] = (await once(serving.stdout, 'data')) as [Buffer];
    const slot = { name: 'blue', url: `http://127.0.0.1:${port.toString().trim()}`, shardingFile };
    const state = { current: { id: 'blue', name: 'slot blue' } };
    return await examineProcess({ log: 'production', slots: [slot], state } as unknown as ExaminedHost);
  } finally {
    serving.kill('SIGKILL');
    await once(serving, 'close');
  }
}

describe('of the Rekor that serves', () => {
  it('is right where flags name the sharding file and a lasting key', async () => {
    const checks = await examined('rekor-server', readsIt, '--rekor_server.signer', '/etc/rekor/key.pem');
    expect(checks).toMatchObject([{ state: 'ok' }]);
    expect(checks[0]?.found).toContain('has a lasting key');
  });

  it.each([
    [[readsIt], ['--rekor_server.signer']],
    [['--rekor_server.signer=/etc/rekor/key.pem'], ['--trillian_log_server.sharding_config']],
    [[], ['--trillian_log_server.sharding_config', '--rekor_server.signer']],
  ])('claims nothing of what no flag says: %j', async (flags, missing) => {
    const checks = await examined('/usr/bin/rekor-server', ...flags);
    expect(checks).toMatchObject([{ state: 'warning', reason: 'PROCESS_SETTINGS_UNKNOWN' }]);
    expect(checks[0]?.found).toContain(`was started without ${missing.join(' and ')}: whether`);
    expect(checks[0]?.found).not.toContain('lasting key');
  });

  it('refuses a key in memory that the last of two flags names', async () => {
    const checks = await examined(
      'rekor-server',
      ...[readsIt, '--rekor_server.signer=/etc/rekor/key.pem', '--rekor_server.signer=memory'],
    );
    expect(checks).toMatchObject([{ state: 'refused', reason: 'SIGNER_IN_MEMORY' }]);
  });

  it('is not seen, and said to be so, where a proxy listens in its place', async () => {
    const checks = await examined('nginx');
    expect(checks).toMatchObject([{ code: 'PROCESS_AS_CONFIGURED', state: 'notSeen', remedy: '' }]);
    expect(checks[0]?.found).toContain('how it was started is not seen');
  });
});
