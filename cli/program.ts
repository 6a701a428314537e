import { Command, CommanderError } from 'commander';
import { commands } from './commands';
import { errorText, exitCodeOfError } from './errors';
import { exitCodes, exitCodeTable } from './exit-codes';
import type { Terminal } from './terminal';
import { version } from './version';

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
    terminal.err(errorText(error, { verbose: argv.includes('--verbose'), columns: terminal.columns }));
    return exitCodeOfError(error);
  }
}

function commandLine(terminal: Terminal, ends: (code: number) => void): Command {
  const program = new Command('rekor-rotate')
    .description('Rotates a live Rekor transparency log to a new shard while it serves.')
    .version(version(), '-V, --version', 'print the version')
    .addHelpText('after', `\n${exitCodeTable()}`)
    .showHelpAfterError('Run it with --help to see what there is.')
    .enablePositionalOptions()
    .executableDir(__dirname)
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
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
  configured(program.command('plan'))
    .summary('say what a rotation would change, and change nothing')
    .description('Goes through a rotation of LOG and says each change instead of making it.')
    .argument('<log>', log)
    .option('--current-tree <id>', 'refuse unless this is the active tree')
    .option('--checks', 'list every check that was made, not only those that failed')
    .option('--json', 'print the result as JSON, with every check')
    .action(async (name: string, options: object) =>
      ends(await commands.rotate().plan(name, options, terminal)),
    );
  aboutLog(program.command('rotate'))
    .summary('rotate a log, after showing the plan')
    .description('Shows the plan for LOG, asks, and rotates exactly as shown. Ctrl-C stops watching only.')
    .option('-y, --yes', 'do not ask')
    .option('--current-tree <id>', 'refuse unless this is the active tree')
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
  configured(program.command('cancel'))
    .summary('take a running rotation back')
    .description(
      'Asks the running rotation of LOG to take itself back and waits until it has. Exits with 3 when there was none, or when it was too late; with --no-wait it cannot know that.',
    )
    .argument('<log>', log)
    .option('--no-wait', 'do not wait for the end')
    .action(async (name: string, options: object) =>
      ends(await commands.cancel().cancel(name, options, terminal)),
    );
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
  configured(program.command('worker'))
    .summary('run the worker that carries rotations out')
    .description('Runs a worker for every log of the configuration until it is stopped.')
    .option('--metrics <address>', 'IP:port to show metrics at, instead of the configured one')
    .action(async (options: object) => ends(await commands.worker().worker(options, terminal)));
  configured(program.command('gate'))
    .summary('run the write gate of a log')
    .description('Runs the write gate of one log until it is stopped.')
    .requiredOption('--log <name>', log)
    .option(
      '--first-instance <url...>',
      'where to send at the very first start; later the state file says it',
    )
    .action(async (options: { log: string }) => ends(await commands.gate().gate(options, terminal)));

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

/** What every command that reads the configuration takes. */
function configured(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration; else REKOR_ROTATE_CONFIG, else ./rekor-rotate.yaml')
    .option('--verbose', 'show where an error comes from');
}
