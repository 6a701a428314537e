import { execFile, type ExecFileOptions } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { verifyAsBundle } from '../../activities/verification/bundle-check';
import { LogReader } from '../../activities/verification/log-reader';
import { artifactSigner } from '../../load/artifact';
import { ensureBinaries } from '../../tools/binaries';
import type { RotationResult } from '../../workflows/model/result';
import { unhurried } from '../../harness/configuration';
import { blocksOf } from '../docs/markdown';
import { useLog } from './use-log';
import { PATIENCE_MS } from '../../harness/waiting';
import { expectOutcome } from './outcome';

/** What a person sees of a command that was run. */
interface Ran {
  readonly code: number;
  readonly text: string;
}

/** The commands of docs/operating.md, "Whom to tell", run with the real rekor-cli against a log that was rotated. */
describe('what people are told after a rotation', () => {
  const log = useLog();
  let rekorCli: string;
  let result: RotationResult;
  /** Of the tree that ended, when it was shorter. */
  let checkpoint: string;
  /** Uploaded before the rotation; the flags that name it. */
  let artifact: readonly string[];

  beforeAll(async () => {
    ({ rekorCli } = await ensureBinaries(() => undefined));
    await log.reconfigure(unhurried);
    artifact = writeArtifact();
    expect(await cli('upload', ...artifact)).toMatchObject({ code: 0 });
    await log.expectWritable();
    checkpoint = (await logInfo()).signedTreeHead;
    await log.expectWritable();
    await log.expectWritable();
    result = await log.rotate();
    expectOutcome(result, 'completed');
    await log.expectWritable();
    await log.expectWritable();
  });

  const first = (): number => result.nextTree?.firstIndex ?? NaN;

  /** Runs rekor-cli in a home of its own. */
  async function cli(...args: readonly string[]): Promise<Ran> {
    return await cliAt(log.newDirectory(), ...args);
  }

  async function cliAt(home: string, ...args: readonly string[]): Promise<Ran> {
    return await ran(rekorCli, ['--rekor_server', log.publicUrl, ...args], { env: { HOME: home } });
  }

  async function ran(program: string, args: readonly string[], options: ExecFileOptions): Promise<Ran> {
    return await new Promise((resolve) => {
      execFile(program, args, { timeout: PATIENCE_MS, ...options }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? -1) : 0, text: stdout.toString() + stderr.toString() });
      });
    });
  }

  /** Runs the block of docs/operating.md that begins so, by a shell, with what is so here instead of its examples. */
  async function asDocumented(
    begins: string,
    here: Readonly<Record<string, string>>,
    cwd = log.newDirectory(),
  ): Promise<Ran> {
    const blocks = blocksOf('docs/operating.md').filter(({ text }) => text.startsWith(begins));
    expect(blocks).toHaveLength(1);
    const filledIn = { 'https://rekor.example.com': log.publicUrl, ...here };
    const commands = Object.entries(filledIn).reduce(
      (text, [shown, real]) => text.replaceAll(shown, real),
      blocks[0]?.text ?? '',
    );
    const env = { PATH: `${dirname(rekorCli)}:${process.env['PATH'] ?? ''}`, HOME: cwd, TMPDIR: cwd };
    return await ran('sh', ['-e', '-c', commands], { env, cwd });
  }

  async function ask(path: string, body?: object): Promise<{ status: number; json: unknown }> {
    const response = await fetch(`${log.publicUrl}/api/v1/${path}`, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(30_000),
    });
    return { status: response.status, json: await response.json() };
  }

  async function logInfo(): Promise<{ signedTreeHead: string }> {
    return (await ask('log')).json as { signedTreeHead: string };
  }

  function writeArtifact(): readonly string[] {
    const { bytes, signature, publicKeyPem } = artifactSigner()();
    return written(log.newDirectory(), { artifact: bytes, signature, key: publicKeyPem });
  }

  function written(
    directory: string,
    files: { artifact: string | Buffer; signature: Buffer; key: string | Buffer },
  ): readonly string[] {
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(directory, name), content);
    }
    const named = { artifact: 'artifact', signature: 'signature', 'public-key': 'key' };
    const flags = Object.entries(named).flatMap(([flag, name]) => [`--${flag}`, join(directory, name)]);
    return ['--type', 'hashedrekord', '--pki-format', 'x509', ...flags];
  }

  describe('monitors', () => {
    /** A home in which rekor-cli finds this checkpoint of the tree that ended. */
    function homeWith(known: string): string {
      return homeWithState(JSON.stringify({ [result.currentTree?.treeId ?? '']: known }));
    }

    function homeWithState(state: string): string {
      const home = log.newDirectory();
      mkdirSync(join(home, '.rekor'));
      writeFileSync(join(home, '.rekor', 'state.json'), state);
      return home;
    }

    /** How often rekor-cli says of a tree that it knows nothing of it, and so checks nothing. */
    function unknownTrees({ text }: Ran): number {
      return text.split('No previous log state stored').length - 1;
    }

    it('can check the end of the last tree from their own checkpoint of it', async () => {
      const directory = log.newDirectory();
      // As rekor-monitor keeps it: the last line is the checkpoint, with its line ends as JSON has them.
      const kept = JSON.stringify(checkpoint).slice(1, -1);
      writeFileSync(join(directory, 'logInfo.v1.txt'), `an older one\n${kept}\n`);
      const here = { '2529918382585314045': result.currentTree?.treeId ?? '' };
      const checked = await asDocumented('home=', here, directory);
      expect(checked).toMatchObject({ code: 0 });
      expect(checked.text).toContain('Successfully validated inactive shards');
      expect(unknownTrees(checked)).toBe(1);
    });

    it.each([
      ['the monitor has no file', () => `{"${String(result.currentTree?.treeId)}":""}`],
      ['another tree is named', () => JSON.stringify({ '2529918382585314045': checkpoint })],
    ])('see it by one line more, and by nothing else, when nothing was checked: %s', async (_why, state) => {
      const checked = await cliAt(homeWithState(state()), 'loginfo');
      expect(checked).toMatchObject({ code: 0 });
      expect(checked.text).toContain('Verification Successful!');
      expect(unknownTrees(checked)).toBe(2);
    });

    it('see it when that tree does not extend their checkpoint', async () => {
      const [origin = '', size = '', , ...rest] = checkpoint.split('\n');
      const otherRoot = Buffer.alloc(32, 7).toString('base64');
      const checked = await cliAt(homeWith([origin, size, otherRoot, ...rest].join('\n')), 'loginfo');
      expect(checked).toMatchObject({ code: 1 });
      expect(checked.text).toContain(
        `verifying inactive shard with ID ${String(result.currentTree?.treeId)}`,
      );
    });
  });

  it('the handover is read and verified by anyone, by the commands that are shown', async () => {
    const { treeId = '', size, rootHash = '' } = result.frozen ?? {};
    const here = { 79: String(first()), TREE: treeId, ROOT: rootHash };
    const begins = 'rekor-cli --rekor_server https://rekor.example.com get ';

    expect(await asDocumented(begins, { ...here, SIZE: String(size) })).toMatchObject({ code: 0 });
    expect(await asDocumented(begins, { ...here, SIZE: '1' })).not.toMatchObject({ code: 0 });
  });

  it('an entry that is sent again is there twice, and is verified by its UUID with the tree only', async () => {
    expect(await cli('verify', ...artifact)).toMatchObject({ code: 0 });
    const again = await cli('upload', ...artifact);
    expect(again).toMatchObject({ code: 0 });
    const [, index = ''] = /Created entry at index (\d+)/.exec(again.text) ?? [];
    expect(Number(index)).toBeGreaterThan(first());

    const twice = await cli('verify', ...artifact);
    expect(twice).toMatchObject({ code: 1 });
    expect(twice.text).toContain('multiple entries returned');
    const [, uuid = ''] = /\/entries\/([0-9a-f]{80})/.exec(again.text) ?? [];
    expect(await cli('verify', '--uuid', uuid)).toMatchObject({ code: 0 });
    const leafHash = uuid.slice(-64);
    expect(await cli('verify', '--uuid', leafHash)).toMatchObject({ code: 1, text: twice.text });
    const newer = (await ask(`log/entries/${leafHash}`)).json as Record<string, { logIndex: number }>;
    expect(newer[uuid]?.logIndex).toBe(Number(index));
  });

  it('a proof is of the new tree unless one is named, and what is beyond the end is left out', async () => {
    const proof = (tree = '') => ask(`log/proof?firstSize=1&lastSize=2${tree}`);
    const unnamed = await proof();
    expect(unnamed.status).toBe(200);
    expect((unnamed.json as { hashes: string[] }).hashes).toEqual(
      ((await proof(`&treeID=${String(result.nextTree?.treeId)}`)).json as { hashes: string[] }).hashes,
    );
    expect((unnamed.json as { hashes: string[] }).hashes).not.toEqual(
      ((await proof(`&treeID=${String(result.currentTree?.treeId)}`)).json as { hashes: string[] }).hashes,
    );
    const found = await ask('log/entries/retrieve', { logIndexes: [0, 1_000_000] });
    expect(found.status).toBe(200);
    expect(found.json).toHaveLength(1);
  });

  it('@sigstore/verify takes entries of each shard with the public address as its base URL', async () => {
    const { publicUrl } = log.section;
    const signal = AbortSignal.timeout(50_000);
    const reader = new LogReader(log.name, { url: publicUrl, field: 'publicUrl' });
    for (const index of [0, first() - 1, first(), first() + 1]) {
      const entry = await reader.entryAt(index, signal);
      if (!entry) {
        throw new Error(`There is no entry at index ${index}.`);
      }
      const key = await reader.logKey(entry.treeId, signal);
      expect(verifyAsBundle(entry, key, publicUrl)).toBe(true);
      // What home-made verifiers stumble over.
      expect(entry.logIndex - entry.proof.leafIndex).toBe(index < first() ? 0 : first());
    }
    await reader.close();
  });

  it('the lab has both slots configured as the documents say: the same tree in each, never none', () => {
    const trees = Object.values(log.section.installation.slots).map(
      ({ environmentFile }) => /^TREE_ID=(.*)$/m.exec(readFileSync(environmentFile, 'utf8'))?.[1],
    );
    expect(trees).toEqual([result.nextTree?.treeId, result.nextTree?.treeId]);
  });
});
