import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ensureBinaries } from '../tools/binaries';
import { interruption } from '../tools/interruption';
import { databases } from './database/databases';
import { defaultLabDirectory } from './files';
import { downOnKubernetes, showStatusOnKubernetes, upOnKubernetes } from './kubernetes/commands';
import type { LabPlace } from './kubernetes/lab';
import { isForExisting, shapeNames, shapesForExisting, type ShapeName } from './kubernetes/log/shapes';
import { requireSameDatabase } from './record';
import { statusText } from './status-text';
import {
  databaseNames,
  LabInUse,
  partNames,
  type Gates,
  readStatus,
  startLab,
  stopLab,
  type DatabaseName,
  type LabStatus,
  type PartName,
  type RunningLab,
} from './lab';

/** `rekor-rotate lab`: a Rekor log on this machine, with everything that it and its rotation need. */

const exitCodes = `
Exit codes:
  0  done; for status: every part that was started runs
  1  it could not be done; the message says why
  2  the command line is wrong
  3  for status and down: there is no lab in this directory
  4  for status: something that was started does not run
  130  stopped by Ctrl-C before the lab was up`;

const noLab = 3;
const partlyRunning = 4;

interface UpOptions {
  readonly directory: string;
  readonly detach: boolean;
  readonly keepData: boolean;
  readonly without: readonly PartName[];
  readonly database?: DatabaseName;
  readonly gates?: Gates;
  readonly kubernetes?: true;
  readonly shape?: ShapeName | 'none';
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly loadWith?: string;
  readonly json: boolean;
}

interface StatusOptions {
  readonly directory: string;
  readonly json: boolean;
}

interface DownOptions {
  readonly directory: string;
  readonly keepData?: true;
  readonly removeData?: true;
}

async function up(options: UpOptions, command: Command): Promise<void> {
  const place = placeOf(options, (words) => command.error(`error: ${words}`));
  const interrupted = interruption(() => report('Stopping ...'), new Interrupted());
  if (options.kubernetes) {
    const { directory, detach, json } = options;
    await upOnKubernetes({ directory, detach, json, report, interrupted, ...place });
    return;
  }
  const running = await readStatus(options.directory);
  // Before anything is installed for another one, or it is said that it is up.
  requireSameDatabase(options.directory, running?.database, options.database);
  const hasAsMany = options.gates === undefined || options.gates === running?.gates;
  if (options.detach && running?.detached === true && running.complete && hasAsMany) {
    report('This lab is up already.');
    print(running, options.json);
    return;
  }
  const lab = await startFor(options, running?.database, interrupted);
  print(lab.status, options.json);
  if (options.detach) {
    await lab.leave();
    report(`It runs on; \`rekor-rotate lab down --directory ${lab.status.directory}\` stops it.`);
    return;
  }
  report('Ctrl-C stops it.');
  await watch(lab, options.without, interrupted);
  await lab.stop();
}

/** Where the words say that a lab on Kubernetes is to be; `wrong` is told what is wrong with them beside each other. */
function placeOf(options: UpOptions, wrong: (words: string) => never): LabPlace {
  const { kubeconfig, context, loadWith, shape = 'upstream' } = options;
  if (kubeconfig === undefined) {
    if (context !== undefined || loadWith !== undefined) {
      wrong('--context and --load-with are for a cluster that is there already: name it with --kubeconfig');
    }
    return { shape: shape === 'none' ? null : shape };
  }
  if (!isForExisting(shape)) {
    const possible = shapesForExisting.join(' or ');
    return wrong(
      `with --kubeconfig the shape cannot be ${shape}. Name ${possible}: they need nothing outside of their namespaces`,
    );
  }
  return { shape, existing: { named: { kubeconfig, ...(context !== undefined && { context }) }, loadWith } };
}

