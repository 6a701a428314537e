import { Command, CommanderError } from 'commander';
import { commands } from './commands';
import { errorText, exitCodeOfError } from './errors';
import type { AuditOptions } from './commands/audit';
import type { GateCommandOptions } from './commands/gate';
import type { InitOptions } from './commands/init';
import type { QuietHoursOptions } from './commands/quiet-hours';
import type { ReceiptVerifyOptions } from './commands/receipt-verify';
import type { ScheduleShowOptions } from './commands/schedule-show';
import { exitCodes, exitCodeTable } from './exit-codes';
import type { Terminal } from './terminal';
import { version } from '../activities/version';
import { withoutCredentials } from '../workflows/model/without-credentials';

/** Runs one command line (without program and script) and gives its exit code. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = exitCodes.done.code;
  const program = commandLine(terminal, (result) => (code = result));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.done.code : exitCodes.usage.code;
    }
    terminal.err(
      errorText(error, { verbose: argv.includes('--verbose'), columns: Math.min(terminal.columns, 80) }),
    );
    return exitCodeOfError(error);
  }
}

/** Every command with its arguments and options; `ends` is told the exit code of the one that was called. */
export function commandLine(terminal: Terminal, ends: (code: number) => void): Command {
  const program = new Command('rekor-rotate')
    .description('Rotates a live Rekor transparency log to a new shard while it serves.')
    .version(version(), '-V, --version', 'print the version')
    .addHelpText('after', `\n${exitCodeTable()}`)
    .showHelpAfterError('Run it with --help to see what there is.')
    .enablePositionalOptions()
    // Its own usage, so that what has to be named reads the same here and there.
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .executableDir(__dirname)
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
      outputError: (text, write) => write(withoutGivenSecrets(text)),
      getOutHelpWidth: () => Math.min(terminal.columns, 80),
      getErrHelpWidth: () => Math.min(terminal.columns, 80),
    })
    .exitOverride((error) => {
      // The program of `lab` has ended, in an event of its own, where nobody would catch this.
      if (error.code === 'commander.executeSubCommandAsync') {
        process.exit(error.exitCode);
      }
      throw error;
    });

  const log = 'name of the log in the configuration';
  const does =
    (command: (name: string | undefined, options: object) => Promise<number>) =>
    async (name: string | undefined, options: object) =>
      ends(await command(name, options));
  // The command itself says that the name is missing, together with all else that is.
  const aboutLog = (command: Command) => configured(command).usage('[options] <log>').argument('[log]', log);
  aboutLog(program.command('plan'))
    .summary('say what a rotation would change, and change nothing')
    .description('Goes through a rotation of LOG and says each change instead of making it.')
    .option('--current-tree <id>', 'refuse unless this is the active tree')
    .option('--checks', 'list every check that was made, not only those that failed')
    .option('--out <file>', 'write the plan to a new file, to be edited and run by `rotate --plan`')
    .option('--json', 'print the result as JSON, with every check')
    .action(does((name, options) => commands.rotate().plan(name, options, terminal)));
  aboutLog(program.command('doctor'))
    .summary('say whether a rotation would begin, before a worker runs')
    .description(
      'Looks at everything that a rotation of LOG needs, from here and without a worker, and changes nothing. With --rehearse it then lets the worker rehearse. Run it on the host of the worker, as its user. Exits with 3 when a rotation would be refused, 7 with warnings alone, 5 when only Temporal is not reached.',
    )
    .option('--rehearse', 'then rehearse the rotation beside the log: says how long writes would wait')
    .option('-y, --yes', 'with --rehearse: do not ask')
    .option('-w, --watch [seconds]', 'look again and again (default: each 30 s), and say what has changed')
    .option('--json', 'print it as JSON; with --watch again at each change')
    .action(does((name, options) => commands.doctor().doctor(name, options, terminal)));
  aboutLog(program.command('rotate'))
    .summary('rotate a log, after showing the plan')
    .description('Shows the plan for LOG, asks, and rotates exactly as shown. Ctrl-C stops watching only.')
    .option('-y, --yes', 'do not ask')
    .option('--current-tree <id>', 'refuse unless this is the active tree')
    .option('--plan <file>', 'rotate as this plan says, which `plan --out` wrote and you may have edited')
    .option('--wait-for-approval', 'wait for an approval also where the configuration asks for none')
    .option('--at-lull', 'wait until the log takes few writes; then it is planned anew')
    .option('--below <number>', 'with --at-lull: at most so many writes a minute')
    .option('--quantile <share>', 'or as few as in this share of its past hours (default: 0.25)')
    .option('--for <minutes>', 'for so many minutes (default: 10)')
    .option('--until <time>', 'wait no longer than that, at most 31 days (default: 24h)')
    .option('--at-end <go|skip>', 'what to do when no lull has come by then (default: skip)')
    .option('--json', 'print the result alone, as JSON, on standard output')
    .action(does((name, options) => commands.rotate().rotate(name, options, terminal)));
  configured(program.command('status'))
    .summary('what serves, what is wrong, what runs or ran last')
    .description(
      'Says of LOG, or of every log, what serves, what its guardian found wrong, and what runs, else how the last rotation ended. Exits with 7 when somebody has to look.',
    )
    .argument('[log]', log)
    .option(
      '-w, --watch',
      'watch the rotation of LOG until it ends, and exit as it does; as the last one did when none runs',
    )
    .option('--json', 'print it as JSON')
    .action(does((name, options) => commands.status().status(name, options, terminal)));
  const told = (command: Command) =>
    aboutLog(command)
      .option('--rotation <id>', 'which one, when several are open')
      .option('--who <name>', 'who decides this; kept in the result')
      .option('--why <text>', 'the reason; kept in the result');
  aboutLog(program.command('approve'))
    .summary('approve a rotation that waits for that')
    .description(
      'Shows what a rotation of LOG asks to be approved, asks, signs that with your SSH key, and sends it.',
    )
    .option('--rotation <id>', 'which one, when several are open')
    .option('--key <file>', 'sign with this key; else with the first in your agent that may approve')
    .option('--who <name>', 'who approves, where no keys are configured')
    .option('--why <text>', 'kept in the result')
    .option('--show', 'print it with the commands that sign it by hand, and send nothing')
    .option('-y, --yes', 'do not ask')
    .action(does((name, options) => commands.approve().approve(name, options, terminal)));
  told(program.command('reject'))
    .summary('end a rotation that waits for approvals')
    .description('Ends a rotation of LOG that waits for approvals; nothing has been changed.')
    .action(does((name, options) => commands.instruct().reject(name, options, terminal)));
  told(program.command('go'))
    .summary('let a rotation go on that waits')
    .description(
      'Lets a rotation of LOG go on that waits for its time, for a lull, for the next attempt or for a person.',
    )
    .action(does((name, options) => commands.instruct().go(name, options, terminal)));
  told(program.command('postpone'))
    .summary('let a rotation begin later')
    .description('Lets a rotation of LOG that has not begun begin no sooner than a time.')
    .option('--to <time>', 'with its zone, such as 2026-11-28T05:00Z, or from now, such as 2h')
    .action(does((name, options) => commands.instruct().postpone(name, options, terminal)));
  told(program.command('hold'))
    .summary('let a running rotation wait after a step')
    .description(
      'Lets the running rotation of LOG wait after a step in which no write waits; `go` ends that. Needs --after, --until, --who and --why.',
    )
    .option('--after <step>', 'createTree, stage, confirm, settle or soak')
    .option(
      '--until <time>',
      'then it goes on by itself, at most 24h ahead; such as 2026-11-28T05:00Z, or 2h',
    )
    .action(does((name, options) => commands.instruct().hold(name, options, terminal)));
  aboutLog(program.command('cancel'))
    .summary('take a running rotation back')
    .description(
      'Asks the running rotation of LOG to take itself back and waits until it has. Exits with 3 when there was none, or when it was too late; with --no-wait it cannot know that.',
    )
    .option('--rotation <id>', 'which one, when several are open; else the one that runs')
    .option('--who <name>', 'who decides this; kept in the result of one that runs')
    .option('--why <text>', 'the reason; kept with it')
    .option('--no-wait', 'do not wait for the end')
    .action(does((name, options) => commands.cancel().cancel(name, options, terminal)));
  aboutLog(program.command('history'))
    .summary('the rotations and recoveries that have ended')
    .description(
      'Lists the rotations and recoveries of LOG that have ended, newest first, as far as Temporal still knows them.',
    )
    .option('--limit <number>', 'at most so many', '20')
    .option('--json', 'print it as JSON')
    .action(does((name, options) => commands.history().history(name, options, terminal)));
  aboutLog(program.command('resume'))
    .summary('decide about what a rotation is held by')
    .description(
      'Tells what runs of LOG, and is held, what to do; `status` shows what it is held by. Exits with 3 when nothing is held.',
    )
    .option('--retry', 'try it again at once')
    .option('--skip', 'leave it out and go on')
    .option('--give-up', 'end the rotation here, as held')
    .option('--who <name>', 'who decides this; kept in the result')
    .option('--why <text>', 'the reason; kept in the result')
    .action(does((name, options) => commands.resume().resume(name, options, terminal)));
  aboutLog(program.command('recover'))
    .summary('end what an interrupted rotation left half way')
    .description(
      'Finds out what an interrupted rotation of LOG left behind, says how it would be ended, asks, and ends it. With nothing left over there is nothing to do, and that is a success.',
    )
    .option('--dry-run', 'say what would be done, and change nothing')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print the result alone, as JSON, on standard output')
    .action(does((name, options) => commands.recover().recover(name, options, terminal)));
  aboutLog(program.command('prune'))
    .summary('list, and delete, trees that undone rotations left')
    .description('Lists the retired trees of LOG; deletes those that are named, after a question.')
    .option('--delete <tree...>', 'delete these trees, by id')
    .option('--all', 'delete all of which the list does not say that they stay')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print the result alone, as JSON, on standard output')
    .action(does((name, options) => commands.prune().prune(name, options, terminal)));
  addReceipt(program, { ends, does, aboutLog, terminal });
  configured(program.command('audit'))
    .summary('prove that a log, its indexes and its shards are sound')
    .description(
      'Reads LOG and its instances, or any Rekor v1 log by the URLs of its instances, and says what does not hold. It changes nothing. Exits with 7 when a fault is found, with 5 when an address could not be asked.',
    )
    .argument('<log|url...>', `${log}, or URLs that serve one log`)
    .option('--sample <number>', 'entries of each shard to read by every path, besides first and last', '50')
    .option('--last <number>', 'read so many entries from the end, too')
    .option('--all', 'read every entry')
    .option(
      '--since-checkpoint <file>',
      'checkpoints that you have kept, which the log must extend; several times for several files',
      collected,
      [],
    )
    .option(
      '--key <file>',
      'public keys that clients trust, as PEM; several times for several files',
      collected,
      [],
    )
    .option(
      '--clock-difference <seconds>',
      "how far the signers' clocks may be apart; by default 1, or as configured",
    )
    .option('--json', 'print it as JSON')
    .action(async (named: string[], options: AuditOptions) =>
      ends(await commands.audit().audit(named, options, terminal)),
    );
  configured(program.command('quiet-hours'))
    .summary('find the hours in which a log takes few writes')
    .description(
      'Reads from LOG itself, or from any Rekor v1 log by its URL, when it takes few writes, and says how to rotate then. Exits with 3 when that cannot be known.',
    )
    .argument('<log|url>', `${log}, or the URL of any log`)
    .option('--time-zone <zone>', 'whose hours: an IANA name; by default that of this machine')
    .option('--weeks <number>', 'how many weeks to look back', '4')
    .option('--hours <number>', 'the length of a window, in hours', '3')
    .option('--requests <number>', 'ask the log at most so often', '300')
    .option('--svg <file>', 'write the week as a picture')
    .option('--html <file>', 'write a page with the picture and the windows')
    .option('--json', 'print it as JSON')
    .option('--no-cache', 'do not use, and do not keep, what is read')
    .action(async (name: string, options: QuietHoursOptions) =>
      ends(await commands.quietHours().quietHours(name, options, terminal)),
    );
  addSchedule(program, { ends, does, aboutLog, terminal });
  configured(program.command('worker'))
    .summary('run the worker that carries rotations out')
    .description('Runs a worker for every log of the configuration until it is stopped.')
    .option('--metrics <address>', 'IP:port to show metrics at, instead of the configured one')
    .action(async (options: object) => ends(await commands.worker().worker(options, terminal)));
  addGate(program, { ends, does, aboutLog, terminal });

  program
    .command('init')
    .summary('write a configuration from what a host or a cluster runs')
    .description(
      'Writes a commented configuration of LOG from what runs it, and says what it could not find. On a host it reads the arguments of running programs, systemd units, compose files and manifests; in a Kubernetes cluster the workloads, Services and Ingresses of a namespace, and no Secret. It changes nothing. Exits with 7 when something is missing, with 3 when there is no Rekor or several logs.',
    )
    .argument('[log]', 'what to call the log', 'production')
    .option('--host', 'the log runs on this host')
    .option('--namespace <name>', 'the log runs in this namespace of a Kubernetes cluster')
    .option(
      '--unit <name>',
      'take the programs of this systemd unit, or of its file; several times for several',
      collected,
      [],
    )
    .option(
      '--compose <file>',
      'take those of this compose file; else that of the working folder is looked at',
      collected,
      [],
    )
    .option('--kube <file>', 'take those of this manifest for podman, or its ConfigMaps', collected, [])
    .option('--kubeconfig <file>', 'how the cluster is reached; else by the service account of this pod')
    .option('--context <name>', 'which context of the kubeconfig; else its current one')
    .option('--deployment <name>', 'the Deployment of Rekor, where the namespace has several')
    .option('--out <file>', 'write it there, never over a file; else to standard output')
    .option('--verbose', 'show where an error comes from')
    .action(async (name: string, options: InitOptions) =>
      ends(await commands.init().init(name, options, terminal)),
    );

  const config = program
    .command('config')
    .summary('check the configuration')
    .description('Looks at the configuration.');
  configured(config.command('check'))
    .description('Says everything that is wrong with the configuration, or prints what is in force.')
    .action(async (options: object) => ends(await commands.config().check(options, terminal)));
  config
    .command('schema')
    .description('Prints the JSON Schema of the configuration, for editors.')
    .action(() => ends(commands.config().schema(terminal)));

  // A program of its own: the lab may know everything, and nothing may know the lab.
  program.command('lab', 'run a whole log on this machine: up, down, status', {
    executableFile: '../lab/main.js',
  });
  return program;
}

