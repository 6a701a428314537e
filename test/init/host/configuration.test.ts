import { join } from 'node:path';
import { loadConfiguration } from '../../../config/load';
import { initialConfiguration } from '../../../init/host/configuration';
import { search, type Named } from '../../../init/host/search';
import { problemsOf, written } from '../../config/example';
import { filledIn } from '../filled-in';
import { PASSWORD, plantedHost, type PlantedHost } from './planted-host';
import * as shapes from './shapes';
import { onHost } from '../../config/host-slots';

const nothing: Named = { units: [], composeFiles: [], kubeFiles: [] };

/** What is written of a host, and what is left to do. */
function initOf({ root }: PlantedHost, named: Partial<Named> = {}) {
  return initialConfiguration(
    'production',
    search({ ...nothing, ...named }, { root, folder: join(root, 'srv') }),
  );
}

/** The one log of a configuration whose gaps are filled. */
function loaded(yaml: string) {
  const { logs } = loadConfiguration(written(filledIn(yaml)), {});
  const { production } = logs;
  if (!production) throw new Error('there is no log');
  return production;
}

const missingIn = ({ notes }: ReturnType<typeof initOf>) =>
  notes.filter(({ kind }) => kind === 'missing').map(({ path }) => path.replace('logs.production.', ''));

const all = Object.entries(shapes).map(([name, shape]) => [name, shape] as const);

describe.each(all)('%s', (_, shape) => {
  const host = shape();
  const initial = initOf(host);

  it('is a configuration once what is missing is filled in', () => {
    expect(problemsOf(written(filledIn(initial.yaml)))).toEqual([]);
  });

  it('is none before, and what is wrong is what is said to be missing', () => {
    const missing = initial.notes.filter(({ kind }) => kind === 'missing').map(({ path }) => path);
    const problems = problemsOf(written(initial.yaml)).map(({ path }) => path);
    // Two slots are wanted, so a missing one is a problem of their section.
    const said = (path: string) => missing.some((one) => one === path || one.startsWith(`${path}.`));
    expect(problems.filter((path) => !said(path))).toEqual([]);
  });

  it('gives no two slots the same commands, nor examples of them', () => {
    const slots = Object.values(onHost(loaded(initial.yaml).installation).slots);
    for (const verb of ['start', 'stop', 'status', 'url'] as const) {
      expect(new Set(slots.map((slot) => JSON.stringify(slot[verb]))).size).toBe(2);
    }
  });

  it('has no password in it, nor in what is said', () => {
    expect(JSON.stringify(initial)).not.toContain(PASSWORD);
    expect(initial.yaml).toContain('Found: ');
  });
});