async function startFor(
  options: UpOptions,
  known: DatabaseName | undefined,
  signal: AbortSignal,
): Promise<RunningLab> {
  if (!options.without.includes('database')) {
    // Says what is missing before minutes are spent on the other programs.
    await databases[options.database ?? known ?? 'postgresql'].ensurePrograms(report);
  }
  try {
    const binaries = await ensureBinaries(report, { signal });
    return await startLab({ ...options, binaries, report, detached: options.detach, signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

/** Says which parts end by themselves, until Ctrl-C. */
async function watch(lab: RunningLab, without: readonly PartName[], interrupted: AbortSignal): Promise<void> {
  // Rekor's slots stop and start in a rotation; the other parts only end when something is wrong.
  const watched = partNames.filter((name) => !name.startsWith('rekor-') && !without.includes(name));
  const ended = new Set<PartName>();
  while (!interrupted.aborted) {
    for (const part of lab.status.parts) {
      if (watched.includes(part.name) && !part.running && !ended.has(part.name)) {
        ended.add(part.name);
        report(`${part.name} has ended; its log is ${part.logFile}`);
      }
    }
    await pause(500, undefined, { signal: interrupted }).catch(() => undefined);
  }
}

async function down(options: DownOptions): Promise<void> {
  const keepData = options.keepData ? true : options.removeData ? false : undefined;
  if (await downOnKubernetes(options.directory, report)) {
    return;
  }
  const status = await readStatus(options.directory);
  if (status === null) {
    noLabIn(options.directory);
    return;
  }
  for (;;) {
    try {
      await stopLab(options.directory, { keepData, report });
      return;
    } catch (error) {
      if (!(error instanceof LabInUse)) {
        throw error;
      }
      report(`Process ${error.pid} runs this lab and is asked to stop it.`);
      await error.askToStop(keepData);
    }
  }
}

async function showStatus(options: StatusOptions): Promise<void> {
  const status = (await showStatusOnKubernetes(options)) ?? (await showStatusOfProcesses(options));
  if (status === null) {
    noLabIn(options.directory);
  } else if (!status.complete) {
    process.exitCode = partlyRunning;
  }
}

async function showStatusOfProcesses({ directory, json }: StatusOptions): Promise<LabStatus | null> {
  const status = await readStatus(directory);
  if (status) {
    print(status, json);
  }
  return status;
}

function noLabIn(directory: string): void {
  report(`There is no lab in ${directory}.`);
  process.exitCode = noLab;
}

/** Progress goes to stderr, so that stdout has the result alone. */
function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

function print(status: LabStatus, json: boolean): void {
  console.log(json ? JSON.stringify(status, null, 2) : describe(status));
}

function describe({ directory, parts, publicUrl, temporalUi, configuration }: LabStatus): string {
  const told = parts.map(({ name, running, pid, address, logFile }) => ({
    ...{ name, address: address ?? '', logFile },
    state: running ? `pid ${pid ?? ''}` : 'not running',
  }));
  return statusText(directory, told, [
    ['Rekor', publicUrl],
    ['Temporal UI', temporalUi],
    ['configuration', configuration],
  ]);
}

/** Ctrl-C before the lab was up. */
export class Interrupted extends Error {
  constructor() {
    super('Stopped before the lab was up.');
  }
}

function parsePartNames(text: string): readonly PartName[] {
  return text.split(',').map((name) => {
    const known = partNames.find((part) => part === name);
    if (!known) {
      throw new InvalidArgumentError(`There is no part "${name}"; there are ${partNames.join(', ')}.`);
    }
    return known;
  });
}

function parseGates(text: string): Gates {
  if (text !== '1' && text !== '2') throw new InvalidArgumentError('It is 1 or 2.');
  return text === '1' ? 1 : 2;
}

const directory = () =>
  new Option('--directory <directory>', 'where the lab keeps its files')
    .default(defaultLabDirectory())
    .argParser((path) => resolve(path));

/** `rekor-rotate lab` with its commands. */
export function labCommandLine(): Command {
  const program = new Command('rekor-rotate lab')
    .description('A Rekor log on this machine, with everything that it and its rotation need.')
    .addHelpText('after', exitCodes)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

  program
    .command('up')
    .description('start a lab, or the one whose files are in the directory; Ctrl-C stops it')
    .addOption(directory())
    .option('--detach', 'leave it running and return', false)
    .option('--keep-data', 'keep the log, its database and the history when the lab is stopped', false)
    .option('--without <parts>', `leave out some of ${partNames.join(', ')}`, parsePartNames, [])
    .addOption(
      new Option('--kubernetes', 'on a cluster of one node of its own; needs Linux and root').conflicts([
        'keepData',
        'without',
        'database',
        'gates',
      ]),
    )
    .addOption(
      new Option('--shape <name>', 'how the log is installed on Kubernetes; default upstream')
        .choices([...shapeNames, 'none'])
        .implies({ kubernetes: true }),
    )
    .addOption(
      new Option('--kubeconfig <file>', 'on the cluster of this kubeconfig, in namespaces of its own')
        .argParser((path) => resolve(path))
        .implies({ kubernetes: true }),
    )
    .option('--context <name>', 'which context of it; default its current one')
    .option('--load-with <command>', 'what brings the archive of an image to the nodes of that cluster')
    .addOption(
      new Option('--database <name>', 'what Trillian runs on; default postgresql').choices(databaseNames),
    )
    .addOption(
      new Option('--gates <number>', 'how many gates stand side by side; default 1').argParser(parseGates),
    )
    .option('--json', 'print the status as JSON', false)
    .addHelpText('after', exitCodes)
    .action(up);

  program
    .command('down')
    .description('stop the lab and remove its files, unless they are to be kept')
    .addOption(directory())
    .addOption(new Option('--keep-data', 'keep the log, its database and the history'))
    .addOption(
      new Option('--remove-data', 'remove them, also those of a lab started with --keep-data').conflicts(
        'keepData',
      ),
    )
    .addHelpText('after', exitCodes)
    .action(down);

  program
    .command('status')
    .description('say what runs, where it is reached and where it writes its log')
    .addOption(directory())
    .option('--json', 'print it as JSON', false)
    .addHelpText('after', exitCodes)
    .action(showStatus);
  return program;
}
