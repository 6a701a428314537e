import type { Check, CheckState, Found } from '../../audit/model/checklist';
import { checklist } from '../../audit/model/checklist';
import { counted } from '../../workflows/model/counted';
import { list, titled, wrap } from '../text';
import { type AuditReport, unaskedOf, unseenBy } from './report';

const marks: Readonly<Record<CheckState, string>> = { ok: 'ok', fault: 'FAULT', note: 'note', unasked: '-' };

/** Where the words of a line begin. */
const INDENT = 21;

/** Of one kind of finding so many are shown; `--json` has more. */
const SHOWN = 3;

/** The checklist, for people, in at most 80 columns; URLs and names of entries are left whole. */
export function auditText(report: AuditReport, columns: number): string {
  const width = Math.min(columns, 80);
  const { log, addresses, audit } = report;
  const whole = audit.shards.reduce((sum, { loaded }) => sum + loaded, 0);
  const size = `${counted(audit.shards.length, 'shard')}, ${whole.toLocaleString('en-US')} entries, ${counted(report.requests, 'request')}.`;
  return [
    ...wrap(`Audit of ${log === null ? addresses.join(', ') : `${log}, at ${addresses.join(', ')}`}`, width),
    ...(audit.shards.length > 0 ? wrap(size, width) : []),
    '',
    ...(audit.instances > 0 ? checklist(audit).flatMap((check) => checkLines(check, width)) : []),
    ...titled('Not asked', list(unaskedTexts(report), width)),
    ...titled('What this cannot see', list(unseenBy(report), width)),
    '',
    ...wrap(verdict(report), width),
  ].join('\n');
}

function checkLines({ name, state, said, found }: Check, width: number): string[] {
  const head = `  ${marks[state].padEnd(7)}${name.padEnd(INDENT - 9)}`;
  return [...wrap(said, width, head, ' '.repeat(INDENT)), ...found.flatMap((one) => foundLines(one, width))];
}

function foundLines({ code, count, some, remedy }: Found, width: number): string[] {
  const shown = some
    .slice(0, SHOWN)
    .flatMap(({ address, where, what }) =>
      wrap(`${where} at ${address}: ${what}.`, width, '    ! ', '      '),
    );
  const more = count > SHOWN ? [`      and ${count - SHOWN} more like this`] : [];
  return [...shown, ...more, ...wrap(`${remedy} (${code})`, width, '    > ', '      ')];
}

function unaskedTexts({ audit }: AuditReport): string[] {
  return audit.unasked.map(
    ({ address, reason, optional }) =>
      `${address}: ${reason}.${optional ? ' That is right for a slot that is stopped.' : ''}`,
  );
}

function verdict(report: AuditReport): string {
  const { findings, instances } = report.audit;
  const { faults } = findings;
  const left = unaskedOf(report).length;
  if (faults > 0) return `${counted(faults, 'fault')} found.`;
  if (instances === 0) {
    const [first, ...others] = report.addresses;
    const nobody =
      others.length === 0 ? `${first} does not answer` : `none of ${others.length + 1} addresses answers`;
    return `Nothing was read: ${nobody} as a Rekor v1 log, as "Not asked" says. So nothing is known of the log. Check the address and that Rekor runs there, then audit it again.`;
  }
  if (left > 0)
    return `No fault found, but ${counted(left, 'address was', 'addresses were')} not asked to the end, as "Not asked" says. Let ${left === 1 ? 'it' : 'them'} answer, and audit again.`;
  return 'Sound: no fault found in what was read.';
}
