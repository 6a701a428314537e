import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Receipt } from '../../receipt/schema';
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

  it('has a receipt that holds against the key of the log, and in which no secret stands', async () => {
    const said = (...command: string[]) => saidBy(command);
    const { configuration, gateToken, databasePassword, readerPassword } = log.lab.files;
    const folder = log.newDirectory();
    const [out, key] = [join(folder, 'receipt'), join(folder, 'log.pem')];
    const published = await fetch(`${log.publicUrl}/api/v1/log/publicKey`, {
      headers: { accept: 'application/x-pem-file' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    writeFileSync(key, await published.text());

    expect(await said('receipt', log.name, '--out', out, '-c', configuration)).toMatchObject({ code: 0 });
    const file = join(out, 'receipt.json');
    const { code, words } = await said('receipt', 'verify', file, '--key', key);
    expect([code, words]).toEqual([0, expect.stringContaining('commits to that end')]);

    const receipt = JSON.parse(readFileSync(file, 'utf8')) as Receipt;
    const { active, inactive } = (await log.snapshot()).shards;
    expect(receipt.next.treeId).toBe(active);
    expect(receipt.shards.map(({ treeId, length }) => `${treeId}: ${length}`)).toEqual(inactive);
    expect(receipt.instances).toHaveLength(1);
    expect(receipt.rotation.approvals).toMatchObject([{ who: 'ada' }]);

    const secrets = [gateToken, databasePassword, readerPassword].map((secret) =>
      readFileSync(secret, 'utf8').trim(),
    );
    for (const name of readdirSync(out)) {
      const text = readFileSync(join(out, name), 'utf8');
      expect([name, secrets.filter((secret) => text.includes(secret))]).toEqual([name, []]);
    }

    writeFileSync(file, readFileSync(file, 'utf8').replace('"attempts": 1', '"attempts": 2'));
    expect(await said('receipt', 'verify', file, '--key', key)).toMatchObject({ code: 8 });
  });
});
