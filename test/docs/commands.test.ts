import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { CommanderError, type Command } from 'commander';
import { commandLine } from '../../cli/program';
import { labCommandLine } from '../../lab/command-line';
import { recordingTerminal } from '../cli/recording-terminal';
import { blocksOf, commandsIn, commandsOf, documents, inlineCodeOf, read, root, wordsOf } from './markdown';

/** Every command, script and option that a document names is one that there is. */

/** What begins like a command and is a text that is signed, or written into a tree. */
const STATEMENT = /^rekor-rotate (approval|handover|log=)/;

/** How commander ends where arguments are left out, and where help is asked for. */
const leftOut = [
  'commander.help',
  'commander.helpDisplayed',
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
  'commander.optionMissingArgument',
];

function allOf(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allOf)];
}

/** A command line of ours on which nothing happens: it only reads what it is given. */
function reading(command: Command): Command {
  const silent = { writeOut: () => undefined, writeErr: () => undefined };
  allOf(command).forEach((one) => one.exitOverride().configureOutput(silent));
  allOf(command)
    // A group of commands may be one itself, by its arguments or options.
    .filter(
      ({ commands, registeredArguments, options, parent }) =>
        commands.length === 0 || registeredArguments.length > 0 || (parent !== null && options.length > 0),
    )
    .forEach((one) => one.action(() => undefined));
  return command;
}

const ours = () => reading(commandLine(recordingTerminal(), () => undefined));

/** Why our command line would not take these words; nothing if it would. `mentioned`: arguments may be left out. */
function problemOf(words: readonly string[], { mentioned = false } = {}): string | undefined {
  const [first, ...rest] = words;
  try {
    if (first === 'lab') {
      reading(labCommandLine()).parse(rest, { from: 'user' });
    } else {
      ours().parse(words, { from: 'user' });
    }
  } catch (error) {
    if (error instanceof CommanderError) {
      return mentioned && leftOut.includes(error.code) ? undefined : error.message;
    }
    throw error;
  }
  return undefined;
}

const names = ours().commands.map((command) => command.name());
/** What a sentence calls by the name of a command of ours, with or without the program before it. */
function mentionsIn(document: string): readonly (readonly string[])[] {
  return inlineCodeOf(document)
    .filter((code) => !STATEMENT.test(code))
    .map(wordsOf)
    .filter(
      ([first = '', second]) => first === 'rekor-rotate' || (second !== undefined && names.includes(first)),
    )
    .map((words) => (words[0] === 'rekor-rotate' ? words.slice(1) : words))
    .flatMap(alternatives);
}

/** Each command that `show|pause` stands for. */
function alternatives(words: readonly string[]): readonly (readonly string[])[] {
  const [several, ...others] = words.filter((word) => /^\w+(\|\w+)+$/.test(word));
  if (several === undefined || others.length > 0) {
    return [words];
  }
  return several.split('|').map((one) => words.map((word) => (word === several ? one : word)));
}

/** The lines to be copied that begin with our program, whatever the block is. */
function linesOfOurs(document: string): readonly string[] {
  return blocksOf(document)
    .flatMap(commandsIn)
    .filter((line) => line.startsWith('rekor-rotate ') && !STATEMENT.test(line));
}

describe('README.md', () => {
  it('lists the commands as --help does', () => {
    const rows = [...read('README.md').matchAll(/^\| `rekor-rotate ([\w-]+)` +\| (.+?) +\|$/gm)];
    const helped = ours().commands.map((command) => [
      command.name(),
      command.summary() || command.description(),
    ]);
    expect(rows.map(([, name, does]) => [name, does])).toEqual(helped);
    expect(helped.length).toBeGreaterThan(15);
  });
});

describe('a document', () => {
  it.each(documents)('%s has no line of a command that rekor-rotate would not take', (document) => {
    const problems = linesOfOurs(document).map((line) => [line, problemOf(wordsOf(line).slice(1))]);
    expect(problems.filter(([, problem]) => problem !== undefined)).toEqual([]);
  });

  it.each(documents)('%s mentions no command and no option that there is not', (document) => {
    const problems = mentionsIn(document).map((words) => [
      words.join(' '),
      problemOf(words, { mentioned: true }),
    ]);
    expect(problems.filter(([, problem]) => problem !== undefined)).toEqual([]);
  });

  it('is found to name commands, so that none of these tests passes for want of them', () => {
    expect(documents.flatMap(linesOfOurs).length).toBeGreaterThan(25);
    expect(documents.flatMap(mentionsIn).length).toBeGreaterThan(60);
  });

  it.each([
    ['rotat production', 'unknown command'],
    ['rotate production --at-lul', 'unknown option'],
    ['rotate production staging', 'too many arguments'],
    ['rotate production --until', 'argument missing'],
    ['schedule make production', 'unknown command'],
    ['lab up --detatch', 'unknown option'],
  ])('is not allowed to say "rekor-rotate %s"', (line, problem) => {
    expect(problemOf(wordsOf(line))).toContain(problem);
  });
});

/** `npm run NAME` of the programs beside the product: each has a `--help` of its own. */
const programs = { demo: 'demo', bench: 'bench', chaos: 'chaos', simulate: 'simulation' } as const;

