import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { slotFiles, slotNames } from '../../lab/files';
import { textsOfHistories } from '../../harness/bytes-of-histories';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { newKey, useAgent } from '../approvals/open-ssh';
import { saidBy } from '../cli/recording-terminal';
import { expectOutcome } from './outcome';
import { useLog } from './use-log';

const ada = newKey(['-t', 'ed25519']);

/** Text that nothing else on this machine has. */
const planted = (): string => `planted-${randomBytes(15).toString('base64url')}`;

const inShardingList = planted();
const inEnvironment = planted();
const inUrl = planted();

/** The argument lists of all processes of this machine, as anybody on it may read them: proc(5). */
function argumentLists(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        return []; // It has ended meanwhile.
      }
    });
}

describe('secrets in every place where a configuration has one (H28)', () => {
  const log = useLog({ approvals: { required: 'one', approvers: [{ name: 'ada', keys: [ada.line] }] } });
  useAgent([ada]);
  const config = () => ['-c', log.workers[0]?.configurationFile ?? ''];
  const said = (...command: string[]) => saidBy([...command, ...config()]);

  async function rotate(): Promise<string> {
    const rotation = await log.start();
    await until('the approval to be asked for', PATIENCE_MS, async () => {
      return (await said('approve', log.name, '--show')).code === 0;
    });
    const approved = await said('approve', log.name, '--yes', '--why', 'the test has read the plan');
    const result = await log.result(rotation);
    expectOutcome(result, 'completed');
    return JSON.stringify([approved, result]);
  }

  /** As an operator would: the slot that serves is started again with a list that has a password, and an environment that has two. */
  async function plant(): Promise<void> {
    const { current } = await log.serving();
    for (const slot of slotNames) {
      const { environment, sharding } = slotFiles(log.lab.files, slot);
      const lines = `REDIS_PASSWORD=${inEnvironment}\nDATABASE_URL=mysql://rekor:${inUrl}@db.example.com/rekor\n`;
      writeFileSync(environment, readFileSync(environment, 'utf8') + lines);
      const signer = `  signingConfig:\n    signingSchemeOrKeyPath: ${log.lab.files.signerKey}\n    fileSignerPassword: ${inShardingList}\n`;
      const list = readFileSync(sharding, 'utf8');
      writeFileSync(
        sharding,
        list.replaceAll(/^- treeID: .*\n/gm, (entry) => entry + signer),
      );
    }
    await log.byHand(current, 'stop');
    await log.byHand(current, 'start');
    await until('the slot to serve again', PATIENCE_MS, async () => {
      return (await log.snapshot().catch(() => undefined)) !== undefined;
    });
  }

  it('are in none of the bytes that a rotation, and what looks at it, leave behind', async () => {
    await rotate();
    await plant();
    const folder = log.newDirectory();
    const seen = new Set<string>();
    const looking = setInterval(() => argumentLists().forEach((list) => seen.add(list)), 20);
    const texts = new Map<string, string>();
    const run = async (...command: string[]): Promise<void> => {
      const { code, output, errors } = await said(...command);
      const name = command.join(' ');
      expect([name, code, output + errors]).toEqual([name, expect.any(Number), expect.stringMatching(/\S/)]);
      texts.set(name, `${output}\n${errors}`);
    };
    const file = join(folder, 'plan.yaml');
    try {
      await run('plan', log.name);
      await run('plan', log.name, '--json');
      await run('plan', log.name, '--out', file);
      await run('doctor', log.name);
      await run('doctor', log.name, '--json');
      texts.set('the approval and the result', await rotate());
    } finally {
      clearInterval(looking);
    }
    await run('audit', log.name, '--json');
    await run('status', log.name, '--json');
    await run('history', log.name, '--json');
    await run('config', 'check');
    const init = await saidBy(['init', '--host']);
    texts.set('init --host', `${init.output}\n${init.errors}`);
    const receipt = join(folder, 'receipt');
    await run('receipt', log.name, '--out', receipt);

    texts.set('the plan file', readFileSync(file, 'utf8'));
    for (const name of readdirSync(receipt)) texts.set(name, readFileSync(join(receipt, name), 'utf8'));
    for (const { name, logFile } of log.lab.status.parts.filter(({ name }) => name === 'gate')) {
      texts.set(`the log of ${name}`, readFileSync(logFile, 'utf8'));
    }
    texts.set('the log of the worker', log.worker.output());
    for (const [name, text] of await textsOfHistories(log.temporal)) texts.set(name, text);
    texts.set('the arguments of processes', [...seen].join('\n'));

    // What is searched is what it is called, and what is searched for was where it belongs.
    const { current, activeTreeId } = await log.serving();
    const { environment, sharding } = slotFiles(log.lab.files, current);
    expect(readFileSync(sharding, 'utf8')).toContain(inShardingList);
    expect(readFileSync(environment, 'utf8')).toMatch(new RegExp(`${inEnvironment}[^]*${inUrl}`));
    expect(texts.get('the log of gate')).toContain('gate open');
    // What runs for a moment may be missed between two looks; what runs all the time is there.
    const lists = texts.get('the arguments of processes') ?? '';
    const running = ['main.js worker', 'main.js gate', 'rekor-server serve'];
    expect(running.filter((words) => !lists.includes(words))).toEqual([]);
    const histories = [...texts].filter(([name]) => name.startsWith(`log-${log.name} `));
    expect(histories.map(([, text]) => text.includes(`"treeId":"${activeTreeId}"`))).toContain(true);

    const { gateToken, databasePassword, readerPassword } = log.lab.files;
    const [, keyText = ''] = readFileSync(ada.privateFile, 'utf8').split('\n');
    const secrets = {
      ...{ inShardingList, inEnvironment, inUrl, keyText },
      gateToken: readFileSync(gateToken, 'utf8').trim(),
      databasePassword: readFileSync(databasePassword, 'utf8').trim(),
      readerPassword: readFileSync(readerPassword, 'utf8').trim(),
    };
    const found = [...texts].flatMap(([where, text]) =>
      Object.entries(secrets).flatMap(([name, secret]) => {
        const forms = [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)];
        return forms.some((form) => text.includes(form)) ? [`${name} in ${where}`] : [];
      }),
    );
    expect(found).toEqual([]);
  });
});
