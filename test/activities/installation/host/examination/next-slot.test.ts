import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExaminedHost } from '../../../../../activities/installation/host/examination/examined-host';
import { examineNextSlot } from '../../../../../activities/installation/host/examination/next-slot';

const folder = mkdtempSync(join(tmpdir(), 'next-'));
const SECRET = 'hunter2-Zaphod';

/** A slot that is started by a command line, a script's text or the words of a command. */
function slot(name: string, started: string | readonly string[]) {
  const script = join(folder, `${name}.sh`);
  const rekor = 'rekor-server serve --trillian_log_server.tlog_id=$TREE_ID';
  if (typeof started === 'string') writeFileSync(script, `exec ${rekor} ${started}\n`);
  // Nobody listens there, so what is started says what serves.
  return {
    name,
    url: 'http://127.0.0.1:1',
    commands: { start: started instanceof Array ? started : ['sh', script] },
  };
}

async function examined(blue: string | readonly string[], green: string | readonly string[]) {
  const slots = [slot('blue', blue), slot('green', green)];
  const state = { current: { id: 'blue' }, next: { id: 'green' } };
  const { signal } = new AbortController();
  return await examineNextSlot({ log: 'production', slots, state, signal } as unknown as ExaminedHost);
}

const indexOf = async (blue: string, green: string) => (await examined(blue, green))[0];
const othersOf = async (blue: string, green: string) => (await examined(blue, green))[1];

describe('the search index', () => {
  it.each([
    ['--redis_server.address=bluebird', '--redis_server.address=bluebird'],
    ['--redis_server.address=of-blue', '--redis_server.address=of-green'],
    ['', ''],
    ['', '--redis_server.address localhost --redis_server.port=6379 --search_index.storage_provider=redis'],
    ['--redis_server.address=a', '--redis_server.address=b --redis_server.address=a'],
    ['--enable_retrieve_api', '--enable_retrieve_api=1'],
    [
      `--search_index.storage_provider=mysql --search_index.mysql.dsn='blue:${SECRET}@tcp(db:3306)/index?x=1'`,
      `--search_index.storage_provider=mysql --search_index.mysql.dsn='green:y@tcp(db:3306)/index'`,
    ],
    // What the provider that is used does not read.
    ['--search_index.mysql.dsn=a', '--search_index.mysql.dsn=b'],
  ])('is the same: %j, %j', async (blue, green) => {
    expect(await indexOf(blue, green)).toMatchObject({ code: 'SEARCH_INDEX_SHARED', state: 'ok' });
    expect((await indexOf(blue, green))?.found).toContain('are given the same search index');
  });

  it.each([
    ['', '--search_index.storage_provider=mysql', ['search_index.storage_provider']],
    ['--redis_server.address=a', '--redis_server.port=7', ['redis_server.address', 'redis_server.port']],
    ['--enable_retrieve_api=false', '', ['enable_retrieve_api']],
    [
      `--search_index.storage_provider=mysql --search_index.mysql.dsn='u:${SECRET}@tcp(db)/a'`,
      `--search_index.storage_provider=mysql --search_index.mysql.dsn='u:${SECRET}@tcp(db)/b'`,
      ['search_index.mysql.dsn'],
    ],
  ])('differs: %j, %j', async (blue, green, flags) => {
    const check = await indexOf(blue, green);
    expect(check).toMatchObject({ state: 'warning', reason: 'SEARCH_INDEX_DIFFERS' });
    expect(check?.found).toContain(`They differ in ${flags.map((flag) => `--${flag}`).join(', ')}.`);
    expect(JSON.stringify(check)).not.toContain(SECRET);
  });

  it.each([
    ['--redis_server.address=$INDEX', '', 'not seen is --redis_server.address'],
    ['', '"$@"', '5 flags are not seen'],
    ['--config /etc/rekor.yaml', '', '5 flags are not seen'],
  ])('is not known, and nothing is claimed: %j, %j', async (blue, green, said) => {
    const check = await indexOf(blue, green);
    expect(check).toMatchObject({ state: 'notSeen' });
    expect(check?.found).toContain('is not known');
    expect(check?.found).toContain(said);
  });
});

describe('what else is started', () => {
  it('is alike but for what bears the name of the slot', async () => {
    const flags = (name: string): string => `--port=$PORT --rekor_server.signer=/etc/rekor/${name}.pem`;
    const check = await othersOf(flags('blue'), flags('green'));
    expect(check).toMatchObject({ code: 'NEXT_STARTS_ALIKE', state: 'ok' });
    expect(check?.found).not.toContain('not seen');
  });

  it('differs, by the names of the flags', async () => {
    const bucket = `--enable_attestation_storage --attestation_storage_bucket=s3://${SECRET}`;
    const check = await othersOf('--enabled_entry_types=a,b', `${bucket} --enabled_entry_types=b,a`);
    expect(check).toMatchObject({ state: 'warning', reason: 'NEXT_DIFFERS' });
    expect(check?.found).toContain(
      'They differ in --enable_attestation_storage, --attestation_storage_bucket.',
    );
    expect(JSON.stringify(check)).not.toContain(SECRET);
  });

  it('is not known where its command does not show it, and only that is said', async () => {
    const checks = await examined('', ['docker', 'start', 'green']);
    expect(checks).toMatchObject([{ code: 'NEXT_STARTS_ALIKE', state: 'notSeen' }]);
    expect(checks[0]?.found).toContain(
      'is not known: what docker starts is not looked up. Compare its arguments',
    );
  });

  it('is not compared with what serves where that is not known', async () => {
    const checks = await examined(['docker', 'start', 'blue'], '');
    expect(checks).toMatchObject([{ code: 'NEXT_STARTS_ALIKE', state: 'notSeen' }]);
    expect(checks[0]?.found).toMatch(/serves in slot blue was started is not known, so the next one is not/);
  });
});

describe('where systemd starts it', () => {
  /** systemctl as it answers for a unit; there is no systemd in most places where tests run. */
  function startedBySystemd(name: string, execStart: string): readonly string[] {
    const file = join(mkdtempSync(join(folder, 'bin-')), 'systemctl');
    const shown = `ExecStart={ path=/x ; argv[]=${execStart} ; ignore_errors=no }`;
    writeFileSync(file, `#!/bin/sh\n[ "$1" = show ] && cat <<'END'\n${shown}\nEND\n`, { mode: 0o755 });
    return [file, 'start', `no-such-unit@${name}`];
  }
  const rekor = '/usr/bin/rekor-server serve --trillian_log_server.tlog_id=${TREE_ID}';

  it('its index is compared, and of the rest systemd tells more', async () => {
    const checks = await examined(
      startedBySystemd('blue', `${rekor} --redis_server.address=a`),
      startedBySystemd('green', `${rekor} --redis_server.address=b --enable_attestation_storage`),
    );
    expect(checks).toMatchObject([{ state: 'warning', reason: 'SEARCH_INDEX_DIFFERS' }]);
    expect(checks[0]?.found).toContain('They differ in --redis_server.address.');
  });

  it('by a script, that is read', async () => {
    const script = join(folder, 'unit.sh');
    writeFileSync(script, `exec ${rekor.replace('${TREE_ID}', '$1')} --redis_server.port=1\n`);
    const [check] = await examined('', startedBySystemd('green', `/bin/sh ${script} green`));
    expect(check?.found).toContain('They differ in --redis_server.port.');
  });

  it('by a program that is none of a log, that is said', async () => {
    const [check] = await examined('', startedBySystemd('green', '/usr/bin/docker start green'));
    expect(check?.found).toContain('in no-such-unit@green.service, what docker starts is not looked up');
  });
});