describe('what is found', () => {
  it('of two units of one template, by their environment files', () => {
    const initial = initOf(shapes.twoUnits());
    expect(missingIn(initial)).toEqual([]);
    const log = loaded(initial.yaml);
    expect(log).toMatchObject({
      publicUrl: 'https://rekor.example.com',
      hostname: 'rekor.example.com',
      trillian: {
        address: 'trillian.example.com:8090',
        tls: { caFile: '/etc/rekor/trillian-ca.pem' },
        logServerMetrics: ['http://[::1]:8091/metrics'],
        signerMetrics: ['http://127.0.0.1:8093/metrics'],
        signerIntervalMs: 250,
        guardWindowMs: 0,
        database: {
          kind: 'mysql',
          host: 'db.example.com',
          port: 3307,
          database: 'trillian_prod',
          user: 'rekor_rotate',
          tls: { caFile: { file: '/etc/rekor/db-ca.pem' } },
        },
      },
      gate: { listen: '127.0.0.1:3000' },
      installation: { treeIdVariable: 'TREE_ID' },
    });
    expect(onHost(log.installation).slots).toMatchObject({
      blue: {
        url: 'http://127.0.0.1:3001',
        environmentFile: '/etc/rekor/blue.env',
        shardingFile: '/etc/rekor/blue-sharding.yaml',
        start: ['systemctl', 'start', 'rekor@blue'],
        status: ['systemctl', 'is-active', '--quiet', 'rekor@blue'],
        enable: ['systemctl', 'enable', 'rekor@blue'],
      },
      green: { url: 'http://127.0.0.1:3002', environmentFile: '/etc/rekor/green.env' },
    });
    expect(Object.keys(onHost(log.installation).slots)).toEqual(['blue', 'green']);
  });

  it('of one unit, with a second slot to make beside it', () => {
    const initial = initOf(shapes.oneUnit());
    expect(missingIn(initial)).toEqual([
      'publicUrl',
      'hostname',
      ...['logServerMetrics', 'signerMetrics', 'database'].map((key) => `trillian.${key}`),
      'installation.slots.blue.environmentFile',
      'installation.slots.green',
    ]);
    expect(initial.notes.filter(({ kind }) => kind === 'beware')).toMatchObject([
      {
        path: 'logs.production.installation.slots.blue',
        remark: expect.stringContaining('memory') as string,
      },
    ]);
    const { trillian, installation, gate } = loaded(initial.yaml);
    expect(trillian.address).toBe('198.18.0.7:8090');
    // Rekor has 3000.
    expect(gate?.listen).toBe('127.0.0.1:3300');
    expect(onHost(installation).slots).toMatchObject({
      blue: {
        url: 'http://127.0.0.1:3000',
        shardingFile: '/var/lib/rekor/sharding.yaml',
        start: ['systemctl', 'start', 'rekor'],
      },
      green: {
        url: 'http://127.0.0.1:3001',
        shardingFile: '/var/lib/rekor/sharding-green.yaml',
        start: ['systemctl', 'start', 'rekor-green'],
      },
    });
  });

  it('of bare processes, whose commands nobody knows', () => {
    const initial = initOf(shapes.bareProcess());
    expect(missingIn(initial)).toEqual([
      'publicUrl',
      'hostname',
      ...['environmentFile', 'shardingFile', 'start', 'stop', 'status'].map(
        (key) => `installation.slots.blue.${key}`,
      ),
      'installation.slots.green',
    ]);
    expect(loaded(initial.yaml).trillian).toMatchObject({
      address: '127.0.0.1:8090',
      logServerMetrics: ['http://localhost:8091/metrics'],
      signerMetrics: ['http://localhost:8092/metrics'],
      signerIntervalMs: 100,
      guardWindowMs: 2000,
      database: { kind: 'postgresql', host: '127.0.0.1', port: 5433, database: 'trillian' },
    });
  });

  it('of a compose file, with the ports that it publishes', () => {
    const host = shapes.compose();
    const initial = initOf(host);
    expect(missingIn(initial)).toEqual(
      ['environmentFile', 'shardingFile'].map((key) => `installation.slots.green.${key}`),
    );
    expect(initial.yaml).toContain('# Beware: service rekor-green of');
    const { trillian, installation, hostname } = loaded(initial.yaml);
    expect(hostname).toBe('rekor.example.com');
    expect(trillian).toMatchObject({
      address: '127.0.0.1:8090',
      logServerMetrics: ['http://127.0.0.1:8091/metrics'],
      signerMetrics: ['http://127.0.0.1:8092/metrics'],
      database: { kind: 'mysql', host: '127.0.0.1', port: 3310, database: 'test' },
    });
    const compose = [
      'docker',
      'compose',
      '-f',
      host.file('srv/docker-compose.yml'),
      '-f',
      host.file('srv/docker-compose.override.yml'),
    ];
    expect(onHost(installation).slots).toMatchObject({
      blue: {
        url: 'http://127.0.0.1:3001',
        environmentFile: host.file('srv/blue.env'),
        shardingFile: host.file('srv/blue/list.yaml'),
        start: [...compose, 'up', '-d', '--no-deps', 'rekor-blue'],
        stop: [...compose, 'stop', 'rekor-blue'],
        status: ['sh', '-c', `test -n "$(${compose.join(' ')} ps --status running --quiet rekor-blue)"`],
      },
      green: { url: 'http://127.0.0.1:3002' },
    });
  });

  it('of podman on RHEL, whose list is inside of a ConfigMap', () => {
    const initial = initOf(shapes.podman());
    expect(missingIn(initial)).toEqual([
      'publicUrl',
      'hostname',
      ...['address', 'signerMetrics', 'database.database'].map((key) => `trillian.${key}`),
      ...['environmentFile', 'shardingFile'].map((key) => `installation.slots.blue.${key}`),
      'installation.slots.green',
    ]);
    const said = (key: string) => initial.notes.find(({ path }) => path.endsWith(key))?.remark;
    expect(said('slots.blue.shardingFile')).toContain(
      'the key sharding-config.yaml of ConfigMap rekor-server-config in /etc/rhtas/configs/rekor-server-config.yaml',
    );
    expect(said('trillian.address')).toContain('trillian-logserver-pod publishes no port');
    expect(said('slots.blue.environmentFile')).toContain('3904496407287907110');
    const { trillian, installation } = loaded(initial.yaml);
    expect(trillian).toMatchObject({
      logServerMetrics: ['http://127.0.0.1:8190/metrics'],
      database: { kind: 'mysql', host: 'db.example.com', port: 3306 },
    });
    expect(onHost(installation).slots['blue']).toMatchObject({
      url: 'http://127.0.0.1:3001',
      start: ['systemctl', 'start', 'rekor'],
    });
  });

  it('of files that podman makes services of, with the ports of their pod', () => {
    const initial = initOf(shapes.quadlets());
    expect(missingIn(initial)).toEqual([]);
    const { trillian, installation, publicUrl } = loaded(initial.yaml);
    expect(publicUrl).toBe('https://rekor.example.com');
    expect(trillian).toMatchObject({
      address: '127.0.0.1:8190',
      logServerMetrics: ['http://127.0.0.1:8191/metrics'],
      signerMetrics: ['http://127.0.0.1:8091/metrics'],
      signerIntervalMs: 200,
      database: { kind: 'mysql', host: 'db.example.com', database: 'trillian' },
    });
    const slot = (name: string, port: number) => ({
      url: `http://127.0.0.1:${port}`,
      environmentFile: `/etc/rekor/${name}.env`,
      shardingFile: `/etc/rekor/${name}/sharding.yaml`,
      start: ['systemctl', 'start', `rekor@${name}`],
      stop: ['systemctl', 'stop', `rekor@${name}`],
      status: ['systemctl', 'is-active', '--quiet', `rekor@${name}`],
    });
    // What podman makes can be neither enabled nor disabled.
    expect(onHost(installation).slots).toEqual({ blue: slot('blue', 3001), green: slot('green', 3002) });
    expect(initial.notes.filter(({ kind }) => kind === 'beware')).toEqual([
      {
        kind: 'beware',
        path: 'logs.production.installation.slots.green',
        remark: expect.stringContaining('rekor@green.container has [Install]') as string,
      },
    ]);
  });

  it('of units that run containers of docker and podman', () => {
    const initial = initOf(shapes.containerUnits());
    const { installation } = loaded(initial.yaml);
    expect(missingIn(initial).filter((path) => path.startsWith('installation'))).toEqual([]);
    expect(onHost(installation).slots).toMatchObject({
      blue: {
        url: 'http://127.0.0.1:3001',
        environmentFile: '/srv/rekor/blue.env',
        shardingFile: '/srv/rekor/blue/list.yaml',
        start: ['systemctl', 'start', 'rekor-blue'],
        enable: ['systemctl', 'enable', 'rekor-blue'],
      },
      green: {
        url: 'http://127.0.0.1:3002',
        environmentFile: '/srv/rekor/green.env',
        shardingFile: '/srv/rekor/green/list.yaml',
        start: ['systemctl', 'start', 'rekor-green'],
      },
    });
  });

  it('of a container, whose own file sets nothing that systemd has filled in before it', () => {
    const unit = (variable: string) =>
      plantedHost({
        'etc/systemd/system/rekor.service': `[Service]\nExecStart=podman run --env-file=/srv/blue.env rekor sh -c 'rekor-server serve --trillian_log_server.tlog_id=${variable}'\n`,
        'srv/blue.env': 'TREE_ID=1\n',
      });
    const ofSlot = (variable: string) =>
      missingIn(initOf(unit(variable))).filter((path) => path.endsWith('environmentFile'));
    expect(ofSlot('$$TREE_ID')).toEqual([]);
    expect(ofSlot('$TREE_ID')).toEqual(['installation.slots.blue.environmentFile']);
  });

  it('of a file of podman that a person names, by its name, its service or its path', () => {
    const host = shapes.quadlets();
    const path = 'etc/containers/systemd/rekor/rekor@.container';
    for (const units of [
      ['rekor@.container'],
      ['rekor@'],
      [host.file(path)],
      ['rekor@blue', 'rekor@green'],
    ]) {
      const slots = onHost(loaded(initOf(host, { units }).yaml).installation).slots;
      expect([units, Object.values(slots).map(({ start }) => start.at(-1))]).toEqual([
        units,
        ['rekor@blue', 'rekor@green'],
      ]);
    }
  });

  it('of one service of compose, with the commands of a second one beside it', () => {
    const host = shapes.oneService();
    const { installation } = loaded(initOf(host).yaml);
    const compose = ['docker', 'compose', '-f', host.file('srv/compose.yaml')];
    expect(onHost(installation).slots['green']).toMatchObject({
      url: 'http://127.0.0.1:3002',
      environmentFile: host.file('srv/green.env'),
      start: [...compose, 'up', '-d', '--no-deps', 'rekor-green'],
      stop: [...compose, 'stop', 'rekor-green'],
      status: ['sh', '-c', `test -n "$(${compose.join(' ')} ps --status running --quiet rekor-green)"`],
    });
  });
});

