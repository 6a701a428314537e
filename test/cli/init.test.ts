import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parse } from 'yaml';
import { init, type InitOptions } from '../../cli/commands/init';
import { CommandError } from '../../cli/errors';
import { commandLine } from '../../cli/program';
import { PASSWORD, plantedHost, type PlantedHost } from '../init/host/planted-host';
import * as shapes from '../init/host/shapes';
import { forbid, plantedCluster, uproot } from '../init/kubernetes/planted-cluster';
import { knative, TREE, upstream } from '../init/kubernetes/shapes';
import { commandsOf, wordsOf } from '../docs/markdown';
import { recordingTerminal, saidBy } from './recording-terminal';

/** Every file of a host with its content. */
function filesOf({ root }: PlantedHost): Readonly<Record<string, string>> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(root, name), { throwIfNoEntry: false })?.isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(root, name), 'utf8')]));
}

const composed = (host: PlantedHost): string[] =>
  ['docker-compose.yml', 'docker-compose.override.yml'].flatMap((name) => [
    '--compose',
    host.file(`srv/${name}`),
  ]);

const unasked = { host: true, unit: [], compose: [], kube: [] };

describe('init', () => {
  afterEach(uproot);

  it('prints a configuration and says what is missing beside it; nothing is changed', async () => {
    const host = shapes.compose();
    const before = filesOf(host);
    const { code, output, errors, words } = await saidBy(['init', '--host', 'staging', ...composed(host)]);
    expect(code).toBe(7);
    expect(words).toContain('Nothing has been changed.');
    expect(output).toContain('\n  staging:\n');
    expect(words).toContain(
      'Not found, and commented out: - logs.staging.installation.slots.green.environmentFile:',
    );
    expect(words).toContain('rekor-server: service rekor-blue of');
    expect(output + errors).not.toContain(PASSWORD);
    expect(filesOf(host)).toEqual(before);
  });

  it('writes a file, and never over one that is there', async () => {
    const host = shapes.compose();
    const out = host.file('rekor-rotate.yaml');
    const command = ['init', '--host', ...composed(host), '--out', out];
    const first = await saidBy(command);
    expect(first).toMatchObject({ code: 7, output: '' });
    expect(first.words).toContain(`${out} is written. Nothing else has been changed.`);
    const text = readFileSync(out, 'utf8');
    expect(text).toContain('logs:\n  production:\n');
    const second = await saidBy(command);
    expect(second.code).toBe(2);
    expect(second.words).toContain('it is there already, and is left as it is');
    expect(readFileSync(out, 'utf8')).toBe(text);
  });

  it('is done when nothing is missing', async () => {
    const terminal = recordingTerminal();
    expect(await init('production', unasked, terminal, shapes.twoUnits())).toBe(0);
    expect(terminal.errors).not.toContain('Not found');
    expect(terminal.errors).toContain('Assumed; look at each:');
  });

  it('has commands in its document that do what they are for', async () => {
    const [host, project] = [shapes.twoUnits(), shapes.compose()];
    const cluster = await plantedCluster(upstream());
    const given: Readonly<Record<string, string>> = {
      '/srv/rekor/compose.yaml': project.file('srv/docker-compose.yml'),
      '/etc/rekor-rotate.yaml': host.file('rekor-rotate.yaml'),
      '~/.kube/config': cluster.kubeconfig,
      // Its only context.
      production: 'test',
    };
    const lines = commandsOf('docs/init.md');
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) {
      const terminal = recordingTerminal();
      const program = commandLine(terminal, () => undefined);
      const codes: number[] = [];
      program.commands
        .find((command) => command.name() === 'init')
        ?.action(async (name: string, options: InitOptions) => {
          codes.push(await init(name, options, terminal, host));
        });
      const [, ...words] = wordsOf(line).map((word) => given[word] ?? word);
      await program.parseAsync(words, { from: 'user' });
      // The service of the compose file without its override publishes no port; of a cluster nobody says where Temporal is.
      const isWhole = !line.includes('--compose') && !line.includes('--namespace');
      expect([line, codes]).toEqual([line, [isWhole ? 0 : 7]]);
    }
    expect(readFileSync(host.file('rekor-rotate.yaml'), 'utf8')).toContain('\n  staging:\n');
  });

  it('says in 80 columns what it says beside the configuration, wherever that goes', async () => {
    const host = shapes.compose();
    for (const command of [composed(host), ['--unit', 'no-such-rekor']]) {
      // As wide as standard output is taken to be that is a file.
      const { errors } = await saidBy(['init', '--host', ...command], recordingTerminal({ columns: 100 }));
      // A line of a path alone may be longer: paths are not broken.
      const isLong = (line: string) =>
        line.length > 80 &&
        line
          .trim()
          .split(' ')
          .every((word) => word.length <= 60);
      expect(errors.split('\n').filter(isLong)).toEqual([]);
      expect(errors.split('\n').some((line) => line.length > 60)).toBe(true);
    }
  });

  it('lists the Trillian of another log apart, as not taken', async () => {
    const { root } = plantedHost(
      {},
      {
        1: { words: ['rekor-server', 'serve', '--trillian_log_server.port=8190'] },
        2: { words: ['trillian_log_server'] },
      },
    );
    const terminal = recordingTerminal();
    expect(await init('production', unasked, terminal, { root })).toBe(7);
    expect(terminal.errors).toMatch(/Found:\n {2}- rekor-server: process 1\n\nSeen, and not taken for it:/);
    expect(terminal.errors.replace(/\s+/g, ' ')).toContain(
      'process 2: it listens at localhost:8090, and Rekor calls 127.0.0.1:8190',
    );
  });

  it('refuses two Rekors of two logs, names both, and takes one alone', async () => {
    const rekor = (name: string): string =>
      `[Service]\nExecStart=/usr/bin/rekor-server serve --trillian_log_server.address ${name}.example.com --rekor_server.hostname ${name}\n`;
    const host = plantedHost({
      'etc/systemd/system/rekor-one.service': rekor('one'),
      'etc/systemd/system/rekor-two.service': rekor('two'),
    });
    const terminal = recordingTerminal();
    const out = host.file('out.yaml');
    const message = [
      'rekor-one.service and rekor-two.service are not of one log. Name those of one log, or one alone, with --unit, --compose or --kube. They differ in:',
      '--trillian_log_server.address and --trillian_log_server.port: one.example.com:8090 at rekor-one.service; two.example.com:8090 at rekor-two.service',
      '--rekor_server.hostname: one at rekor-one.service; two at rekor-two.service',
    ].join('\n');
    const end = init('production', { ...unasked, out }, terminal, host);
    await expect(end).rejects.toMatchObject({ exitCode: 3, message });
    expect(statSync(out, { throwIfNoEntry: false })).toBeUndefined();
    expect(await init('production', { ...unasked, unit: ['rekor-one'] }, terminal, host)).toBe(7);
  });

  it('refuses a host without a Rekor, and one with those of several logs', async () => {
    const ends = (host: PlantedHost): Promise<unknown> =>
      init('production', unasked, recordingTerminal(), host).catch((error: unknown) => error);
    const words = ['rekor-server', 'serve'];
    expect(await ends(plantedHost({}))).toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('No rekor-server was found') as string,
    });
    const several = await ends(plantedHost({}, { 1: { words }, 2: { words }, 3: { words } }));
    expect(several).toBeInstanceOf(CommandError);
    expect(several).toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/3 of rekor-server[\s\S]*process 1\nprocess 2\nprocess 3/) as string,
    });
  });

  it.each([
    [[], 'init is given neither --host nor --namespace; give --host for a log on this host'],
    [['--host', '--namespace', 'rekor'], 'init is given both --host and --namespace'],
    [['--host', '--kubeconfig', 'x'], '--kubeconfig is given with --host; it goes with --namespace alone.'],
    [['--namespace', 'rekor', '--unit', 'x'], '--unit is given with --namespace; it goes with --host alone.'],
    [['--namespace', 'Rekor'], '--namespace is "Rekor"; allowed is a name of small letters, digits, hyphens'],
    [
      ['--namespace', 'rekor', '--deployment', '-'],
      '--deployment is "-"; allowed is a name of small letters',
    ],
    [
      ['--namespace', 'rekor', '--context', 'x'],
      '--context is given without --kubeconfig; name the kubeconfig',
    ],
    [['--namespace', 'rekor'], 'this process is in no pod. Name a kubeconfig with --kubeconfig'],
    [['--host', 'No_Name'], 'LOG is "No_Name"; allowed is a name of small letters'],
    [
      ['--host', '--unit', 'no-such-rekor'],
      '--unit is no-such-rekor; no file of such a unit is in /etc/systemd/system,',
    ],
    [['--host', '--compose', '/nowhere.yaml'], '--compose is /nowhere.yaml; it does not exist'],
  ])('is wrong usage: %j', async (options, said) => {
    const { code, words } = await saidBy(['init', ...options]);
    expect(code).toBe(2);
    expect(words).toContain(said);
  });
});

