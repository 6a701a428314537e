import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { approvalPolicy } from '../../approvals/policy';
import { signApproval, type Signing } from '../../approvals/ssh-keygen';
import { verifyApproval } from '../../approvals/verify-approval';
import type { ApprovalSubject } from '../../workflows/model/approval';
import { newKey, startAgent, temporaryFolder } from './open-ssh';

const NOW = Date.parse('2026-11-28T16:00:00.000Z');
const subject: ApprovalSubject = {
  log: 'production',
  rotationId: '20261128T155900Z-a1b2c3',
  planHash: 'ab'.repeat(32),
  expiresAt: '2026-11-28T17:00:00Z',
};
const ada = newKey(['-t', 'ed25519']);
const bob = newKey(['-t', 'rsa', '-b', '3072']);
const locked = newKey(['-t', 'ed25519'], 'a passphrase');
const stranger = newKey(['-t', 'ed25519']);
const policy = approvalPolicy({
  required: 'two',
  expireMs: 3_600_000,
  approvers: [
    { name: 'ada', keys: [ada.line] },
    { name: 'bob', keys: [bob.line, locked.line] },
  ],
});

/** What one signing is given, and what it says. */
function signing(others: Partial<Signing> = {}) {
  const said: string[] = [];
  const { signal } = new AbortController();
  const environment = { PATH: process.env['PATH'] };
  return { said, ...{ say: (line: string) => void said.push(line), signal, environment }, ...others };
}

async function signer(given: Signing): Promise<string> {
  const input = await signApproval(subject, policy, given);
  const verified = verifyApproval({ input, takenAt: new Date(NOW).toISOString() }, subject, policy, NOW);
  return 'approval' in verified ? verified.approval.who : verified.refusals.map(({ code }) => code).join();
}

/** A folder with the public key alone: the private one can only be in the agent. */
function publicAlone(key: { readonly publicFile: string }): string {
  const file = path.join(temporaryFolder(), 'alone.pub');
  copyFileSync(key.publicFile, file);
  return file;
}

describe('with an agent', () => {
  it('signs with its first key that may approve, or with the one that is named', async () => {
    const agent = await startAgent([stranger, bob, ada]);
    const { environment } = agent;
    try {
      await expect(signer(signing({ environment }))).resolves.toBe('bob');
      await expect(signer(signing({ environment, keyFile: publicAlone(ada) }))).resolves.toBe('ada');
      await expect(signer(signing({ environment, keyFile: publicAlone(stranger) }))).resolves.toBe(
        'APPROVER_UNKNOWN',
      );
    } finally {
      await agent.stop();
    }
  });

  it('refuses when the agent has no key, only keys of others, or does not answer', async () => {
    const agent = await startAgent([]);
    const { environment } = agent;
    await expect(signer(signing({ environment }))).rejects.toThrow(/with: the agent has no key\./);
    await agent.stop();
    await expect(signer(signing({ environment }))).rejects.toThrow(
      /with: no agent answers \(.+\)\..*ssh-add FILE/s,
    );
    await expect(signer(signing())).rejects.toThrow(/no agent answers \(Could not open a connection/);

    const others = await startAgent([stranger]);
    try {
      await expect(signer(signing({ environment: others.environment }))).rejects.toThrow(
        /only keys of which none may/,
      );
    } finally {
      await others.stop();
    }
  });
});

describe('with a key file', () => {
  it('signs with the private key, and with the one beside a public key', async () => {
    await expect(signer(signing({ keyFile: ada.privateFile }))).resolves.toBe('ada');
    await expect(signer(signing({ keyFile: bob.publicFile }))).resolves.toBe('bob');
  });

  it.each([
    ['that is not there', '/nowhere/key.pub', /has not signed with \/nowhere\/key\.pub: .*No such file/],
    ['whose private key is nowhere', publicAlone(ada), /No private key found for public key/],
    ['whose passphrase nobody can be asked for', locked.privateFile, /has not signed with .*: Load key/],
  ])('refuses one %s, and says why', async (_, keyFile, words) => {
    await expect(signer(signing({ keyFile }))).rejects.toThrow(words);
  });
});

it('says what to install where there is no ssh-keygen', async () => {
  const environment = { PATH: temporaryFolder() };
  await expect(signer(signing({ environment, keyFile: ada.publicFile }))).rejects.toThrow(
    /ssh-keygen cannot be run: it does not exist\. Install it: openssh-client on Debian/,
  );
  await expect(signer(signing({ environment }))).rejects.toThrow(/ssh-add cannot be run/);
});

it('leaves nothing behind, signed or not, and changes nothing beside the key', async () => {
  const temporary = temporaryFolder();
  const used = jest.spyOn(os, 'tmpdir').mockReturnValue(temporary);
  const besideKey = () => [readdirSync(path.dirname(ada.privateFile)), readFileSync(ada.privateFile, 'utf8')];
  const before = besideKey();
  try {
    await signer(signing({ keyFile: ada.publicFile }));
    await expect(signer(signing({ keyFile: '/nowhere/key.pub' }))).rejects.toThrow();
    expect(used).toHaveBeenCalledTimes(2);
  } finally {
    used.mockRestore();
  }
  expect(readdirSync(temporary)).toEqual([]);
  expect(besideKey()).toEqual(before);
});

it('hands on what ssh-keygen says meanwhile, such as to touch a key', async () => {
  const given = signing({ keyFile: '/nowhere/key.pub' });
  await expect(signer(given)).rejects.toThrow();
  expect(given.said.join('\n')).toContain('/nowhere/key.pub');
});

it('ends with the reason of its signal, before and while it signs', async () => {
  const reason = new Error('interrupted');
  await expect(signer(signing({ keyFile: ada.publicFile, signal: AbortSignal.abort(reason) }))).rejects.toBe(
    reason,
  );

  // An ssh-keygen that never comes to an end, as one that waits for a touch.
  const [bin, controller] = [temporaryFolder(), new AbortController()];
  const script = '#!/bin/sh\necho touch it >&2\nexec sleep 600\n';
  writeFileSync(path.join(bin, 'ssh-keygen'), script, { mode: 0o755 });
  const environment = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  const say = (): void => controller.abort(reason);
  const given = signing({ environment, keyFile: ada.publicFile, signal: controller.signal, say });
  await expect(signer(given)).rejects.toBe(reason);
});