/** The options that the `--help` of such a program shows. */
function optionsOf(folder: string): readonly string[] {
  const main = path.join(root, 'out/dist', folder, 'main.js');
  const help = execFileSync(process.execPath, [main, '--help'], { encoding: 'utf8' });
  return help.match(/--[a-z][\w-]*/g) ?? [];
}

describe('what a document says of npm and of options', () => {
  const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);
  const told = Object.fromEntries(
    Object.entries(programs).map(([script, folder]) => [script, optionsOf(folder)]),
  );
  const options = new Set(
    [
      ...[...allOf(ours()), ...allOf(labCommandLine())].flatMap((one) => one.options.map(({ long }) => long)),
      ...Object.values(told).flat(),
    ].filter((option) => option !== undefined),
  );
  const tests = readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => path.join('test', name));
  const npmCommands = (document: string) =>
    [...blocksOf(document).flatMap(commandsIn), ...inlineCodeOf(document)]
      .flatMap((line) => line.split(' && '))
      .map((line) => wordsOf(line).filter((word) => !/^[A-Z_]+=/.test(word)))
      .filter(([program]) => program === 'npm' || program === 'npx');

  it('is found', () => {
    expect(documents.flatMap(npmCommands).length).toBeGreaterThan(15);
    expect(options.size).toBeGreaterThan(50);
  });

  it.each(documents)('in %s is so: npm has these scripts, and their programs these options', (document) => {
    for (const words of npmCommands(document)) {
      const [program, command, third, ...rest] = words;
      if (program === 'npx') {
        expect(words).toEqual(['npx', 'jest', third]);
        expect(tests.filter((file) => file.startsWith(third ?? ''))).not.toEqual([]);
      } else if (command === 'run') {
        expect(scripts).toContain(third);
        const known = told[third ?? ''] ?? [];
        expect(rest.filter((word) => /^--./.test(word) && !known.includes(word))).toEqual([]);
      } else {
        expect(['ci', 'link', 'test']).toContain(command);
      }
    }
  });

  it.each(documents)('in %s is so: somebody has an option that stands alone', (document) => {
    const alone = inlineCodeOf(document)
      .filter((code) => code.startsWith('--'))
      .flatMap(wordsOf)
      // With an underscore they are flags of Rekor and Trillian; with dots they stand for several.
      .filter((word) => /^--[a-z][a-z-]*[a-z]$/.test(word));
    expect(alone.filter((option) => !options.has(option))).toEqual([]);
  });
});

/** Which test reads the commands of a document's blocks of shell out of it and runs them, by the first word of each. */
const runBy: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'docs/approvals.md': {
    'test/approvals/verify-approval.test.ts': ['echo', 'ssh-keygen', 'printf'],
    'test/cli/documents.test.ts': ['rekor-rotate'],
  },
  'docs/audit.md': { 'test/cli/audit.test.ts': ['rekor-rotate'] },
  'docs/doctor.md': { 'test/stack/doctor.test.ts': ['rekor-rotate'] },
  'docs/gate.md': {
    'test/cli/gate.test.ts': ['rekor-rotate', 'curl'],
    'test/gate/restart.test.ts': ['systemctl'],
    'test/docs/units.test.ts': ['cp'],
  },
  'docs/helm.md': { 'test/cluster/chart.test.ts': ['helm', 'kubectl'] },
  'docs/init.md': { 'test/cli/init.test.ts': ['rekor-rotate'] },
  'docs/kubernetes.md': {
    'test/cluster/inserted-gate.test.ts': ['rekor-rotate'],
  },
  'docs/lab.md': { 'test/cluster/log.test.ts': ['rekor-rotate'] },
  'docs/operating.md': {
    'test/cli/documents.test.ts': ['rekor-rotate', 'temporal'],
    'test/docs/units.test.ts': ['cp', 'systemctl'],
    'test/stack/downstream.test.ts': [...['home=$(mktemp', 'printf', 'HOME=$home', 'rekor-cli', 'jq']],
  },
  'docs/plan-file.md': { 'test/cli/plan-file.test.ts': ['rekor-rotate'] },
  'docs/quiet-hours.md': { 'test/cli/quiet-hours.test.ts': ['rekor-rotate'] },
  'docs/receipt.md': { 'test/cli/receipt.test.ts': ['rekor-rotate'] },
  'docs/schedules.md': { 'test/cli/documents.test.ts': ['rekor-rotate', 'temporal'] },
  'docs/waiting.md': { 'test/cli/documents.test.ts': ['rekor-rotate'] },
};

describe('the blocks of shell', () => {
  const forUsers = documents.filter((document) => document.startsWith('docs/'));

  it('are each run by a test that reads them out of their document', () => {
    const programs = forUsers.map((document) => {
      const words = commandsOf(document).map((line) => line.split(' ')[0] ?? '');
      return [document, [...new Set(words)].sort()] as const;
    });
    const known = Object.entries(runBy).map(([document, tests]) => [
      document,
      Object.values(tests).flat().sort(),
    ]);
    expect(programs.filter(([, words]) => words.length > 0)).toEqual(known);
  });

  it.each(Object.entries(runBy))('of %s are so by tests that there are', (document, tests) => {
    for (const file of Object.keys(tests)) {
      const readsAll = read(file).includes('documents, ');
      expect([file, readsAll || read(file).includes(document)]).toEqual([file, true]);
    }
  });
});
