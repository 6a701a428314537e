import { isOpen, OPEN_EXECUTIONS } from '../../workflows/model/executions';

const named = (name: string) => ({ status: { name } });

it.each(['RUNNING', 'PAUSED', 'UNKNOWN', 'UNSPECIFIED', 'WHATEVER_COMES'])('takes %s for open', (name) => {
  expect(isOpen(named(name))).toBe(true);
});

it.each(['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'CONTINUED_AS_NEW', 'TIMED_OUT'])(
  'takes %s for closed',
  (name) => {
    expect(isOpen(named(name))).toBe(false);
  },
);

it('asks for what is open by naming what is closed: older servers refuse a status that they do not know', () => {
  expect(OPEN_EXECUTIONS).toContain('NOT IN');
  expect(OPEN_EXECUTIONS).not.toMatch(/Running|Paused/);
});