describe('init of a namespace', () => {
  afterEach(uproot);
  const ofNamespace = async (kubeconfig: string, ...more: readonly string[]) =>
    await saidBy(['init', '--namespace', 'rekor-system', '--kubeconfig', kubeconfig, ...more]);

  it('prints a configuration with the way to the cluster, and says what was found and what is missing', async () => {
    const { kubeconfig } = await plantedCluster(upstream());
    const { code, output, errors, words } = await ofNamespace(kubeconfig, '--context', 'test');
    expect(code).toBe(7);
    const written = parse(output) as {
      readonly logs: { readonly production: { readonly installation: object } };
    };
    expect(written.logs.production.installation).toMatchObject({ kubeconfig, context: 'test' });
    for (const found of [
      'rekor-server: Deployment rekor-server of rekor-system',
      `tree: ${TREE}`,
      "layout: Rekor's own manifest, config/rekor.yaml; its label app is rekor-server",
      'trillian_log_signer: Deployment trillian-signer of rekor-system',
      'Not found, and commented out: - temporal:',
      'Nothing has been changed.',
    ])
      expect(words).toContain(found);
    expect(errors.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('writes a file in which a relative path of the kubeconfig is a whole one', async () => {
    const { kubeconfig } = await plantedCluster(upstream());
    const out = join(dirname(kubeconfig), 'out.yaml');
    await ofNamespace(relative(process.cwd(), kubeconfig), '--out', out);
    expect(readFileSync(out, 'utf8')).toContain(`kubeconfig: ${kubeconfig}\n`);
  });

  it('writes nothing for what cannot be rotated yet, and says why', async () => {
    const { kubeconfig } = await plantedCluster(knative());
    const { code, output, words } = await ofNamespace(kubeconfig);
    expect([code, output]).toEqual([3, '']);
    expect(words).toContain('is laid out by a Service of Knative: its label');
  });

  it('names the verb and the resource where it has no right to look', async () => {
    const planted = await plantedCluster(upstream());
    forbid(planted, /deployments/);
    const { code, words } = await ofNamespace(planted.kubeconfig);
    expect(code).toBe(2);
    expect(words).toContain('does not let us list deployments.apps of rekor-system.');
    expect(words).toContain('(CLUSTER_DENIED)');
  });

  it('says which kubeconfig cannot be read', async () => {
    const { code, words } = await ofNamespace('/nowhere');
    expect(code).toBe(2);
    expect(words).toContain('from /nowhere (its current context), cannot be used');
  });
});
