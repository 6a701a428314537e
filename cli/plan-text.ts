import { passMs } from '../workflows/model/drain';
import type { CommandRun, FileChange } from '../workflows/model/installation';
import type { Plan } from '../workflows/model/plan';
import type { RotationResult } from '../workflows/model/rotation';
import { RECOVERY } from '../workflows/messages';
import { field, wrap } from './text';

/** What a dry run found and would do, for a person who decides by it; `closing` is its last sentence. */
export function planText(result: RotationResult, columns: number, closing = result.reason): string {
  const { plan } = result;
  if (!plan) {
    return refusalText(result, columns);
  }
  return [
    `Plan to rotate ${plan.log}`,
    '',
    ...foundLines(plan, columns),
    '',
    'Files',
    ...plan.changes.files.flatMap((file) => fileLines(file, columns)),
    ...(plan.changes.files.length === 0 ? ['  none'] : []),
    '',
    'Commands',
    ...plan.changes.commands.flatMap((run) => commandLines(run, columns)),
    ...(plan.changes.commands.length === 0 ? ['  none'] : []),
    '',
    'Steps',
    ...result.steps.flatMap(({ name, says }) => stepLines(name, says ?? [], columns)),
    '',
    ...wrap(`Plan ${plan.hash.slice(0, 12)}. ${closing}`, columns),
  ].join('\n');
}

/** What a recovery found and would do; `closing` is its last sentence. */
export function recoveryText(
  result: RotationResult,
  columns: number,
  closing = 'This was a dry run: nothing has been changed.',
): string {
  return [
    ...wrap(`Recovery of ${result.log}, of the rotation ${result.rotation}`, columns),
    '',
    ...wrap(result.reason, columns, '  '),
    '',
    ...wrap(closing, columns),
  ].join('\n');
}

/** Everything that stands against a rotation: each reason a paragraph with what to do. */
export function refusalText(result: RotationResult, columns: number): string {
  const reasons = result.refusals.flatMap(({ code, message, remedy }) => [
    '',
    ...wrap(`${message} ${remedy} (${code})`, columns, '  '),
  ]);
  const what = result.rotation === RECOVERY ? 'A recovery' : 'A rotation';
  const title = `${what} of ${result.log} is refused; nothing has been changed.`;
  return [
    ...wrap(title, columns),
    ...(reasons.length > 0 ? reasons : ['', ...wrap(result.reason, columns, '  ')]),
  ].join('\n');
}

function foundLines(plan: Plan, columns: number): string[] {
  const { currentTree, inactive, installation, timing, warnings = [] } = plan;
  const shards = inactive.map(({ treeId, length }) => `${treeId} (${length} entries)`).join(', ');
  const evidence = {
    queue: "Trillian's database shows its queue empty",
    'signer passes': 'two further signer passes add nothing; a database connection would prove it sooner',
  }[plan.drainEvidence.by];
  return [
    ...field('Current tree', `${currentTree.treeId}, ${currentTree.size} entries`, columns),
    ...field('Earlier shards', shards || 'none', columns),
    ...field('Next index', `${plan.firstIndexNow}, if nothing is written until then`, columns),
    ...field('Serves now', `${installation.current}, at ${urls(installation.currentInstances)}`, columns),
    ...field('Will serve', `${installation.next}, at ${urls(installation.nextInstances)}`, columns),
    ...field('Drained when', evidence, columns),
    ...field('Signers', signersText(plan.drainEvidence), columns),
    ...field(
      'Writes wait',
      `at most ${timing.criticalSectionMs} ms in an attempt, of at most ${timing.attempts}`,
      columns,
    ),
    ...warnings.flatMap((warning) => field('Warning', warning, columns)),
  ];
}

/** What was measured of the signers, beside what the configuration says of them. */
function signersText({ pace, unmeasured = '', timing }: Plan['drainEvidence']): string {
  if (!pace) {
    return `not measured: ${unmeasured}`;
  }
  const { passes, withinMs, readingMs, pageBytes } = pace;
  return (
    `pass over this tree every ${Math.round(passMs(pace))} ms (${passes} in ${withinMs} ms; signerInterval says ${timing.signerIntervalMs} ms); ` +
    `their metrics of ${Math.ceil(pageBytes / 1000)} kB are read in ${readingMs} ms`
  );
}

function urls(instances: Plan['installation']['currentInstances']): string {
  return instances.map(({ url }) => url).join(', ');
}

/** A diff keeps its lines whole, so that it can be read and copied as it is. */
function fileLines(file: FileChange, columns: number): string[] {
  return [
    ...wrap(`${file.path} (${file.what})`, columns, '  ', '    '),
    ...file.removed.map((line) => `    - ${line}`),
    ...file.added.map((line) => `    + ${line}`),
  ];
}

function commandLines(run: CommandRun, columns: number): string[] {
  const command = wrap(run.command.map(quoted).join(' '), columns, '      ');
  return [...wrap(`${run.step}: ${run.what}`, columns, '  ', '    '), ...command];
}

/** An argument as a shell would take it; commands are run without one. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}

function stepLines(name: string, says: readonly string[], columns: number): string[] {
  const indent = 14;
  return says.flatMap((sentence, position) =>
    wrap(
      sentence,
      columns,
      position === 0 ? `  ${name}`.padEnd(indent) : ' '.repeat(indent),
      ' '.repeat(indent + 2),
    ),
  );
}