/** What is said of an unknown command or option: one that was misspelt may come with a secret. */
function withoutGivenSecrets(text: string): string {
  return text.replace(/ unknown (option|command) '(.*)'/s, (_, what: string, given: string) => {
    const shown = what === 'option' ? given.replace(/=.*/s, '=<hidden>') : withoutCredentials(given);
    return ` unknown ${what} '${shown}'`;
  });
}

/** What the commands of a group are made with. */
interface Making {
  readonly ends: (code: number) => void;
  readonly does: (
    command: (name: string | undefined, options: object) => Promise<number>,
  ) => (name: string | undefined, options: object) => Promise<void>;
  readonly aboutLog: (command: Command) => Command;
  readonly terminal: Terminal;
}

function addGate(program: Command, { ends, does, aboutLog, terminal }: Making): void {
  const gate = configured(program.command('gate'))
    .summary('run the write gate of a log, or insert it for a rotation')
    .description('Runs the write gate of one log until it is stopped.')
    .option('--log <name>', 'name of the log in the configuration')
    .option(
      '--first-instance <url...>',
      'where to send at the very first start; later the state file says it',
    )
    .action(async (options: GateCommandOptions) => ends(await commands.gate().gate(options, terminal)));
  aboutLog(gate.command('insert'))
    .summary('lead clients to the gate, before a rotation')
    .description(
      'Leads the Service of clients of LOG to its gate, and waits until no write reaches Rekor past it. Only for a log on Kubernetes with gate.insertedAt. Exits with 7 when writes still pass the gate.',
    )
    .option('--quiet-for <seconds>', 'for so long no write may have passed the gate (default: 60)')
    .option('--within <seconds>', 'wait no longer than that (default: 600)')
    .option('--no-wait', 'do not wait')
    .option('--json', 'print the result as JSON')
    .action(does((name, options) => commands.insertedGate().gateInsert(name, options, terminal)));
  aboutLog(gate.command('remove'))
    .summary('lead clients to Rekor again, after it')
    .description(
      'Leads the Service of clients of LOG to Rekor again, exactly as before. Exits with 3 while a rotation needs the gate.',
    )
    .option('--json', 'print the result as JSON')
    .action(does((name, options) => commands.insertedGate().gateRemove(name, options, terminal)));
}

