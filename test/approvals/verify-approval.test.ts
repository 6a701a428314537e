import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { verifyApproval } from '../../approvals/verify-approval';
import type { ApprovalSubject } from '../../workflows/model/approval';
import { APPROVAL_NAMESPACE, commandsByHand, statementOf } from '../../workflows/model/approval-statement';
import { fingerprint, newKey, signed, temporaryFolder } from './open-ssh';
import { newSecurityKey } from './security-key';

const NOW = Date.parse('2026-11-28T16:00:00.000Z');
const asked: ApprovalSubject = {
  log: 'production',
  rotationId: '20261128T155900Z-a1b2c3',
  planHash: 'ab'.repeat(32),
  expiresAt: '2026-11-28T17:00:00Z',
};
const ada = newKey(['-t', 'ed25519']);
const bob = newKey(['-t', 'ecdsa']);
const touched = newSecurityKey('ed25519');
const approvers = [
  { name: 'ada', fingerprints: [fingerprint(ada), fingerprint(touched)] },
  { name: 'bob', fingerprints: [fingerprint(bob)] },
];

const line = statementOf(asked);
const signature = signed(ada, `${line}\n`, APPROVAL_NAMESPACE);

function taken(input: unknown, people = approvers) {
  const verified = verifyApproval(
    { input, takenAt: new Date(NOW).toISOString() },
    asked,
    { approvers: people },
    NOW,
  );
  return 'approval' in verified ? verified.approval : verified.refusals.map(({ code }) => code);
}

it('takes what the key of an approver has signed, in the name of its owner, whoever else is claimed', () => {
  const takenAt = new Date(NOW).toISOString();
  const key = fingerprint(ada);

  expect(taken({ approval: line, signature, who: 'bob', why: 'a full shard' })).toEqual({
    ...asked,
    ...{ who: 'ada', key, why: 'a full shard', takenAt },
  });
  expect(taken({ approval: line, signature: touched.signed(`${line}\n`, APPROVAL_NAMESPACE) })).toMatchObject(
    {
      who: 'ada',
      key: fingerprint(touched),
    },
  );
});

it('takes a claim where no keys are configured, and says that it is one (H25)', () => {
  expect(taken({ approval: line, who: ' ada ' }, [])).toMatchObject({ who: 'ada', key: null, why: null });
});

it('takes what the commands by hand print, run by a shell with a real ssh-keygen', () => {
  const commands = commandsByHand(asked, bob.publicFile).join('\n');
  const pasted = execFileSync('sh', ['-e', '-c', commands], {
    cwd: temporaryFolder(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });

  expect(pasted.trim()).not.toContain('\n');
  expect(taken(JSON.parse(pasted))).toMatchObject({ who: 'bob', key: fingerprint(bob) });
});

it('has in docs/approvals.md the commands by hand that are shown and run here', () => {
  const document = readFileSync(path.join(__dirname, '../../docs/approvals.md'), 'utf8');
  const [, block = ''] = /## By hand.*?```sh\n(.*?)```/s.exec(document) ?? [];
  expect(block.replace('ab12…89', asked.planHash).trim().split('\n')).toEqual(commandsByHand(asked));
});

describe('an approval is refused', () => {
  const changed = (part: Partial<ApprovalSubject>) => {
    const other = statementOf({ ...asked, ...part });
    return { approval: other, signature: signed(ada, `${other}\n`, APPROVAL_NAMESPACE) };
  };

  it.each<[string, object, string[]]>([
    ['of another log', changed({ log: 'staging' }), ['APPROVAL_OF_ANOTHER_LOG']],
    ['of another rotation', changed({ rotationId: 'another' }), ['APPROVAL_OF_ANOTHER_ROTATION']],
    ['of another plan', changed({ planHash: 'cd'.repeat(32) }), ['APPROVAL_OF_ANOTHER_PLAN']],
    ['that has expired', changed({ expiresAt: '2026-11-28T15:59:59Z' }), ['APPROVAL_EXPIRED']],
    ['that lasts too long', changed({ expiresAt: '2027-11-28T15:59:59Z' }), ['APPROVAL_LASTS_TOO_LONG']],
    ['without a signature', { approval: line, who: 'ada' }, ['APPROVAL_UNSIGNED']],
    [
      'whose signature is cut off',
      { approval: line, signature: signature.slice(0, 100) },
      ['APPROVAL_SIGNATURE_UNREADABLE'],
    ],
    [
      'whose signature is of another namespace',
      { approval: line, signature: signed(ada, `${line}\n`, 'git') },
      ['APPROVAL_OF_ANOTHER_NAMESPACE'],
    ],
    [
      'by a key that is not configured',
      { approval: line, signature: signed(newKey(['-t', 'ed25519']), `${line}\n`, APPROVAL_NAMESPACE) },
      ['APPROVER_UNKNOWN'],
    ],
    [
      'whose signature is of another line',
      { approval: line, signature: changed({ planHash: 'cd'.repeat(32) }).signature },
      ['APPROVAL_SIGNATURE_WRONG'],
    ],
    [
      'whose line was signed without its end',
      { approval: line, signature: signed(ada, line, APPROVAL_NAMESPACE) },
      ['APPROVAL_SIGNATURE_WRONG'],
    ],
    [
      'by a security key that nobody touched',
      {
        approval: line,
        signature: touched.signed(`${line}\n`, APPROVAL_NAMESPACE, { flags: 0, counter: 1 }),
      },
      ['APPROVAL_SIGNATURE_WRONG'],
    ],
  ])('%s', (_, input, codes) => {
    expect(taken(input)).toEqual(codes);
  });

  it('when any character of its line is another one', () => {
    fc.assert(
      fc.property(fc.nat(line.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, other) => {
        const approval = line.slice(0, at) + other + line.slice(at + 1);
        fc.pre(approval.trim() !== line);
        expect(taken({ approval, signature })).toEqual(expect.arrayContaining([expect.any(String)]));
      }),
    );
  });

  it('whatever else comes, and nothing is ever thrown', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(line, signature, ''));
    fc.assert(
      fc.property(fc.record({ approval: text, signature: text }, { requiredKeys: [] }), (input) => {
        const isRight = input.approval === line && input.signature === signature;
        expect(Array.isArray(taken(input))).toBe(!isRight);
      }),
      { numRuns: 500 },
    );
  });
});
