import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refuse } from '../activities/errors/refusal-error';
import { errorReason } from '../activities/errors/error-reason';
import type { ApprovalPolicy, ApprovalSubject } from '../workflows/model/approval';
import type { ApprovalInput } from '../workflows/model/approval-input';
import { APPROVAL_NAMESPACE, statementOf } from '../workflows/model/approval-statement';
import { readPublicKey } from './public-key';

/** Signing by OpenSSH's own programs: no private key is ever read here. */

export interface Signing {
  /** A key file for `ssh-keygen -f`. Absent: the first key in the agent that may approve. */
  readonly keyFile?: string;
  /** What ssh-keygen tells a person meanwhile, such as to touch the key; perhaps several lines. */
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
  /** What the programs find in their environment; that of this process unless told otherwise. */
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Signs what is asked for, and gives the argument of the Update `approve`. With a `.pub` file, ssh-keygen asks the agent for
 * the key, and then looks for the private key beside it. A passphrase is asked for at the terminal, if there is one.
 *
 * @throws RefusalError SSH_PROGRAM_MISSING, SSH_SIGNING_FAILED, or NO_KEY_TO_APPROVE_WITH when no `keyFile` is given and the
 *   agent has no key of the policy; the reason of `signal` when it aborts.
 */
export async function signApproval(
  subject: ApprovalSubject,
  { approvers }: Pick<ApprovalPolicy, 'approvers'>,
  signing: Signing,
): Promise<ApprovalInput> {
  const approval = statementOf(subject);
  const folder = await mkdtemp(join(tmpdir(), 'rekor-rotate-'));
  try {
    const keyFile = signing.keyFile ?? (await keyFileFromAgent(subject.log, approvers, folder, signing));
    const signature = await signed(`${approval}\n`, keyFile, join(folder, 'approval'), signing);
    return { approval, signature };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function signed(content: string, keyFile: string, file: string, signing: Signing): Promise<string> {
  await writeFile(file, content);
  const args = ['-q', '-Y', 'sign', '-n', APPROVAL_NAMESPACE, '-f', keyFile, file];
  const { code, errors } = await run('ssh-keygen', args, signing, signing.say);
  if (code !== 0) {
    throw refuse('SSH_SIGNING_FAILED', { keyFile, reason: reasonOf(code, errors) });
  }
  return (await readFile(`${file}.sig`, 'utf8')).trim();
}

/** Writes down the first key of the agent that may approve, for ssh-keygen to ask the agent for it. */
async function keyFileFromAgent(
  log: string,
  approvers: ApprovalPolicy['approvers'],
  folder: string,
  signing: Signing,
): Promise<string> {
  const { code, output, errors } = await run('ssh-add', ['-L'], signing);
  // ssh-add.c: 1 where the agent has no keys, 2 where none answers.
  if (code === 2) {
    throw refuse('NO_KEY_TO_APPROVE_WITH', { log, found: `no agent answers (${reasonOf(code, errors)})` });
  }
  const lines = code === 0 ? output.trim().split('\n') : [];
  const line = lines.find((candidate) => mayApprove(candidate, approvers));
  if (line === undefined) {
    const found =
      lines.length === 0 ? 'the agent has no key' : 'the agent has only keys of which none may approve';
    throw refuse('NO_KEY_TO_APPROVE_WITH', { log, found });
  }
  const file = join(folder, 'key.pub');
  await writeFile(file, `${line}\n`);
  return file;
}

function mayApprove(line: string, approvers: ApprovalPolicy['approvers']): boolean {
  const read = readPublicKey(line);
  return 'key' in read && approvers.some(({ fingerprints }) => fingerprints.includes(read.key.fingerprint));
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/**
 * Runs one of OpenSSH's programs. It gets no standard input: without a terminal, ssh-keygen would take a passphrase from it,
 * whatever stands there.
 */
async function run(
  program: string,
  args: readonly string[],
  { signal, environment }: Signing,
  say?: (text: string) => void,
): Promise<Ended> {
  signal.throwIfAborted();
  return await new Promise<Ended>((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      ...(environment && { env: environment }),
    });
    let [output, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      errors += part;
      say?.(part.replaceAll('\r', '').trimEnd());
    });
    child.once('error', (error) => {
      reject(
        signal.aborted
          ? (signal.reason as Error)
          : refuse('SSH_PROGRAM_MISSING', { program, reason: errorReason(error) }, error),
      );
    });
    child.once('close', (code) => resolve({ code, output, errors }));
  });
}

/** The last thing that a program said, which is its reason. */
function reasonOf(code: number | null, errors: string): string {
  const said = (errors.trim().split('\n').at(-1) ?? '').replace(/^Enter passphrase: |\.$/g, '');
  return said === '' ? `it ended with ${code ?? 'a signal'}` : said;
}