function addReceipt(program: Command, { ends, terminal }: Making): void {
  const receipt = configured(program.command('receipt'))
    .summary('write, and verify, the receipt of a rotation')
    .description(
      'Writes the receipt of a rotation of LOG into a new folder, and beside it what monitors, mirrors, witnesses and the public have to be told. Takes the last rotation that completed, unless one is named.',
    )
    .usage('[options] <log> [rotation]')
    .argument('[log]', 'name of the log in the configuration')
    .argument('[rotation]', 'id of the rotation, as `history` lists it')
    .option('--out <folder>', 'the folder to make; one that holds anything is never changed')
    .action(async (name: string | undefined, rotation: string | undefined, options: object) =>
      ends(await commands.receipt().receipt(name, rotation, options, terminal)),
    );
  receipt
    .command('verify')
    .description(
      'Proves a receipt from the file and your keys alone, without any network. Exits with 8 when it does not hold.',
    )
    .argument('<file>', 'the receipt, receipt.json')
    .option(
      '--key <file>',
      'public keys of the log that you trust, as PEM; several times for several files',
      collected,
      [],
    )
    .option('--json', 'print it as JSON')
    .option('--verbose', 'show where an error comes from')
    .action((file: string, options: ReceiptVerifyOptions) =>
      ends(commands.receiptVerify().receiptVerify(file, options, terminal)),
    );
}

