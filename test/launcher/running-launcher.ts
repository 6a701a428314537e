import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PATIENCE_MS, until } from '../../harness/waiting';

export const TOKEN = 'a token for tests';
export const ATTEMPT = 'rotation-7.2';

export interface Answer {
  readonly status: number;
  readonly body: {
    readonly wanted?: boolean;
    readonly running?: boolean;
    readonly starts?: number;
    readonly lastExit?: string | null;
    readonly error?: string;
  } | null;
}

/** A launcher as a process, which would run a script by Node.js. */
export class RunningLauncher {
  #process: ChildProcess | null = null;
  #address = '';
  #written = '';
  /** What an emptyDir is to a pod: it outlives the container. */
  readonly folder = mkdtempSync(join(tmpdir(), 'launcher-'));

  constructor(
    private readonly program: string,
    private readonly script: string,
  ) {}

  /** As the kubelet starts a container, also after the one before has ended. */
  async startContainer(): Promise<void> {
    this.#written = '';
    const command = ['run', '--', process.execPath, '-e', this.script, this.folder];
    const child = spawn(this.program, command, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        LAUNCHER_LISTEN: '127.0.0.1:0',
        LAUNCHER_TOKEN: TOKEN,
        LAUNCHER_STATE: join(this.folder, 'wanted'),
        LAUNCHER_ATTEMPT: ATTEMPT,
      },
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.#written += text));
    }
    this.#address = await until('the launcher to listen', PATIENCE_MS, () => {
      if (child.exitCode !== null) {
        throw new Error(`The launcher has ended:\n${this.#written}`);
      }
      return / at (127\.0\.0\.1:\d+)/.exec(this.#written)?.[1];
    });
  }

  /** What the launcher and its program have written so far. */
  get written(): string {
    return this.#written;
  }

  /** Waits until the program has written this. */
  async untilWritten(text: string): Promise<void> {
    await until(`the program to write "${text}"`, PATIENCE_MS, () => this.#written.includes(text));
  }

  async state(): Promise<Answer> {
    return await this.#ask('GET', '/state', {});
  }

  /** A good order, but for the headers that are given. */
  async order(path: '/start' | '/stop', headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const good = { attempt: ATTEMPT, 'not-after': String(Date.now() + PATIENCE_MS) };
    return await this.#ask('PUT', path, { ...good, ...headers });
  }

  async #ask(method: string, path: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const response = await fetch(`http://${this.#address}${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as Answer['body']) };
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  /** The exit code, once the container has ended. */
  async exitCode(): Promise<number | null> {
    const child = this.#process;
    if (child && child.exitCode === null && child.signalCode === null) {
      await once(child, 'exit');
    }
    return child?.exitCode ?? null;
  }

  /** The program ends with it, by SIGTERM or because its folder is gone. */
  async remove(): Promise<void> {
    this.signal('SIGTERM');
    await rm(this.folder, { recursive: true });
    await this.exitCode();
  }
}
