import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readPublicKey } from '../../approvals/public-key';

/** Real keys, signatures and agents. Says what to install where there is no OpenSSH. */

for (const program of ['ssh-keygen', 'ssh-agent', 'ssh-add']) {
  if (spawnSync(program, ['-?'], { stdio: 'ignore' }).error) {
    throw new Error(`These tests run the real ${program}: apt-get install openssh-client`);
  }
}

export interface KeyFiles {
  readonly privateFile: string;
  readonly publicFile: string;
  /** The content of publicFile, without its end of line. */
  readonly line: string;
}

/** What `ssh-keygen -l` shows of a key. */
export function fingerprint({ line }: Pick<KeyFiles, 'line'>): string {
  const read = readPublicKey(line);
  return 'key' in read ? read.key.fingerprint : '';
}

export function temporaryFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'approvals-'));
}

/** A new key: `['-t', 'rsa', '-b', '3072']`. */
export function newKey(args: readonly string[], passphrase = ''): KeyFiles {
  const privateFile = path.join(temporaryFolder(), 'key');
  execFileSync('ssh-keygen', ['-q', ...args, '-N', passphrase, '-C', 'ada@example.com', '-f', privateFile]);
  const publicFile = `${privateFile}.pub`;
  return { privateFile, publicFile, line: readFileSync(publicFile, 'utf8').trim() };
}

/** What ssh-keygen signs with a key that has no passphrase. */
export function signed(
  { privateFile }: Pick<KeyFiles, 'privateFile'>,
  message: string,
  namespace: string,
  ...options: readonly string[]
): string {
  return execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', namespace, ...options, '-f', privateFile], {
    input: message,
    encoding: 'utf8',
  });
}

/** Whether ssh-keygen itself takes a signature. */
export function isTakenByOpenSsh(signature: string, message: string, namespace: string): boolean {
  const file = path.join(temporaryFolder(), 'signature');
  writeFileSync(file, signature);
  const args = ['-Y', 'check-novalidate', '-n', namespace, '-s', file];
  return spawnSync('ssh-keygen', args, { input: message }).status === 0;
}

/** An agent of its own with these keys; its environment is that of a process which uses it. */
export async function startAgent(keys: readonly KeyFiles[]) {
  const socket = path.join(temporaryFolder(), 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(agent.stdout, 'data');
  const environment = { ...process.env, SSH_AUTH_SOCK: socket };
  for (const { privateFile } of keys) {
    execFileSync('ssh-add', ['-q', privateFile], { env: environment });
  }
  return {
    environment,
    stop: async (): Promise<void> => {
      const ended = once(agent, 'exit');
      agent.kill();
      await ended;
    },
  };
}

/** For the tests of a file, or of a `describe`: this process and its children find an agent with these keys. */
export function useAgent(keys: readonly KeyFiles[]): void {
  const before = process.env['SSH_AUTH_SOCK'];
  let agent: Awaited<ReturnType<typeof startAgent>>;

  beforeAll(async () => {
    agent = await startAgent(keys);
    process.env['SSH_AUTH_SOCK'] = agent.environment.SSH_AUTH_SOCK;
  });

  afterAll(async () => {
    if (before === undefined) {
      delete process.env['SSH_AUTH_SOCK'];
    } else {
      process.env['SSH_AUTH_SOCK'] = before;
    }
    await agent.stop();
  });
}