describe('the commands of a slot that nobody knows', () => {
  it.each([
    ['of two processes', shapes.twoProcesses, 'blue', 'green'],
    ['of two in one unit, which starts both', shapes.oneUnitOfTwo, 'blue', 'green'],
    ['beside a unit that is called blue', shapes.unitAndProcess, 'green', 'blue'],
  ])('name that slot: %s', (_, shape, first, second) => {
    const { slots } = onHost(loaded(initOf(shape()).yaml).installation);
    expect(Object.keys(slots)).toEqual([first, second]);
    for (const name of [first, second]) {
      expect(slots[name]).toMatchObject({
        start: ['systemctl', 'start', `rekor@${name}`],
        stop: ['systemctl', 'stop', `rekor@${name}`],
        status: ['systemctl', 'is-active', '--quiet', `rekor@${name}`],
      });
    }
  });

  it('are missing where one unit starts both', () => {
    const initial = initOf(shapes.oneUnitOfTwo());
    const said = ['blue', 'green'].map((name) => `installation.slots.${name}.start`);
    expect(missingIn(initial)).toEqual(expect.arrayContaining(said));
    expect(initial.notes.find(({ path }) => path.endsWith('blue.start'))?.remark).toContain(
      'starts rekor.service (process 402), too',
    );
  });
});

