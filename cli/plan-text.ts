import { isFailed, type Check } from '../workflows/model/checks';
import { counted, entries } from '../workflows/model/counted';
import { passMs } from '../workflows/model/drain';
import { addressesInWords, countedChanges, type Change } from '../workflows/model/installation';
import type { Plan } from '../workflows/model/plan';
import { editedText } from '../workflows/model/plan-settings';
import { roomInWords } from '../workflows/model/room';
import type { RotationResult } from '../workflows/model/result';
import { RECOVER_UNDER_LOCK } from '../workflows/messages';
import { marks } from './diagnosis';
import { ownerLines, ownersInShort } from './owners-text';
import { spoken, table, wrap, type Row } from './text';

/**
 * What a dry run found and would do, for a person who decides by it; `closing` is its last sentence. The facts come last: a
 * question that follows then stands on one screen with all that must be known to answer it.
 */
export function planText(result: RotationResult, columns: number, closing = result.reason): string {
  const { plan } = result;
  if (!plan) {
    return refusalText(result, columns);
  }
  return [
    `Plan to rotate ${plan.log}`,
    '',
    ...writtenLines(plan, 'file', 'Files', columns),
    ...writtenLines(plan, 'object', 'Objects', columns),
    ...ownerLines(plan, columns),
    'Steps',
    ...result.steps.flatMap(({ name, says }) => stepLines(name, says ?? [], columns)),
    '',
    ...table(foundRows(plan, result.checks ?? []), columns),
    '',
    ...wrap(`${totalsOf(plan)} ${closing}`, columns),
  ].join('\n');
}

/** A plan without its files, commands and steps, which `plan` prints. */
export function planInShort(plan: Plan, columns: number): string[] {
  return [...table(foundRows(plan, []), columns), '', ...wrap(totalsOf(plan), columns)];
}

/** All of a plan in one sentence. */
function totalsOf({ hash, currentTree, installation, changes }: Plan): string {
  const { current, next } = installation;
  return `Plan ${hash.slice(0, 12)}: tree ${currentTree.treeId} (${entries(currentTree.size)}) ends, ${next.name} serves in place of ${current.name}; ${countedChanges(changes)}.`;
}

