import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { init, type InitOptions } from '../../cli/commands/init';
import { CommandError } from '../../cli/errors';
import { commandLine } from '../../cli/program';
import { PASSWORD, plantedHost, type PlantedHost } from '../init/planted-host';
import * as shapes from '../init/shapes';
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

const unasked = { unit: [], compose: [], kube: [] };

describe('init', () => {
  it('prints a configuration and says what is missing beside it; nothing is changed', async () => {
    const host = shapes.compose();
    const before = filesOf(host);
    const { code, output, errors, words } = await saidBy(['init', '--host', 'staging', ...composed(host)]);
    expect(code).toBe(7);
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
    const text = readFileSync(out, 'utf8');
    expect(text).toContain('logs:\n  production:\n');
    const second = await saidBy(command);
    expect(second.code).toBe(2);
    expect(second.words).toContain('it is there already, and is left as it is');
    expect(readFileSync(out, 'utf8')).toBe(text);
  });

  it('is done when nothing is missing', () => {
    const terminal = recordingTerminal();
    expect(init('production', unasked, terminal, shapes.twoUnits().root)).toBe(0);
    expect(terminal.errors).not.toContain('Not found');
    expect(terminal.errors).toContain('Assumed; look at each:');
  });

  it('has commands in its document that do what they are for', () => {
    const [host, project] = [shapes.twoUnits(), shapes.compose()];
    const given: Readonly<Record<string, string>> = {
      '/srv/rekor/compose.yaml': project.file('srv/docker-compose.yml'),
      '/etc/rekor-rotate.yaml': host.file('rekor-rotate.yaml'),
    };
    const lines = commandsOf('docs/init.md');
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) {
      const terminal = recordingTerminal();
      const program = commandLine(terminal, () => undefined);
      const codes: number[] = [];
      program.commands
        .find((command) => command.name() === 'init')
        ?.action((name: string, options: InitOptions) => {
          codes.push(init(name, options, terminal, host.root));
        });
      const [, ...words] = wordsOf(line).map((word) => given[word] ?? word);
      program.parse(words, { from: 'user' });
      // The service of the compose file without its override publishes no port.
      expect([line, codes]).toEqual([line, [line.includes('--compose') ? 7 : 0]]);
    }
    expect(readFileSync(host.file('rekor-rotate.yaml'), 'utf8')).toContain('\n  staging:\n');
  });

  it('refuses a host without a Rekor, and one with those of several logs', () => {
    const ends = (host: PlantedHost): unknown => {
      try {
        return init('production', unasked, recordingTerminal(), host.root);
      } catch (error) {
        return error;
      }
    };
    const words = ['rekor-server', 'serve'];
    expect(ends(plantedHost({}))).toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('No rekor-server was found') as string,
    });
    const several = ends(plantedHost({}, { 1: { words }, 2: { words }, 3: { words } }));
    expect(several).toBeInstanceOf(CommandError);
    expect(several).toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/3 of rekor-server[\s\S]*process 1\nprocess 2\nprocess 3/) as string,
    });
  });

  it.each([
    [[], "required option '--host'"],
    [['--host', 'No_Name'], 'LOG is "No_Name"; allowed is a name of small letters'],
    [['--host', '--unit', 'no-such-rekor'], '--unit is no-such-rekor; no file of such a unit can be read'],
    [['--host', '--compose', '/nowhere.yaml'], '--compose is /nowhere.yaml; it cannot be read'],
  ])('is wrong usage: %j', async (options, said) => {
    const { code, words } = await saidBy(['init', ...options]);
    expect(code).toBe(2);
    expect(words).toContain(said);
  });
});
