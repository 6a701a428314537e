import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Receipt } from '../../receipt/schema';
import type { RotationResult } from '../../workflows/model/result';
import { commandsOf, wordsOf } from '../docs/markdown';
import { rotatedLog, rotationId, type RotatedLog } from '../receipt/rotated-log';
import { until } from '../patience';
import { saidBy } from './recording-terminal';
import { aRolledBackResult } from './results';
import { useStandIn } from './stand-in-server';

const server = useStandIn();
const folder = mkdtempSync(join(tmpdir(), 'receipt-'));
const key = join(folder, 'log.pem');
let rotated: RotatedLog;

const said = (...command: string[]) => saidBy([...command, '-c', server.config]);
const out = (name: string): string => join(folder, name);

/** A rotation under the lock that ends at once with this, of a person's workflow. */
async function ends(result: RotationResult): Promise<string> {
  const workflowId = `rotate-production-${randomUUID()}`;
  const args = [{ log: 'production', result }];
  await server.temporal.workflow.execute('rotateLog', { workflowId, taskQueue: 'stand-in', args });
  const id = result.rotationId ?? '';
  await until(async () => (await said('history', 'production', '--json')).output.includes(id));
  return workflowId;
}

let starter: string;

beforeAll(async () => {
  rotated = await rotatedLog();
  writeFileSync(key, rotated.pem);
  starter = await ends(rotated.result);
  await ends({ ...aRolledBackResult(), rotationId: '20260201T030000Z-aaaaaa' });
});

describe('docs/receipt.md', () => {
  it('has commands that do what they are for', async () => {
    for (const line of commandsOf('docs/receipt.md')) {
      const words = wordsOf(line)
        .slice(1)
        .map((word) => (/^receipt-|^log\.pem$/.test(word) ? out(word) : word));
      const { code, words: text } = await (words[1] === 'verify' ? saidBy(words) : said(...words));
      expect([line, code, code === 0 || text]).toEqual([line, 0, true]);
    }
    expect(commandsOf('docs/receipt.md')).toHaveLength(3);
  });
});

describe('rekor-rotate receipt', () => {
  it('writes the last rotation that completed, with who started it', async () => {
    const { code, output, words } = await said('receipt', 'production', '--out', out('last'));
    expect([code, readdirSync(out('last')).length]).toEqual([0, 7]);
    const receipt = JSON.parse(readFileSync(join(out('last'), 'receipt.json'), 'utf8')) as Receipt;
    expect(receipt.rotation).toMatchObject({ id: rotationId, workflow: { workflowId: 'log-production' } });
    expect(receipt.rotation.startedBy).toMatchObject({ workflowId: starter, type: 'rotateLog' });
    expect(receipt.rotation.startedBy?.identity).toMatch(/@/);
    expect(receipt.versions).toMatchObject({ rekorRotate: '0.1.0', receipt: '0.1.0' });
    expect(receipt.versions.temporal).toMatch(/^\d+\.\d+/);
    expect(words).toContain(`rekor-rotate receipt verify ${out('last')}/receipt.json --key KEY.pem`);
    expect(output).toContain(rotationId);
  });

  it('changes nothing that is there already', async () => {
    mkdirSync(out('mine'));
    writeFileSync(join(out('mine'), 'receipt.json'), 'mine');
    const { code, words } = await said('receipt', 'production', '--out', out('mine'));
    expect(code).toBe(3);
    expect(words).toContain('is there already, and nothing in it is changed');
    expect(readFileSync(join(out('mine'), 'receipt.json'), 'utf8')).toBe('mine');
    expect(await said('receipt', 'production', '--out', out('no/parent'))).toMatchObject({ code: 1 });
  });

  it.each([
    [['production', '20260201T030000Z-aaaaaa'], 3, 'ended rolledBack'],
    [['production', '20250101T000000Z-000000'], 3, 'no result of rotation 20250101T000000Z-000000'],
    [['prodution'], 2, '(UNKNOWN_LOG)'],
    [[], 2, 'Name the log'],
  ])('says why there is none: %j', async (named, expected, why) => {
    const { code, words } = await said('receipt', ...named, '--out', out('none'));
    expect([code, words]).toEqual([expected, expect.stringContaining(why)]);
    expect(readdirSync(folder)).not.toContain('none');
  });

  it('wants to know where to', async () => {
    expect(await said('receipt', 'production')).toMatchObject({ code: 2 });
  });

  it('hands out nothing that does not hold', async () => {
    const { signed } = rotated.result;
    if (!signed) throw new Error('The result has no evidence.');
    const bad = { ...signed, firstLeaf: { ...signed.firstLeaf, integratedTime: 1 } };
    await ends({ ...rotated.result, rotationId: '20260202T030000Z-bbbbbb', signed: bad });
    const { code, words } = await said(
      'receipt',
      'production',
      '20260202T030000Z-bbbbbb',
      '--out',
      out('bad'),
    );
    expect(code).toBe(3);
    expect(words).toContain('does not hold: The first leaf of tree');
    expect(readdirSync(folder)).not.toContain('bad');
  });
});

describe('rekor-rotate receipt verify', () => {
  const file = () => join(out('last'), 'receipt.json');

  it('says what is proven, with which keys, and what is only stated, in 80 columns', async () => {
    const { code, output } = await saidBy(['receipt', 'verify', file(), '--key', key]);
    expect(code).toBe(0);
    expect(output).toContain(`The receipt of rotation ${rotationId} of production holds.`);
    expect(output).toMatch(/^Handover +leaf 0 of tree \d+ commits to that end$/m);
    expect(output).toMatch(/Your keys that were used\n {2}- [0-9a-f]{64}, for tree/);
    expect(output).toContain('Stated only, signed by nobody');
    const long = output.split('\n').filter((line) => line.length > 80 && !/[0-9a-f]{64}/.test(line));
    expect(long).toEqual([]);
  });

  it('exits with 8 and names what does not hold', async () => {
    const forged = out('forged.json');
    writeFileSync(forged, readFileSync(file(), 'utf8').replace('"held": 9', '"held": 8'));
    const { code, words } = await saidBy(['receipt', 'verify', forged, '--key', key]);
    expect(code).toBe(8);
    expect(words).toContain('does not hold. What does not hold - The receipt: its content');
    const asJson = await saidBy(['receipt', 'verify', forged, '--key', key, '--json']);
    expect(JSON.parse(asJson.output)).toMatchObject({ holds: false, failures: [{ code: 'DAMAGED' }] });
  });

  it.each([
    [['--key', 'no-such-file.pem'], '--key no-such-file.pem cannot be used'],
    [['--key', __filename], 'there is no PEM public key in it'],
    [[], '--key is missing; give the public key of the log, as you have it from somewhere else'],
  ])('wants keys that it can read: %j', async (options, why) => {
    const { code, words } = await saidBy(['receipt', 'verify', file(), ...options]);
    expect([code, words]).toEqual([2, expect.stringContaining(why)]);
  });

  it('wants a file that is there', async () => {
    expect(await saidBy(['receipt', 'verify', out('nothing.json'), '--key', key])).toMatchObject({ code: 2 });
  });
});
