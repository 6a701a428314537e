import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ClusterStatus } from '../lab/kubernetes/cluster';
import { clusterFiles } from '../lab/kubernetes/files';
import { descendantsOf } from './traces';
import { whenThisEnds } from './when-this-ends';

const program = join(__dirname, '../out/dist/lab/main.js');

export interface CommandEnd {
  readonly code: number | null;
  readonly output: string;
  readonly messages: string;
}

/** A lab on Kubernetes in a directory of its own, driven by the commands that people type. */
export class ClusterProcess {
  readonly directory = join(mkdtempSync(join(tmpdir(), 'cluster-')), 'lab');
  #endsItself = (): void => undefined;

  /** Starts `lab ACTION` and does not wait for it. */
  start(action: string, ...options: string[]): ChildProcess {
    if (action === 'up') {
      this.#endsItself();
      this.#endsItself = whenThisEnds(process.execPath, program, 'down', '--directory', this.directory);
    }
    return spawn(process.execPath, [program, action, '--directory', this.directory, ...options], {
      stdio: 'pipe',
    });
  }

  async run(action: string, ...options: string[]): Promise<CommandEnd> {
    const child = this.start(action, ...options);
    let output = '';
    let messages = '';
    child.stdout?.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr?.on('data', (text: Buffer) => (messages += text.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output, messages };
  }

  /** Brings the lab up in this shape and leaves it running; throws what the command says when it fails. */
  async up(shape: string): Promise<ClusterStatus> {
    const { code, output, messages } = await this.run('up', '--shape', shape, '--detach', '--json');
    if (code !== 0) {
      throw new Error(messages);
    }
    return JSON.parse(output) as ClusterStatus;
  }

  /** Every process of the cluster, those of its pods among them. */
  processes(): readonly number[] {
    const { running } = clusterFiles(this.directory);
    const records = readdirSync(running).filter((name) => name.endsWith('.pid'));
    const pidIn = (name: string): number => Number(readFileSync(join(running, name), 'utf8').split(' ')[0]);
    return descendantsOf(records.map(pidIn));
  }

  /** Takes it down, if it is there, and removes what is left. */
  async end(): Promise<void> {
    await this.run('down');
    this.#endsItself();
    rmSync(dirname(this.directory), { recursive: true });
  }
}