describe('a template that is named', () => {
  const instances = (host: PlantedHost, ...units: readonly string[]) =>
    search({ ...nothing, units }, { root: host.root, folder: host.root })
      .programs.filter(({ program }) => program === 'rekor-server')
      .map(({ where }) => where);

  it('stands for its instances, by its name and by its file', () => {
    const host = shapes.twoUnits();
    const both = ['rekor@blue.service', 'rekor@green.service'];
    const file = host.file('etc/systemd/system/rekor@.service');
    for (const named of ['rekor@', 'rekor@.service', file]) expect(instances(host, named)).toEqual(both);
    expect(instances(host, 'rekor@', 'rekor@blue', file)).toEqual(both);
    expect(initOf(host, { units: [file] }).yaml).toBe(initOf(host).yaml);
  });

  it('may be in a folder where systemd does not look', () => {
    const text =
      '[Service]\nExecStart=/usr/bin/rekor-server serve --trillian_log_server.tlog_id=${TREE_ID}\n';
    const host = plantedHost({
      'srv/units/rekor@.service': `${text}EnvironmentFile=/etc/rekor/%i.env\n`,
      'etc/rekor/red.env': 'TREE_ID=1\n',
    });
    expect(instances(host, host.file('srv/units/rekor@.service'))).toEqual(['rekor@red.service']);
  });

  it('without an instance is wrong usage, which says to name one', () => {
    const host = plantedHost({
      'etc/systemd/system/rekor@.service': '[Service]\nExecStart=/usr/bin/rekor-server serve\n',
    });
    for (const named of ['rekor@', host.file('etc/systemd/system/rekor@.service')]) {
      expect(() => instances(host, named)).toThrow(
        /--unit is .*rekor@.*; it is a template, and no instance.* Name an instance, such as rekor@blue/,
      );
    }
  });
});

