import { newKey, useAgent } from '../approvals/open-ssh';
import { saidBy } from '../cli/recording-terminal';
import { expectOutcome } from './outcome';
import { useLog } from './use-log';
import { PATIENCE_MS, until } from '../../harness/waiting';

const ada = newKey(['-t', 'ed25519']);

describe('a rotation of a real log that one person has to approve', () => {
  const log = useLog({ approvals: { required: 'one', approvers: [{ name: 'ada', keys: [ada.line] }] } });
  useAgent([ada]);

  it('is approved from the command line with a key of an agent, completes, and stands in the history', async () => {
    const said = (...command: string[]) => saidBy([...command, '-c', log.lab.files.configuration]);
    const before = await log.snapshot();
    const rotation = await log.start();
    await until('the rotation to wait for approvals', PATIENCE_MS, async () => {
      return (await said('approve', log.name, '--show')).code === 0;
    });
    expect(await log.snapshot()).toEqual(before);

    const approved = await said('approve', log.name, '--yes', '--why', 'the test has read the plan');
    expect(approved.errors).toBe('');
    expect(approved.words).toContain('ada approves the plan');

    const result = await log.result(rotation);
    expectOutcome(result, 'completed');
    expect(result.approvals).toMatchObject([{ who: 'ada', why: 'the test has read the plan' }]);
    await until('the end of it in the list of workflows', PATIENCE_MS, async () => {
      return (await said('history', log.name)).words.includes('rotation completed');
    });
    const { words } = await said('history', log.name);
    expect(words).toContain(`Rotation ${result.rotationId ?? ''}`);
    expect(words).toContain('Approved by ada, with the key SHA256:');
    expect(words.match(/rotation completed/g)).toHaveLength(1);
  });
});
