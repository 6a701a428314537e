import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compiledProgram, labFiles } from '../../lab/files';
import { startLab, type LabStatus } from '../../lab/lab';
import { artifactSigner, hashedRekord } from '../../load/artifact';
import { readEntry } from '../../load/entry';
import { createRecorder } from '../../load/recorder';
import { ensureBinaries } from '../../tools/binaries';
import type { RotationResult } from '../../workflows/model/result';
import { patientTimes } from '../../harness/lab-process';

const run = promisify(execFile);

describe('a log after a reboot', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'rekor-rotate-'));
  });

  afterAll(async () => {
    await program('lab', 'down', '--directory', directory, '--remove-data');
    rmSync(directory, { recursive: true, force: true });
  });

  async function program(...args: string[]): Promise<string> {
    const { stdout } = await run(process.execPath, [compiledProgram(), ...args], {
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  }

  /** Starts a lab that runs on without this process, as `lab up --detach` does. */
  async function up(): Promise<LabStatus> {
    const report = () => undefined;
    const options = { detached: true, keepData: true, times: patientTimes };
    const lab = await startLab({ directory, binaries: await ensureBinaries(report), report, ...options });
    await lab.leave();
    return lab.status;
  }

  /** Whatever its exit code, which tells whether all that was started runs. */
  async function status(): Promise<LabStatus> {
    const said = run(process.execPath, [
      compiledProgram(),
      'lab',
      'status',
      '--directory',
      directory,
      '--json',
    ]);
    const { stdout } = await said.catch((error: unknown) => error as { stdout: string });
    return JSON.parse(stdout) as LabStatus;
  }

  const running = (lab: LabStatus): string[] =>
    lab.parts.filter((part) => part.running && part.name.startsWith('rekor-')).map((part) => part.name);

  it('serves the next release from its files alone, with every entry where it was (H33)', async () => {
    const signArtifact = artifactSigner();
    const recorder = createRecorder();
    const upload = async ({ publicUrl }: LabStatus): Promise<void> => {
      const response = await fetch(`${publicUrl}/api/v1/log/entries`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: hashedRekord(signArtifact()),
      });
      expect(response.status).toBe(201);
      const entry = readEntry(await response.text());
      recorder.record({ ...entry, entry, at: Date.now() });
    };

    const before = await up();
    expect(running(before)).toEqual(['rekor-blue']);
    await upload(before);
    await upload(before);
    const configuration = labFiles(directory).configuration;
    const rotated = await program('rotate', 'lab', '--yes', '--json', '--config', configuration);
    const result = JSON.parse(rotated) as RotationResult;
    expect(result.outcome).toBe('completed');
    await upload(before);

    // As a power cut would: nothing gets the chance to write anything down.
    for (const { pid, running: runs } of (await status()).parts) {
      if (pid !== null && runs) {
        process.kill(pid, 'SIGKILL');
      }
    }

    const after = await up();
    expect(running(after)).toEqual(['rekor-green']);
    await upload(after);
    const log = (await (await fetch(`${after.publicUrl}/api/v1/log`)).json()) as { treeID: string };
    expect(log.treeID).toBe(result.nextTree?.treeId);
    const { wrong, ...counts } = await recorder.check(after.publicUrl);
    expect(wrong).toEqual([]);
    expect(counts).toEqual({ acknowledged: 4, lostEntries: 0, duplicateIndexes: 0, proofsVerified: 4 });
  });
});