describe('what is named', () => {
  it('is taken for what is found: a unit by its name or its file, a compose file, a manifest', () => {
    const units = shapes.twoUnits();
    const { yaml } = initOf(units, { units: ['rekor@green'] });
    expect(Object.keys(onHost(loaded(yaml).installation).slots)).toEqual(['green', 'blue']);
    expect(yaml).toContain('#blue:');

    const file = shapes.oneUnit().file('etc/systemd/system/rekor.service');
    expect(loaded(initOf(units, { units: [file] }).yaml).trillian.address).toBe('198.18.0.7:8090');

    const composeFiles = [shapes.compose().file('srv/docker-compose.yml')];
    const composed = initOf(units, { composeFiles });
    expect(onHost(loaded(composed.yaml).installation).slots).toHaveProperty('green.start.0', 'docker');
    // Without the override, Docker chooses its port anew at each start.
    expect(missingIn(composed)).toContain('installation.slots.green.url');

    const podman = shapes.podman();
    const kubeFiles = ['manifests/rekor.yml', 'configs/rekor-server-config.yaml'].map((name) =>
      podman.file(`etc/rhtas/${name}`),
    );
    expect(missingIn(initOf(units, { kubeFiles }))).toContain('installation.slots.blue.start');
  });

  it.each([
    ['units', 'rekor@red.service.d'],
    ['composeFiles', 'none.yaml'],
    ['kubeFiles', 'none.yaml'],
  ] as const)('is an error when it cannot be read: %s', (key, name) => {
    expect(() => initOf(shapes.oneUnit(), { [key]: [name] })).toThrow(name);
  });

  it('is an error when no program of a log is in it, or it cannot be read, and says which', () => {
    const host = plantedHost({
      'etc/systemd/system/other.service': '[Service]\nExecStart=/bin/true\n',
      'srv/other.yaml': 'services: { web: { image: nginx } }\n',
    });
    const [yaml, folder] = [host.file('srv/other.yaml'), host.file('srv')];
    expect(() => initOf(host, { units: ['other'] })).toThrow('what it starts is no rekor-server');
    expect(() => initOf(host, { composeFiles: [yaml] })).toThrow(
      `--compose is ${yaml}; none of its services`,
    );
    expect(() => initOf(host, { kubeFiles: [yaml] })).toThrow(`--kube is ${yaml}; none of its containers`);
    expect(() => initOf(host, { composeFiles: [folder] })).toThrow(`${folder}; it is a directory`);
    expect(() => initOf(host, { units: [host.file('none.service')] })).toThrow('it does not exist');
    expect(() => initOf(host, { units: ['none'] })).toThrow(
      /is in \/etc\/systemd\/system, .*\/usr\/lib\/systemd/,
    );
  });

  it('is the process of a unit whose file says less', () => {
    const { yaml } = initOf(shapes.oneUnitOfTwo(), { units: ['rekor'] });
    expect(yaml).toContain('From rekor.service (process 401).');
  });

  it('is not quoted when it is no YAML', () => {
    const broken = written(`services: { a: [${PASSWORD}\n`);
    const failure = (): unknown => initOf(shapes.oneUnit(), { composeFiles: [broken] });
    expect(failure).toThrow(broken);
    expect(failure).not.toThrow(PASSWORD);
  });
});