/** What a recovery found and would do; `closing` is its last sentence. */
export function recoveryText(
  result: RotationResult,
  columns: number,
  closing = 'This was a dry run: nothing has been changed.',
): string {
  return [
    ...wrap(`Recovery of ${result.log}, of the rotation ${result.rotationId}`, columns),
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
  const { log, rotationId, outcome, checks = [] } = result;
  const what = rotationId === RECOVER_UNDER_LOCK ? 'A recovery' : 'A rotation';
  const how = outcome === 'skipped' ? 'was skipped' : 'is refused';
  return [
    ...wrap(`${what} of ${log} ${how}; nothing has been changed.`, columns),
    ...(reasons.length > 0 ? reasons : ['', ...wrap(result.reason, columns, '  ')]),
    ...(checks.length > 0 ? ['', ...wrap(`${passedText(log, checks)}.`, columns)] : []),
  ].join('\n');
}

/** How many checks are right; each of them would hide what is not. */
function passedText(log: string, checks: readonly Check[]): string {
  const of = (state: Check['state']): number => checks.filter((check) => check.state === state).length;
  const rest = of('notSeen') === 0 ? '' : `, ${of('notSeen')} could not see all`;
  return `${of('ok')} of ${counted(checks.length, 'check')} passed${rest}; \`rekor-rotate plan ${log} --checks\` lists them`;
}

/** Every check that was made: what was found and, where it is not right, what to do and the code that says why. */
export function checksText(checks: readonly Check[], columns: number): string {
  const lines = checks.flatMap((check) => {
    const { state, found, remedy } = check;
    const text = isFailed(check) ? `${found} ${remedy} (${check.reason})` : found;
    return wrap(text, columns, `  ${marks[state].padEnd(9)}`, ' '.repeat(11));
  });
  return ['Checks', ...lines].join('\n');
}

function foundRows(plan: Plan, checks: readonly Check[]): Row[] {
  const { currentTree, installation, timing } = plan;
  const { current, next } = installation;
  const evidence = {
    queue: "Trillian's database shows its queue empty",
    'signer passes': 'two further signer passes add nothing; a database connection would prove it sooner',
  }[plan.drainEvidence.by];
  const waits = `at most ${spoken(timing.criticalSectionMs)}; if that is not enough, they go on to ${current.name}, and the rotation tries again later, ${counted(timing.attempts, 'time')} in all`;
  return [
    ['Current tree', `${currentTree.treeId}, ${entries(currentTree.size)}`],
    ['Earlier shards', shardsText(plan)],
    ['Next index', `${plan.firstIndexNow}, if nothing is written until then`],
    ['Serves now', `${current.name}, at ${addressesInWords(installation.currentInstances)}`],
    ['Will serve', `${next.name}, at ${addressesInWords(installation.nextInstances)}`],
    ...signerRows(plan),
    ['Others write', ownersInShort(plan)],
    ['Drained when', evidence],
    ['Signers', signersText(plan.drainEvidence)],
    ['Writes wait', waits],
    ['Room', plan.room && roomInWords(plan.room, timing.criticalSectionMs).join('; ')],
    ['Edited', plan.edited && editedText(plan.edited)],
    ['Checks', checks.length > 0 ? passedText(plan.log, checks) : undefined],
    ...checks
      .filter(({ state }) => state === 'warning')
      .map(({ found, remedy }): Row => ['Warning', `${found} ${remedy}`]),
  ];
}

/** With which key the next tree is signed, and what clients must have before: nothing where the configuration says nothing. */
function signerRows({ signer, newKey }: Plan): Row[] {
  if (!signer) {
    return [];
  }
  if (!signer.changes) {
    return [['Key', `${signer.what}, as it is now: no key changes`]];
  }
  const { former = 'which could not be read', next, trustedRootEntry, publishedAt } = newKey ?? {};
  const named = counted(signer.named.length, 'earlier shard');
  const isKey = next === undefined ? 'which the rehearsal reads' : `whose log id is ${next}`;
  const entry =
    trustedRootEntry === undefined
      ? 'with nextSigner.publicKey, a plan has the entry of the new one'
      : '--json has the entry of the new one under plan.newKey.trustedRootEntry';
  return [
    ['New key', `that of ${signer.what}, ${isKey}, for the next tree and later ones`],
    ['Former key', `${former}; the list will name its signer for ${named}, which keep it`],
    [
      'Publish first',
      publishedAt === undefined
        ? `a trusted root that has the new key beside the former one; ${entry}`
        : `done: the trusted root at ${publishedAt} has both keys`,
    ],
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

/** More earlier shards than this are counted: --json has all of them. */
const SHOWN_SHARDS = 3;

function shardsText({ inactive }: Plan): string {
  const shown = inactive.slice(-SHOWN_SHARDS).map(({ treeId, length }) => `${treeId} (${entries(length)})`);
  const more = inactive.slice(0, -SHOWN_SHARDS);
  const sum = more.reduce((total, { length }) => total + length, 0);
  return [
    ...(more.length > 0 ? [`${counted(more.length, 'shard')} with ${entries(sum)}, then`] : []),
    shown.join(', ') || 'none',
  ].join(' ');
}

/** What is written of one kind, under its title; nothing where there is none. */
function writtenLines({ changes }: Plan, kind: Change['kind'], title: string, columns: number): string[] {
  const lines = changes
    .filter((change) => change.kind === kind)
    .flatMap((change) => changeLines(change, columns));
  return lines.length === 0 ? [] : [title, ...lines, ''];
}

/** A diff keeps its lines whole, so that it can be read and copied as it is. */
function changeLines({ target, what, removed, added }: Change, columns: number): string[] {
  return [
    ...wrap(`${target} (${what})`, columns, '  ', '    '),
    ...removed.map((line) => `    - ${line}`),
    ...added.map((line) => `    + ${line}`),
  ];
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
