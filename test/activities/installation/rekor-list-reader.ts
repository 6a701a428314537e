import { spawn } from 'node:child_process';
import { ensureTool } from '../../../tools/binaries';
import { rekorListReader as listReader } from '../../../tools/pinned';

export interface ReadShard {
  /** In digits, as the length. */
  readonly treeId: string;
  readonly treeLength: string;
  /** Key, password, and the two parts of Tink; each empty where there is none. */
  readonly signer: readonly string[];
}

/** Builds Rekor's reader when it is not there yet. */
export async function rekorListReader(): Promise<
  (texts: readonly string[]) => Promise<(ReadShard[] | Error)[]>
> {
  const files = await ensureTool(listReader, { report: (line) => process.stderr.write(`${line}\n`) });
  const program = files.get('list-reader') ?? '';
  return async (texts) => {
    const reader = spawn(program, [], { stdio: ['pipe', 'pipe', 'ignore'] });
    let answers = '';
    reader.stdout.setEncoding('utf8').on('data', (part: string) => (answers += part));
    const ended = new Promise<number | null>((resolve, reject) => {
      reader.once('error', reject).once('close', resolve);
    });
    reader.stdin.end(texts.map((text) => JSON.stringify(text)).join('\n'));
    expect(await ended).toBe(0);
    const lines = answers.split('\n').filter((line) => line !== '');
    expect(lines).toHaveLength(texts.length);
    return lines.map((line) => {
      const { shards = [], error } = JSON.parse(line) as { shards?: ReadShard[]; error?: string };
      return error === undefined ? shards : new Error(error);
    });
  };
}
