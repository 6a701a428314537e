import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureHelm } from '../tools/helm';
import type { CommandEnd } from './cluster-process';

/** Both releases that people use. */
export const helmReleases = [3, 4] as const;
export type HelmRelease = (typeof helmReleases)[number];

/** A real Helm, with settings and caches of its own. */
export class Helm {
  private readonly home = mkdtempSync(join(tmpdir(), 'helm-'));
  private kubeconfig = join(this.home, 'none');

  private constructor(
    readonly release: HelmRelease,
    private readonly program: string,
  ) {}

  /** Before `use` it reaches no cluster, and renders alone. */
  static async open(release: HelmRelease): Promise<Helm> {
    const programs = await ensureHelm({ report: (line) => process.stderr.write(`${line}\n`) });
    return new Helm(release, programs[release]);
  }

  /** From now on it speaks to the cluster that this file names. */
  use(kubeconfig: string): void {
    this.kubeconfig = kubeconfig;
  }

  async run(...words: readonly string[]): Promise<CommandEnd> {
    const child = spawn(this.program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        HOME: this.home,
        KUBECONFIG: this.kubeconfig,
        ...{ HELM_CACHE_HOME: this.home, HELM_CONFIG_HOME: this.home, HELM_DATA_HOME: this.home },
      },
    });
    let output = '';
    let messages = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (messages += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output, messages };
  }

  /** Runs what must succeed, and returns what it prints. Throws what Helm says when it does not. */
  async done(...words: readonly string[]): Promise<string> {
    const { code, output, messages } = await this.run(...words);
    if (code !== 0) {
      throw new Error(`helm ${this.release} ${words.join(' ')}: ${messages}`);
    }
    return output;
  }

  /** Runs what must fail, and returns what Helm says then. Throws when it succeeds. */
  async refused(...words: readonly string[]): Promise<string> {
    const { code, output, messages } = await this.run(...words);
    if (code === 0) {
      throw new Error(`helm ${this.release} ${words.join(' ')} was let do that: ${output}`);
    }
    return messages;
  }

  /** Removes what it has written. */
  close(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** A Helm of each release. */
export class Helms {
  private readonly opened = new Map<HelmRelease, Helm>();

  async open(): Promise<void> {
    for (const release of helmReleases) this.opened.set(release, await Helm.open(release));
  }

  /** The Helm of a release. Throws before they are open. */
  of(release: HelmRelease): Helm {
    const found = this.opened.get(release);
    if (found === undefined) throw new Error(`Helm ${release} is not open.`);
    return found;
  }

  use(kubeconfig: string): void {
    this.opened.forEach((one) => {
      one.use(kubeconfig);
    });
  }

  close(): void {
    this.opened.forEach((one) => {
      one.close();
    });
  }
}
