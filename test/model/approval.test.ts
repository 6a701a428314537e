import fc from 'fast-check';
import {
  approvalDifferences,
  approvalsRequired,
  standingOf,
  type Approval,
  type ApprovalPolicy,
  type ApprovalSubject,
} from '../../workflows/model/approval';
import { readApproval } from '../../workflows/model/approval-input';
import {
  commandsByHand,
  expiryOf,
  readStatement,
  statementOf,
} from '../../workflows/model/approval-statement';

const NOW = Date.parse('2026-11-28T16:00:00.000Z');
const asked: ApprovalSubject = {
  log: 'production',
  rotationId: '20261128T155900Z-a1b2c3',
  planHash: 'ab'.repeat(32),
  expiresAt: '2026-11-28T17:00:00Z',
};
const approvers = [
  { name: 'ada', fingerprints: ['SHA256:ada1', 'SHA256:ada2'] },
  { name: 'bob', fingerprints: ['SHA256:bob'] },
];
const by = (who: string, key: string | null, others: Partial<Approval> = {}): Approval => ({
  ...{ ...asked, who, key, why: null, takenAt: new Date(NOW).toISOString() },
  ...others,
});
const policy = (required: ApprovalPolicy['required'], people = approvers): ApprovalPolicy => ({
  ...{ required, expireMs: 3_600_000, approvers: people },
});
const codes = (approves: ApprovalSubject) =>
  approvalDifferences(asked, approves, NOW).map(({ code }) => code);

describe('the line by which somebody approves', () => {
  it('names the log, the rotation, the plan and the end, and is read as it was written', () => {
    const line = statementOf(asked);

    expect(line).toBe(
      `rekor-rotate approval log=production rotation=20261128T155900Z-a1b2c3 plan=${'ab'.repeat(32)} expires=2026-11-28T17:00:00Z`,
    );
    expect(readStatement(line)).toEqual(asked);
    expect(readStatement(` ${line}\r\n`)).toEqual(asked);
  });

  it('expires when the configuration says, in whole seconds', () => {
    expect(expiryOf(policy('one'), NOW + 123)).toBe('2026-11-28T17:00:00Z');
  });

  it.each([
    ['', 'nothing'],
    [statementOf({ ...asked, log: 'Production' }), 'a log with capitals'],
    [statementOf({ ...asked, log: 'a b' }), 'a log with a blank'],
    [statementOf({ ...asked, rotationId: "x'y" }), 'a rotation with a quote'],
    [statementOf({ ...asked, planHash: 'ab'.repeat(31) }), 'a shortened hash'],
    [statementOf({ ...asked, expiresAt: '2026-02-31T00:00:00Z' }), 'a day that is none'],
    [statementOf({ ...asked, expiresAt: '2026-11-28T17:00:00.000Z' }), 'milliseconds'],
    [`${statementOf(asked)} why=not`, 'a field more'],
    [`${statementOf(asked)}\n${statementOf(asked)}`, 'two lines'],
  ])('is refused: %j (%s)', (line) => {
    expect(readStatement(line)).toBeUndefined();
  });

  it('is none, or says something else, when a character of it is another one', () => {
    const line = statementOf(asked);
    fc.assert(
      fc.property(
        fc.nat(line.length - 1),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
        (at, other) => {
          const changed = line.slice(0, at) + other + line.slice(at + 1);
          fc.pre(changed.trim() !== line);
          expect(readStatement(changed)).not.toEqual(asked);
        },
      ),
    );
  });

  it('is signed by commands that hold nothing a shell would read otherwise', () => {
    const [echo = '', sign, print] = commandsByHand(asked);

    expect(echo).toBe(`echo '${statementOf(asked)}' > approval-${asked.rotationId}`);
    expect(sign).toContain('ssh-keygen -Y sign -n approval@rekor-rotate -f ~/.ssh/id_ed25519.pub');
    expect(print).toContain(`${asked.rotationId}.sig`);
  });
});

describe('what was approved', () => {
  it.each([
    [{}, []],
    [{ expiresAt: '2026-11-28T16:00:01Z' }, []],
    [{ log: 'staging' }, ['APPROVAL_OF_ANOTHER_LOG']],
    [{ rotationId: 'another' }, ['APPROVAL_OF_ANOTHER_ROTATION']],
    [{ planHash: 'cd'.repeat(32) }, ['APPROVAL_OF_ANOTHER_PLAN']],
    [{ expiresAt: '2026-11-28T16:00:00Z' }, ['APPROVAL_EXPIRED']],
    [{ expiresAt: '2026-11-28T17:00:01Z' }, ['APPROVAL_LASTS_TOO_LONG']],
    [{ log: 'staging', planHash: 'cd'.repeat(32) }, ['APPROVAL_OF_ANOTHER_LOG', 'APPROVAL_OF_ANOTHER_PLAN']],
  ])('differs from what is asked for by %j: %j', (changed, expected) => {
    expect(codes({ ...asked, ...changed })).toEqual(expected);
  });
});

