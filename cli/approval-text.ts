import type { ApprovalsAsked } from '../workflows/model/waiting';
import { commandsByHand, statementOf } from '../workflows/model/approval-statement';
import { counted } from '../workflows/model/counted';
import { planInShort } from './plan-text';
import type { Terminal } from './terminal';
import { table, titled, wrap, type Row } from './text';
import { whenText } from './times';

/** Everything that somebody has to know who is about to approve. The line stays whole, to be copied. */
export function approvalText(
  { subject, plan, approvers, counted: approved, missing }: ApprovalsAsked,
  { columns, timeZone }: Pick<Terminal, 'columns' | 'timeZone'>,
): string {
  const { log, rotationId, expiresAt } = subject;
  const rows = approved.map(({ who, takenAt }): Row => [
    'Approved',
    `by ${who}, ${whenText(takenAt, timeZone)}`,
  ]);
  const who =
    approvers.length === 0
      ? 'No keys are configured: an approval is a claim, and nobody checks who makes it.'
      : `Whoever may: ${approvers.map(({ name }) => name).join(', ')}.`;
  return [
    ...wrap(
      `The rotation ${rotationId} of ${log} waits for ${counted(missing, 'approval')}, until ${whenText(expiresAt, timeZone)}.`,
      columns,
    ),
    ...wrap(who, columns),
    '',
    ...table(rows, columns),
    ...planInShort(plan, columns),
    ...titled('What you approve', [statementOf(subject)]),
  ].join('\n');
}

/** How it is approved without this program. The commands stay whole, to be copied. */
export function byHandText(
  { subject, approvers }: ApprovalsAsked,
  workflowId: string,
  columns: number,
): string {
  const paste = `as the input of the Update \`approve\` of the workflow ${workflowId} in the Temporal UI`;
  const line = JSON.stringify({ approval: statementOf(subject), who: 'NAME', why: 'TEXT' });
  return [
    ...(approvers.length === 0
      ? titled('By hand', [line, ...wrap(`Paste this ${paste}.`, columns)])
      : titled('By hand', [
          ...commandsByHand(subject),
          ...wrap(`Paste what the last one prints ${paste}.`, columns),
        ])),
  ].join('\n');
}
