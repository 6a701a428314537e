import { randomUUID } from 'node:crypto';
import { fingerprint, newKey, useAgent } from '../approvals/open-ssh';
import { askingRotation } from './asking-rotation';
import type { StandInRequest } from './stand-in-workflows';
import { recordingTerminal, saidBy } from './recording-terminal';
import { until } from '../patience';
import { useStandIn } from './stand-in-server';

const server = useStandIn();

const ada = newKey(['-t', 'ed25519']);
useAgent([ada]);

const said = (...command: string[]) => saidBy([...command, '-c', server.config]);

const approvers = [{ name: 'ada', fingerprints: [fingerprint(ada)] }];

/** A rotation that waits for Ada's approval. */
const asking = (request: Partial<StandInRequest> = {}) => askingRotation(server, { approvers, ...request });

it('shows the plan in short and the line, has the agent sign it, and prints the answer', async () => {
  const handle = await asking();
  const terminal = recordingTerminal({ asks: true, answer: true });
  const { code, output, words } = await saidBy(
    ['approve', 'production', '--why', 'I read it', '-c', server.config],
    terminal,
  );

  expect(code).toBe(0);
  expect(words).toMatch(/The rotation 20260131T030000Z-\w+ of production waits for 1 approval, until 2/);
  expect(output).toMatch(/Current tree +200, 20 entries/);
  expect(output).toMatch(/^rekor-rotate approval log=production rotation=\S+ plan=c{64} expires=\S+Z$/m);
  expect(words).toContain('ada approves the plan cccccccccccc; that is enough.');
  expect(await handle.result()).toMatchObject({ outcome: 'completed' });
  const wide = output.split('\n').filter((line) => line.length > 80);
  expect(wide.filter((line) => !line.startsWith('rekor-rotate approval'))).toEqual([]);
});

it('sends nothing when nobody can be asked, when the answer is no, and when it only shows', async () => {
  const handle = await asking();
  const nobody = await said('approve', 'production');
  const no = await saidBy(
    ['approve', 'production', '-c', server.config],
    recordingTerminal({ asks: true, answer: false }),
  );
  const shown = await said('approve', 'production', '--show');

  expect(nobody.code).toBe(2);
  expect(nobody.words).toContain('`rekor-rotate approve production --show`');
  expect(no.code).toBe(3);
  expect(shown.code).toBe(0);
  expect(shown.output).toMatch(/^ssh-keygen -Y sign -n approval@rekor-rotate -f /m);
  expect(shown.words).toContain(`of the workflow ${handle.workflowId} in the Temporal UI`);
  expect((await said('status', 'production')).words).toContain('Waits for approvals, since 2');
  expect((await said('approve', 'production', '--yes', '--key', ada.publicFile)).code).toBe(0);
  await handle.result();
});

it('wants no name where a key says it, and a key that may', async () => {
  const handle = await asking();
  const named = await said('approve', 'production', '--yes', '--who', 'ada');
  const stranger = newKey(['-t', 'ed25519']);
  const other = await said('approve', 'production', '--yes', '--key', `${stranger.privateFile}-none`);

  expect(named.code).toBe(2);
  expect(named.words).toContain('the key says who approves: leave --who out.');
  expect(other.code).toBe(2);
  expect(other.words).toContain('(SSH_SIGNING_FAILED)');
  await said('approve', 'production', '--yes');
  await handle.result();
});

it('takes a claim where no keys are configured, and wants a name for it', async () => {
  const handle = await asking({ approvers: [] });
  const nameless = await said('approve', 'production', '--yes');
  const keyed = await said('approve', 'production', '--yes', '--key', ada.publicFile);
  const claimed = await said('approve', 'production', '--yes', '--who', 'Ada', '--why', 'I read it');

  expect(nameless.code).toBe(2);
  expect(nameless.words).toContain('say who approves, --who NAME.');
  expect(keyed.code).toBe(2);
  expect(claimed.code).toBe(0);
  expect(claimed.words).toContain('No keys are configured: an approval is a claim, and nobody checks');
  expect(claimed.words).toContain('Ada approves the plan');
  await handle.result();
});

it('rejects with who and why', async () => {
  const handle = await asking();
  const { code, words } = await said('reject', 'production', '--who', 'Bob', '--why', 'a release today');

  expect(code).toBe(0);
  expect(words).toContain('Rejected by Bob.');
  expect(await handle.result()).toMatchObject({ outcome: 'refused', refusals: [{ code: 'REJECTED' }] });
});

it('says that a rotation does not wait for approvals', async () => {
  const begin = { notBefore: new Date(Date.now() + 3_600_000).toISOString() };
  const handle = await server.temporal.workflow.start('rotateLog', {
    workflowId: `waits-${randomUUID()}`,
    taskQueue: 'stand-in',
    args: [{ log: 'production', begin }],
  });
  const approve = () => said('approve', 'production', '--yes');
  await until(async () => (await approve()).words.includes('it is at waiting'));
  const { code, words } = await approve();
  await handle.cancel();

  expect(code).toBe(3);
  expect(words).toContain('of production does not wait for approvals; it is at waiting.');
});

it('says until when an approval may still be carried out that nobody has answered', async () => {
  const handle = await asking({ neverAnswers: true });
  const terminal = recordingTerminal();
  const answered = saidBy(['approve', 'production', '--yes', '-c', server.config], terminal);
  await until(async () => {
    const { events = [] } = await handle.fetchHistory();
    return events?.some((event) => event.workflowExecutionUpdateAcceptedEventAttributes) ?? false;
  });
  terminal.interrupt();
  const { code, words } = await answered;
  await handle.terminate();

  expect(code).toBe(130);
  expect(words).toMatch(
    /No answer has come in time\. It may still be carried out until 2\S+ .*, and not after/,
  );
  expect(words).toContain('Look with `rekor-rotate status production` before you say it again.');
});

it('waits for an approval that only the one who starts it wants', async () => {
  const terminal = recordingTerminal();
  const rotating = saidBy(
    ['rotate', 'production', '--yes', '--wait-for-approval', '-c', server.config],
    terminal,
  );
  await until(() => terminal.output.includes('production: Waits for approvals'));
  await until(async () => (await said('approve', 'production', '--yes', '--who', 'Ada')).code === 0);
  const { code, words } = await rotating;

  expect(code).toBe(0);
  expect(words).toContain('The rotation of production is completed');
});