function addSchedule(program: Command, { ends, does, aboutLog, terminal }: Making): void {
  const schedule = program
    .command('schedule')
    .summary('rotate by a schedule, in quiet hours, when it is due')
    .description('Makes, shows and changes schedules that rotate logs.');
  aboutLog(schedule.command('create'))
    .description('Makes a schedule that rotates LOG in its windows, when it is due.')
    .option('--window <window...>', "days and hours, such as 'sun 02:00-05:00'")
    .option('--time-zone <zone>', 'whose hours: an IANA name')
    .option('--blackout <dates...>', 'no rotation begins on 2026-12-24, or 2026-12-20..2027-01-06')
    .option('--due-entries <number>', 'due when the active shard has so many entries')
    .option('--due-age-days <days>', 'due when the active shard is so old')
    .option('--due-database-bytes <bytes>', 'due when the database is so large')
    .option('--at-most-once-in-days <days>', 'not due before the active shard is so old')
    .option('--lull-writes-per-minute <number>', 'wait for a lull: at most so many writes')
    .option('--lull-quantile <share>', 'wait for a lull: as few writes as in this share of the hours')
    .option('--lull-minutes <minutes>', 'for how long a lull has to last')
    .option('--at-window-end <what>', 'without a lull by then: go, or skip (the default)')
    .option('--name <name>', 'for a second schedule of this log')
    .option('--replace', 'replace the policy of the schedule that is there')
    .option('--json', 'print what was made as JSON')
    .action(does((name, options) => commands.scheduleCreate().scheduleCreate(name, options, terminal)));
  configured(schedule.command('list'))
    .description('Lists every schedule that rotates a log, whoever made it. Needs no worker.')
    .option('--json', 'print it as JSON')
    .action(async (options: ScheduleShowOptions) =>
      ends(await commands.scheduleShow().scheduleList(options, terminal)),
    );
  const aboutSchedule = (command: Command) =>
    aboutLog(command)
      .option('--name <name>', 'the name that it was created with')
      .option('--id <id>', 'the id of a schedule that was made otherwise');
  aboutSchedule(schedule.command('show'))
    .description('Shows the schedule of LOG: policy, state, last runs, next windows, and what is dangerous.')
    .option('--json', 'print it as JSON')
    .action(does((name, options) => commands.scheduleShow().scheduleShow(name, options, terminal)));
  aboutSchedule(schedule.command('pause'))
    .description('Lets the schedule of LOG fire no more. What runs goes on.')
    .option('--why <text>', 'the reason; kept with the schedule')
    .action(does((name, options) => commands.scheduleChange().schedulePause(name, options, terminal)));
  aboutSchedule(schedule.command('resume'))
    .description('Lets a paused schedule of LOG fire again.')
    .option('--why <text>', 'the reason; kept with the schedule')
    .action(does((name, options) => commands.scheduleChange().scheduleResume(name, options, terminal)));
  aboutSchedule(schedule.command('trigger'))
    .description('Lets the schedule of LOG fire now. Exits with 3 when a run of it is open already.')
    .action(does((name, options) => commands.scheduleChange().scheduleTrigger(name, options, terminal)));
  aboutSchedule(schedule.command('delete'))
    .description('Deletes the schedule of LOG, after a question. What runs goes on.')
    .option('-y, --yes', 'do not ask')
    .action(does((name, options) => commands.scheduleChange().scheduleDelete(name, options, terminal)));
}

/** What every command that reads the configuration takes. */
function configured(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration; else REKOR_ROTATE_CONFIG, else ./rekor-rotate.yaml')
    .option('--verbose', 'show where an error comes from');
}

/** An option that may be said several times. */
function collected(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