describe('an approval as it came', () => {
  const line = statementOf(asked);
  const refusalsOf = (input: unknown, people = approvers) => {
    const read = readApproval(input, asked, { approvers: people }, NOW);
    return 'refusals' in read
      ? read.refusals.map(({ code, message }) => `${code}: ${message}`).join('\n')
      : '';
  };

  it('needs a signature where keys are configured, and a name where none are', () => {
    expect(refusalsOf({ approval: line, signature: 'x' })).toBe('');
    expect(refusalsOf({ approval: line, who: 'ada' })).toMatch(/^APPROVAL_UNSIGNED: /);
    expect(refusalsOf({ approval: line, who: 'ada' }, [])).toBe('');
    expect(refusalsOf({ approval: line, signature: 'x' }, [])).toContain('who is absent');
  });

  it.each<[unknown, string]>([
    [undefined, 'one JSON object'],
    ['approve', 'one JSON object'],
    [[{ approval: line }], 'one JSON object'],
    [{}, 'approval is absent; it must be 1 to 500 characters'],
    [{ approval: 7 }, 'approval is 7'],
    [
      { approval: 'yes', signature: 'x' },
      `approval is "yes"; it must be the line that is asked for: ${line}`,
    ],
    [{ approval: line, signature: null }, 'signature is null'],
    [{ approval: line, signature: 'x'.repeat(20_001) }, 'signature is "xxx'],
    [{ approval: line, signature: 'x', who: ' ' }, 'who is " "'],
    [{ approval: line, signature: 'x', why: 'y'.repeat(501) }, 'must be 1 to 500 characters'],
    [
      { approval: line, singature: 'x' },
      '"singature": no such field; the fields are approval, signature, who, why',
    ],
    [
      {
        approval: line,
        signature: 'x',
        ...Object.fromEntries(Array.from('abcdefgh', (key) => [key.repeat(500), 1])),
      },
      '…',
    ],
  ])('is refused when it is %j', (input, words) => {
    const said = refusalsOf(input);
    expect(said).toMatch(/^APPROVAL_INVALID: /);
    expect(said).toContain(words);
    expect(said.length).toBeLessThan(1_000);
  });

  it('never throws, whatever JSON comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.record(
            { approval: fc.oneof(fc.constant(line), fc.jsonValue()), signature: fc.jsonValue() },
            { requiredKeys: [] },
          ),
        ),
        (input) => {
          const read = readApproval(input, asked, { approvers }, NOW);
          expect('refusals' in read || read.approves).toBeTruthy();
        },
      ),
    );
  });
});

describe('the approvals of a rotation', () => {
  const missing = (
    approvals: readonly Approval[],
    required: ApprovalPolicy['required'],
    people = approvers,
  ) => standingOf(approvals, asked, policy(required, people), NOW).missing;

  it('need nobody, one or two people', () => {
    expect(approvalsRequired.map((required) => missing([], required))).toEqual([0, 1, 2]);
    expect(missing([by('bob', 'SHA256:bob')], 'one')).toBe(0);
    expect(missing([by('bob', 'SHA256:bob')], 'two')).toBe(1);
    expect(missing([by('bob', 'SHA256:bob'), by('ada', 'SHA256:ada2')], 'two')).toBe(0);
  });

  it('count one person once: by one key twice, by two keys, or by a key that changed hands', () => {
    const [first, second] = [by('ada', 'SHA256:ada1'), by('ada', 'SHA256:ada2')];
    const changedHands = [
      { name: 'ada', fingerprints: ['SHA256:x'] },
      { name: 'bob', fingerprints: ['SHA256:x'] },
    ];

    expect(missing([first, first], 'two')).toBe(1);
    expect(missing([first, second], 'two')).toBe(1);
    expect(missing([by('ada', 'SHA256:x'), by('bob', 'SHA256:x')], 'two', changedHands)).toBe(1);
  });

  it('do not count when the key is no longer configured, or under another name', () => {
    expect(missing([by('ada', 'SHA256:gone')], 'one')).toBe(1);
    expect(missing([by('bob', 'SHA256:ada1')], 'one')).toBe(1);
    expect(missing([by('ada', null)], 'one')).toBe(1);
  });

  it('are claims where no key is configured, which the standing says', () => {
    expect(standingOf([by('ada', null)], asked, policy('one', []), NOW)).toMatchObject({
      missing: 0,
      claimed: true,
    });
    expect(standingOf([by('bob', 'SHA256:bob')], asked, policy('one'), NOW)).toMatchObject({
      claimed: false,
    });
  });

  it('never survive a changed plan, rotation or log, nor their end', () => {
    const approvals = [by('ada', 'SHA256:ada1'), by('bob', 'SHA256:bob')];
    const now = (subject: Partial<ApprovalSubject>, nowMs = NOW) =>
      standingOf(approvals, { ...asked, ...subject }, policy('one'), nowMs).missing;

    expect(now({})).toBe(0);
    expect(now({ planHash: 'cd'.repeat(32) })).toBe(1);
    expect(now({ rotationId: 'another' })).toBe(1);
    expect(now({ log: 'staging' })).toBe(1);
    expect(now({}, Date.parse(asked.expiresAt) - 1)).toBe(0);
    expect(now({}, Date.parse(asked.expiresAt))).toBe(1);
  });

  it('are enough for two only by two people with a key each, of whom one at least did not start the rotation', () => {
    const approval = fc
      .tuple(
        fc.constantFrom('ada', 'bob', 'eve'),
        fc.constantFrom('SHA256:ada1', 'SHA256:ada2', 'SHA256:bob', null),
      )
      .map(([who, key]) => by(who, key));
    fc.assert(
      fc.property(
        fc.array(approval, { maxLength: 6 }),
        fc.constantFrom('ada', 'bob', 'eve'),
        (approvals, starter) => {
          const { counted, missing: still } = standingOf(approvals, asked, policy('two'), NOW);
          expect(new Set(counted.map(({ who }) => who)).size).toBe(counted.length);
          expect(new Set(counted.map(({ key }) => key)).size).toBe(counted.length);
          expect(still === 0 && counted.every(({ who }) => who === starter)).toBe(false);
          expect(still).toBe(Math.max(0, 2 - counted.length));
        },
      ),
    );
  });
});
