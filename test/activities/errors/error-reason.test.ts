import { ApplicationFailure } from '@temporalio/common';
import { connect } from 'node:net';
import { readFile } from 'node:fs/promises';
import { errorReason, errorTrail } from '../../../activities/errors/error-reason';
import { OwnWords } from '../../../activities/errors/own-words';
import { refuse } from '../../../activities/errors/refusal-error';
import { rejected } from '../refused';

const SECRET = 'Tr0ub4dor';

describe('why a system cannot be used', () => {
  it('is said by the code of the system, however deep it lies', async () => {
    const missing = await rejected(readFile(`/nowhere/${SECRET}`));
    expect(errorReason(missing)).toBe('it does not exist');
    const refused = await new Promise((resolve) => connect(1, '127.0.0.1').once('error', resolve));
    expect(errorReason(refused)).toBe('ECONNREFUSED');
    expect(errorReason(new TypeError('fetch failed', { cause: refused }))).toBe('ECONNREFUSED');
    expect(errorReason(new AggregateError([refused], ''))).toBe('ECONNREFUSED');
  });

  it.each([
    [{ code: '28P01', severity: 'FATAL' }, 'it refuses the user or the password'],
    [{ code: '53300', severity: 'FATAL' }, 'SQLSTATE 53300'],
    [{ code: 'UND_ERR_SOCKET' }, 'UND_ERR_SOCKET'],
    [{ code: 14 }, 'UNAVAILABLE'],
    [{ code: 7, details: SECRET }, 'PERMISSION_DENIED'],
    [{ code: SECRET }, 'an error of a kind that is not known'],
    [{ name: 'SyntaxError' }, 'SyntaxError'],
    [{ name: SECRET }, 'an error of a kind that is not known'],
  ])('is, of an error with %j, its kind and none of its message (H28)', (fields, reason) => {
    expect(errorReason(Object.assign(new Error(SECRET), fields))).toBe(reason);
  });

  it('is said in full where the words are ours', () => {
    expect(errorReason(new OwnWords('it counted nothing', { cause: new Error(SECRET) }))).toBe(
      'it counted nothing',
    );
    const refusal = refuse('GATE_TOKEN_REFUSED', { log: 'a', url: 'http://gate' });
    expect(errorReason(refusal)).toBe(refusal.refusal.message);
    const carried = ApplicationFailure.nonRetryable(SECRET, 'GATE_TOKEN_REFUSED', refusal.refusal);
    expect(errorReason(new Error(SECRET, { cause: carried }))).toBe(refusal.refusal.message);
    expect(errorReason(ApplicationFailure.create({ message: SECRET }))).toBe('ApplicationFailure');
    expect(errorReason(SECRET)).toBe('an error of a kind that is not known');
  });

  it('leaves in the log where it was thrown, and not what looks like a place in its message (H28)', () => {
    const error = new OwnWords('it broke', {
      cause: new Error(`${SECRET}\n    at look (/home/${SECRET}:1:1)`),
    });
    const trail = JSON.stringify(errorTrail(error));
    expect(trail).toContain('error-reason.test.ts');
    expect(trail).toContain('it broke');
    expect(trail).not.toContain(SECRET);
  });
});
