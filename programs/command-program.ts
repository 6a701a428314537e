import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { FoundProgram } from './found-program';
import { startedBy, type Started } from './program-words';
import { readComposeFiles } from './readers/compose-file';
import { rekorInScript } from './readers/shell-script';
import { textOf } from './unit-files';
import { variableIn } from './unit-programs';

/** What a command would start, or why that cannot be seen without starting it. */
export type CommandProgram = FoundProgram | { readonly unknown: string };

/** A script of a person is far smaller; bytes. */
const LARGEST_SCRIPT = 1_000_000;

const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh']);

/**
 * The Rekor that a command would start: itself, by a script of a shell or by `docker compose`. It only reads files.
 *
 * @param folder the working folder of whoever runs the command.
 */
export function rekorOfCommand(command: readonly string[], folder: string): CommandProgram {
  const started = startedBy(command);
  // A script may have the name of the program, as those in /etc/init.d do.
  if (started?.program === 'rekor-server' && (started.flags.size > 0 || command.includes('serve'))) {
    return byCommand(started, command, folder);
  }
  const compose = composeCall(command);
  if (compose) return ofCompose(compose, folder);
  const script = scriptOf(command, folder);
  if (script === undefined) return { unknown: `what ${basename(command[0] ?? '')} starts is not looked up` };
  const inScript = rekorInScript(script.text);
  return inScript
    ? byCommand(inScript, [script.path], folder)
    : { unknown: `not exactly one command that starts a Rekor is seen in ${script.path}` };
}

function byCommand(started: Started, [shown = '']: readonly string[], folder: string): FoundProgram {
  return {
    ...started,
    where: shown,
    variable: () => undefined,
    fileOf: () => undefined,
    run: { by: 'command' },
    ports: 'host',
    names: [],
    mounts: 'host',
    folder,
  };
}

/** `SCRIPT ...`, or `sh SCRIPT ...`. */
function scriptOf(command: readonly string[], folder: string): { path: string; text: string } | undefined {
  const [program = '', ...words] = command;
  const isShell = SHELLS.has(basename(program));
  const named = isShell ? words.find((word) => !/^[-+]/.test(word)) : program;
  // A name without a slash is looked for on the PATH, where programs are.
  if (named === undefined || (!isShell && !named.includes('/'))) return undefined;
  const path = resolve(folder, named);
  const text = scriptText(path);
  return text !== undefined && (isShell || isShellScript(text)) ? { path, text } : undefined;
}

function scriptText(path: string): string | undefined {
  try {
    const found = statSync(path);
    return found.isFile() && found.size <= LARGEST_SCRIPT ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

function isShellScript(text: string): boolean {
  const [, interpreter = '', argument = ''] = /^#!\s*(\S+)(?:[ \t]+(\S+))?/.exec(text) ?? [];
  return SHELLS.has(basename(basename(interpreter) === 'env' ? argument : interpreter));
}

interface ComposeCall {
  readonly files: readonly string[];
  /** Absent: that of the first file. */
  readonly folder?: string;
  readonly service: string;
}

/** Options of compose that take a word and change nothing of what a service is. */
const HARMLESS = new Set(['-p', '--project-name', '--ansi', '--progress', '--parallel', '--profile']);

/** `docker compose -f FILE up -d SERVICE`; undefined for what is none, or has options that say more than is read here. */
function composeCall(command: readonly string[]): ComposeCall | undefined {
  const at = command[0] === 'sudo' ? 1 : 0;
  const program = basename(command[at] ?? '');
  const isCompose = program === 'docker-compose' || program === 'podman-compose';
  if (!isCompose && !(/^(docker|podman)$/.test(program) && command[at + 1] === 'compose')) return undefined;
  const words = command.slice(at + (isCompose ? 1 : 2));
  const files: string[] = [];
  let folder: string | undefined;
  let place = 0;
  for (; words[place]?.startsWith('-') === true; place += 1) {
    const [, name = '', joined] = /^(--?[\w-]+)(?:=(.*))?$/s.exec(words[place] ?? '') ?? [];
    const value = joined ?? words[(place += 1)];
    if (value === undefined) return undefined;
    if (name === '-f' || name === '--file') files.push(value);
    else if (name === '--project-directory') folder = value;
    else if (!HARMLESS.has(name)) return undefined;
  }
  const [verb, ...rest] = words.slice(place);
  const services = rest.filter((word) => !word.startsWith('-'));
  const [service] = services;
  const starts = verb === 'up' || verb === 'start' || verb === 'restart';
  if (!starts || service === undefined || services.length > 1) return undefined;
  return { files, ...(folder !== undefined && { folder }), service };
}

function ofCompose({ files, folder: own, service }: ComposeCall, folder: string): CommandProgram {
  const paths = files.map((file) => resolve(folder, file));
  const read = paths.flatMap((path) => {
    const text = textOf(path);
    return text === undefined ? [] : [{ path, text }];
  });
  if (read.length === 0 || read.length < paths.length) {
    const what = paths.length === 0 ? 'it names no compose file by -f' : `${paths.join(', ')} cannot be read`;
    return { unknown: what };
  }
  // Paths and variables would count from another folder than they are read from.
  if (own !== undefined && resolve(folder, own) !== dirname(paths[0] ?? '')) {
    return { unknown: 'it has a --project-directory' };
  }
  try {
    const { programs } = readComposeFiles(read, (file, name) => variableIn(file, textOf(file), name));
    const found = programs.find(({ run }) => run.by === 'compose' && run.service === service);
    return found?.program === 'rekor-server'
      ? found
      : { unknown: `the command of service ${service} names no Rekor` };
  } catch {
    // The parser's own message quotes the file, in which passwords may stand.
    return { unknown: `${paths.join(', ')} is no YAML that can be read` };
  }
}
