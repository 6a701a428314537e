import { counted } from '../counted';
import type { Text } from './text';

/** What is wrong with an approval, or keeps one from coming. */
export const approvalRefusals = {
  APPROVAL_INVALID: (found: { log: string; problems: readonly string[] }): Text => ({
    message: `The approval of the rotation of ${found.log} was not taken: ${found.problems.join(' ')}`,
    remedy: approveAgain(found.log),
  }),
  APPROVAL_OF_ANOTHER_LOG: (found: { log: string; found: string }): Text => ({
    message: `This approves a rotation of the log ${found.found}, but the log here is ${found.log}.`,
    remedy: approveAgain(found.log),
  }),
  APPROVAL_OF_ANOTHER_ROTATION: (found: { log: string; found: string; asked: string }): Text => ({
    message: `This approves the rotation ${found.found} of ${found.log}, but the rotation here is ${found.asked}.`,
    remedy: approveAgain(found.log),
  }),
  APPROVAL_OF_ANOTHER_PLAN: (found: { log: string; found: string; asked: string }): Text => ({
    message: `This approves the plan ${found.found.slice(0, 12)} of ${found.log}, but the plan here is ${found.asked.slice(0, 12)}.`,
    remedy: `Look at the plan as it is now. ${approveAgain(found.log)}`,
  }),
  APPROVAL_EXPIRED: (found: { log: string; expiresAt: string; now: string }): Text => ({
    message: `This approval for ${found.log} expired at ${found.expiresAt}, and it is ${found.now} now.`,
    remedy: `If the rotation still waits, approve it anew. Otherwise start it again. ${approveAgain(found.log)}`,
  }),
  APPROVAL_LASTS_TOO_LONG: (found: { log: string; expiresAt: string; most: string }): Text => ({
    message: `This approval for ${found.log} would last until ${found.expiresAt}, but approvals are asked for until ${found.most}.`,
    remedy: approveAgain(found.log),
  }),
  APPROVAL_UNSIGNED: (found: { log: string }): Text => ({
    message: `The approval has no signature, but logs.${found.log}.approvals names the keys of those who may approve.`,
    remedy: approveAgain(found.log),
  }),
  APPROVAL_SIGNATURE_UNREADABLE: (found: { log: string; fault: string }): Text => ({
    message: `The signature of the approval for ${found.log} cannot be read: ${found.fault}.`,
    remedy: `Paste all that ssh-keygen wrote, from BEGIN to END; its line ends may be left out. ${approveAgain(found.log)}`,
  }),
  APPROVAL_OF_ANOTHER_NAMESPACE: (found: { log: string; found: string; expected: string }): Text => ({
    message: `The signature of the approval for ${found.log} was made in the namespace "${found.found}", but approvals are signed in "${found.expected}".`,
    remedy: `Give ssh-keygen -Y sign the option -n ${found.expected}. ${approveAgain(found.log)}`,
  }),
  APPROVAL_SIGNATURE_WRONG: (found: { log: string; who: string; problem: string }): Text => ({
    message: `The signature with the key of ${found.who} does not approve this for ${found.log}: ${found.problem}.`,
    remedy: `Sign exactly the line that is asked for, with one line end after it. ${approveAgain(found.log)}`,
  }),
  APPROVER_UNKNOWN: (found: { log: string; key: string }): Text => ({
    message: `The key ${found.key} may not approve a rotation of ${found.log}: logs.${found.log}.approvals does not name it.`,
    remedy:
      'Sign with a key that it names; `ssh-add -l` and `ssh-keygen -l -f FILE` show yours. Or add this one under its owner, and restart the worker.',
  }),
  SSH_PROGRAM_MISSING: (found: { program: string; reason: string }): Text => ({
    message: `OpenSSH's ${found.program} cannot be run: ${found.reason}.`,
    remedy:
      'Install it: openssh-client on Debian and Ubuntu, openssh-clients on Fedora and RHEL, openssh on Alpine and Arch. It must be on the PATH, and 8.2 or newer.',
  }),
  SSH_SIGNING_FAILED: (found: { keyFile: string; reason: string }): Text => ({
    message: `ssh-keygen has not signed with ${found.keyFile}: ${found.reason}.`,
    remedy:
      'Name a key with --key FILE.pub that an agent holds (`ssh-add -L` lists them), or whose private key is beside it. A passphrase is asked for at a terminal only.',
  }),
  NO_KEY_TO_APPROVE_WITH: (found: { log: string; found: string }): Text => ({
    message: `There is no key to approve a rotation of ${found.log} with: ${found.found}.`,
    remedy: `Add one that logs.${found.log}.approvals names to the agent (\`ssh-add FILE\`), or name its file with --key FILE.pub.`,
  }),
  NOT_APPROVED: (found: { log: string; missing: number; expiresAt: string }): Text => ({
    message: `The rotation of ${found.log} was not approved by ${found.expiresAt}: ${counted(found.missing, 'approval')} of its plan ${found.missing === 1 ? 'was' : 'were'} missing.`,
    remedy: 'Nothing was changed. Start it again, and have it approved in time.',
  }),
  REJECTED: (found: { log: string; who: string; why: string }): Text => ({
    message: `${found.who} rejected the rotation of ${found.log}: ${found.why}.`,
    remedy: 'Nothing was changed.',
  }),
  APPROVED_BEFORE: (found: { log: string; who: string }): Text => ({
    message: `${found.who} has approved this rotation of ${found.log} already: nobody counts twice.`,
    remedy: 'Another person has to approve it.',
  }),
} as const;

/** How an approval that is taken comes about. */
function approveAgain(log: string): string {
  return `\`rekor-rotate approve ${log}\` signs and sends what is asked for now; the details of the rotation have the commands by hand.`;
}
