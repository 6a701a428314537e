import { signApproval } from '../../approvals/ssh-keygen';
import { ownEnvironment } from '../../config/environment';
import { statementOf } from '../../workflows/model/approval-statement';
import type { ApprovalInput } from '../../workflows/model/approval-input';
import type { ApprovalsAsked } from '../../workflows/model/waiting';
import { mustAgree, unaskable } from '../agreement';
import { approvalText, byHandText } from '../approval-text';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { addresseeOf, printAnswer, tell } from '../instructing';
import type { Terminal } from '../terminal';
import { logGiven, wordsMissing, type LogCommand } from '../usage';
import { withClient } from '../with-client';

export interface ApproveOptions {
  readonly config?: string;
  readonly rotation?: string;
  /** A key file for ssh-keygen; else the first key in the agent that may approve. */
  readonly key?: string;
  /** Who approves, where no keys are configured. */
  readonly who?: string;
  readonly why?: string;
  readonly yes?: boolean;
  /** Print what is asked for, and how it is signed by hand; send nothing. */
  readonly show?: boolean;
}

/** `approve LOG`: shows what is asked for, asks, signs it with the person's own key, and sends it. */
export const approve: LogCommand<ApproveOptions> = async (name, options, terminal) => {
  const agreed = options.yes === true || options.show === true;
  const log = logGiven(name, options, unaskable(agreed, `approve ${name ?? 'LOG'} --show`, terminal));
  return await withClient(log, options, async (client, configuration) => {
    const { rotation } = options;
    const addressee = await addresseeOf(client, configuration, { log, update: 'approve', rotation });
    const { handle, progress } = addressee;
    const asks = progress.waiting?.asks;
    if (!asks) {
      throw new CommandError(
        `The rotation ${progress.rotationId ?? handle.workflowId} of ${log} does not wait for approvals; it is at ${progress.phase}.`,
        exitCodes.refused,
      );
    }
    const shown = approvalText(asks, terminal);
    if (options.show) {
      terminal.out(`${shown}\n${byHandText(asks, handle.workflowId, terminal.columns)}`);
      return exitCodes.done.code;
    }
    mustFit(asks, options);
    await mustAgree(shown, `Approve the rotation ${asks.subject.rotationId} of ${log}?`, options, terminal);
    const input = await approvalOf(asks, options, terminal);
    const until = asks.subject.expiresAt;
    const answer = await tell(client, addressee, { update: 'approve', input, until }, terminal);
    printAnswer(addressee, answer, terminal);
    return exitCodes.done.code;
  });
};

/** With keys, the key says who approves; without, only the person can. */
function mustFit({ approvers, subject: { log } }: ApprovalsAsked, { key, who }: ApproveOptions): void {
  const problem =
    approvers.length > 0
      ? who !== undefined && `${log} has keys of approvers, and the key says who approves: leave --who out.`
      : key === undefined
        ? wordsMissing(who, `${log} has no keys of approvers: say who approves, --who NAME.`)
        : `${log} has no keys of approvers: leave --key out, and say who approves, --who NAME.`;
  if (problem) {
    throw new CommandError(problem, exitCodes.usage);
  }
}

async function approvalOf(
  { subject, approvers }: ApprovalsAsked,
  { key, who, why }: ApproveOptions,
  terminal: Terminal,
): Promise<ApprovalInput> {
  const words = { ...(why !== undefined && { why }) };
  if (approvers.length === 0) {
    return { approval: statementOf(subject), ...(who !== undefined && { who }), ...words };
  }
  const { interrupted: signal } = terminal;
  try {
    const signing = { say: (text: string) => terminal.err(text), signal, environment: ownEnvironment() };
    const signed = await signApproval(
      subject,
      { approvers },
      { ...signing, ...(key !== undefined && { keyFile: key }) },
    );
    return { ...signed, ...words };
  } catch (error) {
    throw signal.aborted ? new CommandError('Stopped. Nothing has been sent.', exitCodes.detached) : error;
  }
}
