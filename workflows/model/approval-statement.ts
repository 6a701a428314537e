import type { ApprovalPolicy, ApprovalSubject } from './approval';
import { inSeconds, isTime } from './times';
import { latestBeginning } from './beginning';

/** The line by which a person approves, and how it is signed by hand. */

/** What approvals are signed for, so that no signature made for something else is one (PROTOCOL.sshsig). */
export const APPROVAL_NAMESPACE = 'approval@rekor-rotate';

/**
 * When approvals that are asked for now expire: for a rotation that has a time of its own, when it may begin no more.
 *
 * @param notAfter ISO 8601, with or without fractions of a second, which an approval does not have.
 */
export function expiryOf(
  { expireMs }: Pick<ApprovalPolicy, 'expireMs'>,
  nowMs: number,
  notAfter?: string,
): string {
  return inSeconds(notAfter === undefined ? nowMs + expireMs : latestBeginning(notAfter));
}

/** The line that an approval consists of. What is signed is this line and its end, `\n`. */
export function statementOf({ log, rotationId, planHash, expiresAt }: ApprovalSubject): string {
  return `rekor-rotate approval log=${log} rotation=${rotationId} plan=${planHash} expires=${expiresAt}`;
}

const form =
  /^rekor-rotate approval log=(?<log>[a-z0-9-]{1,63}) rotation=(?<rotationId>[\w.-]{1,100}) plan=(?<planHash>[0-9a-f]{64}) expires=(?<expiresAt>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/;

/** What a line approves; undefined when it is no approval. Blanks and line ends around it mean nothing. */
export function readStatement(line: string): ApprovalSubject | undefined {
  const { log = '', rotationId = '', planHash = '', expiresAt = '' } = form.exec(line.trim())?.groups ?? {};
  return isTime(expiresAt) && inSeconds(Date.parse(expiresAt)) === expiresAt
    ? { log, rotationId, planHash, expiresAt }
    : undefined;
}

/**
 * The commands by which somebody approves by hand, one a line. The last prints what to paste as the input of the Update
 * `approve`. The line goes through a file, because ssh-keygen takes a passphrase from its standard input where it can.
 *
 * @param key the path of a .pub file, as a shell reads it; its private key is in an agent, or beside it.
 */
export function commandsByHand(subject: ApprovalSubject, key = '~/.ssh/id_ed25519.pub'): string[] {
  const file = `approval-${subject.rotationId}`;
  return [
    `echo '${statementOf(subject)}' > ${file}`,
    `ssh-keygen -Y sign -n ${APPROVAL_NAMESPACE} -f ${key} ${file}`,
    `printf '{"approval": "%s", "signature": "%s"}\\n' "$(cat ${file})" "$(tr -d '\\n' < ${file}.sig)"`,
  ];
}
