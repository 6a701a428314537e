import { hasAccessList, ownerProblem } from '../../../../../activities/installation/host/examination/files';
import {
  startsWithin,
  timeSpanMs,
  unitLimits,
} from '../../../../../activities/installation/host/examination/start-limit';
import { readProperties, startsUnit } from '../../../../../activities/installation/host/examination/systemd';
import {
  argumentsOf,
  differingFlags,
} from '../../../../../activities/installation/host/examination/unit-arguments';

describe('the unit that a command starts', () => {
  it.each([
    [['systemctl', 'start', 'rekor@blue'], { systemctl: ['systemctl'], unit: 'rekor@blue' }],
    [
      ['sudo', '-n', '/bin/systemctl', 'start', 'rekor@blue'],
      { systemctl: ['/bin/systemctl'], unit: 'rekor@blue' },
    ],
    [
      ['systemctl', '--user', '--no-block', 'start', 'rekor'],
      { systemctl: ['systemctl', '--user'], unit: 'rekor' },
    ],
    [['sudo', '--', 'systemctl', '-q', 'start', 'rekor'], { systemctl: ['systemctl'], unit: 'rekor' }],
    [['docker', 'compose', 'start', 'blue'], undefined],
    [['sudo', '-n'], undefined],
    [['systemctl', 'restart', 'rekor@blue'], undefined],
  ])('is read out of %j', (command, expected) => {
    expect(startsUnit(command)).toEqual(expected);
  });

  it.each([
    'sudo -u rekor systemctl --user start rekor',
    'sudo --user=rekor systemctl start rekor',
    'sudo -h other systemctl start rekor',
    'sudo systemctl --user start rekor',
    'ssh web systemctl start rekor',
    'nsenter -t 1 -a systemctl start rekor',
    'machinectl shell rekor@ /usr/bin/systemctl --user start rekor',
    'docker exec host systemctl start rekor',
    'env XDG_RUNTIME_DIR=/run/user/7 systemctl --user start rekor',
    'systemctl --host=web start rekor',
    'systemctl -Hweb start rekor',
    'systemctl -H web start rekor',
    'systemctl --machine=rekor@ --user start rekor',
    'systemctl --root=/mnt start rekor',
  ])('is not asked for where another systemd may have it: %s', (command) => {
    expect(startsUnit(command.split(' '))).toBeUndefined();
  });
});

describe('the limits of a unit', () => {
  it('are read as systemctl prints them, in any order', () => {
    const shown = 'StartLimitIntervalUSec=1min 30s\nStartLimitBurst=5\nLoadState=loaded\n';
    expect(unitLimits(readProperties(shown))).toEqual({ loadState: 'loaded', burst: 5, intervalMs: 90_000 });
    expect(unitLimits(readProperties('LoadState=loaded\n'))).toBeUndefined();
  });

  it.each([
    ['10s', 10_000],
    ['0', 0],
    ['infinity', Infinity],
    ['1h 2min 500ms', 3_720_500],
    ['5min 6.7s', 306_700],
    ['soon', undefined],
    ['', undefined],
  ])('has the time span %p', (text, ms) => {
    expect(timeSpanMs(text)).toBe(ms);
  });

  it('are held against three starts of each attempt that fits in their time', () => {
    const attempts = { attempts: 3, pauseBetweenAttemptsMs: 30_000 };
    expect([10_000, 30_000, 3_600_000, Infinity].map((ms) => startsWithin(ms, attempts))).toEqual([
      3, 6, 9, 9,
    ]);
  });
});

describe('the arguments of two units', () => {
  const execStart = (slot: string, more: string) =>
    `{ path=/usr/bin/rekor-server ; argv[]=/usr/bin/rekor-server serve --port=\${PORT} --rekor_server.signer /etc/rekor/key.pem --trillian_log_server.sharding_config=/etc/rekor/${slot}.yaml ${more} ; ignore_errors=no ; start_time=[n/a] }`;
  const differences = (one: string, other: string) =>
    differingFlags(
      { name: 'blue', words: argumentsOf(execStart('blue', one)) },
      { name: 'green', words: argumentsOf(execStart('green', other)) },
    );

  it('are alike but for the port, the tree and what bears the name of the slot', () => {
    expect(differences('--trillian_log_server.tlog_id=1', '--trillian_log_server.tlog_id=2')).toEqual([]);
    expect(differences('--redis_server.address=bluebird', '--redis_server.address=bluebird')).toEqual([]);
    expect(argumentsOf('')).toEqual([]);
  });

  it('differ in flags that are named without their values', () => {
    expect(differences('--enable_attestation_storage --rekor_server.signer-passwd=hunter2', '')).toEqual([
      'enable_attestation_storage',
      'rekor_server.signer-passwd',
    ]);
    expect(differences('--redis_server.address a', '--redis_server.address b')).toEqual([
      'redis_server.address',
    ]);
  });
});

it('sees an access control list in what ls says of a file, and not a label of SELinux', () => {
  expect(hasAccessList('-rw-r-----+ 1 root rekor 20 Nov 29 02:00 /etc/rekor/blue.env')).toBe(true);
  expect(hasAccessList('-rw-r-----. 1 root rekor 20 Nov 29 02:00 /etc/rekor/blue.env')).toBe(false);
  expect(hasAccessList('-rw-r----- 1 root rekor 20 Nov 29 02:00 /etc/rekor/a+b')).toBe(false);
});

it('knows whose files a user may replace with the same owner', () => {
  const us = { uid: 1000, groups: [1000, 44] };
  expect(ownerProblem({ uid: 1000, gid: 44 }, us)).toBeNull();
  expect(ownerProblem({ uid: 1000, gid: 45 }, us)).toContain('group 45');
  expect(ownerProblem({ uid: 0, gid: 1000 }, us)).toContain('user 0');
  expect(ownerProblem({ uid: 7, gid: 7 }, { uid: 0, groups: [0] })).toBeNull();
});
