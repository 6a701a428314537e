import { Buffer } from 'node:buffer';
import fs from 'node:fs';
import { processes, type VirtualTime } from '../virtual-time';

/** Where the files of a simulated host are; everything else is the real file system's. */
export const SIMULATED_ROOT = '/simulated/';

/** A file operation of a simulated process, before it has its effect. */
export interface FileOperation {
  readonly what: 'read' | 'write' | 'rename' | 'remove';
  readonly path: string;
}

interface File {
  content: string;
  mode: number;
}

/** The files of the simulated host. They outlive every process; a process that ends between two operations leaves halves. */
export class SimulatedFiles {
  readonly #files = new Map<string, File>();
  readonly #time: VirtualTime;
  /** How long an operation takes, in milliseconds. */
  readonly #takesMs: () => number;
  /** Throws to let an operation fail. */
  before: (operation: FileOperation) => void = () => undefined;

  constructor(time: VirtualTime, takesMs: () => number) {
    this.#time = time;
    this.#takesMs = takesMs;
  }

  /** Past every fault, for whoever looks on. */
  peek(path: string): string | null {
    return this.#files.get(path)?.content ?? null;
  }

  put(path: string, content: string): void {
    this.#files.set(path, { content, mode: 0o644 });
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  /** Path and content of every file below a folder. */
  below(folder: string): Record<string, string> {
    return Object.fromEntries(
      [...this.#files]
        .filter(([path]) => path.startsWith(folder))
        .map(([path, { content }]) => [path, content]),
    );
  }

  async readFile(path: string, encoding?: string): Promise<Buffer | string> {
    await this.#operation('read', path);
    const { content } = this.#existing(path);
    return encoding === undefined ? Buffer.from(content) : content;
  }

  async open(path: string, flags: string, mode = 0o644): Promise<object> {
    await this.#operation(flags === 'r' ? 'read' : 'write', path);
    if (flags !== 'r') {
      if (flags.includes('x') && this.#files.has(path)) {
        throw errorOf('EEXIST', path);
      }
      this.#files.set(path, { content: '', mode });
    }
    return {
      writeFile: async (content: string) => {
        await this.#operation('write', path);
        this.#files.set(path, { content, mode });
      },
      stat: () => this.stat(path),
      chown: () => Promise.resolve(),
      chmod: () => Promise.resolve(),
      sync: () => this.#pass(),
      close: () => Promise.resolve(),
    };
  }

  async writeFile(path: string, content: string): Promise<void> {
    await this.#operation('write', path);
    this.#files.set(path, { content, mode: this.#files.get(path)?.mode ?? 0o644 });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#operation('rename', to);
    const file = this.#existing(from);
    this.#files.delete(from);
    this.#files.set(to, file);
    await this.#pass();
  }

  async rm(path: string, { force = false } = {}): Promise<void> {
    await this.#operation('remove', path);
    if (!force) {
      this.#existing(path);
    }
    this.#files.delete(path);
    await this.#pass();
  }

  stat(path: string): Promise<object> {
    const { mode } = this.#existing(path);
    return Promise.resolve({ mode, uid: 0, gid: 0 });
  }

  readdir(folder: string): Promise<string[]> {
    const start = folder.endsWith('/') ? folder : `${folder}/`;
    return Promise.resolve(
      [...this.#files.keys()]
        .filter((path) => path.startsWith(start))
        .map((path) => path.slice(start.length)),
    );
  }

  realpath(path: string): Promise<string> {
    this.#existing(path);
    return Promise.resolve(path);
  }

  mkdir(): Promise<void> {
    return Promise.resolve();
  }

  #existing(path: string): File {
    const file = this.#files.get(path);
    if (!file) {
      throw errorOf('ENOENT', path);
    }
    return file;
  }

  async #operation(what: FileOperation['what'], path: string): Promise<void> {
    await this.#pass();
    this.before({ what, path });
  }

  /** Time passes for the process that waits: one that is killed meanwhile goes no further. */
  async #pass(): Promise<void> {
    const owner = processes.getStore();
    await new Promise<void>((resolve) => {
      this.#time.after(this.#takesMs(), resolve, owner);
    });
  }
}

function errorOf(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

type Operation = (...args: unknown[]) => unknown;

let files: SimulatedFiles | undefined;

/** From here on paths below the simulated root are these files. */
export function useFiles(simulated: SimulatedFiles): void {
  files = simulated;
}

/** Puts the simulated files under `node:fs`'s promises; paths elsewhere stay real. For programs of their own. */
export function replaceFileSystem(): void {
  const real = { ...fs.promises } as unknown as Record<string, Operation>;
  const replaced = [
    'readFile',
    'writeFile',
    'open',
    'rename',
    'rm',
    'stat',
    'readdir',
    'realpath',
    'mkdir',
  ] as const;
  for (const name of replaced) {
    const byPath = (...args: unknown[]): unknown => {
      const [path] = args;
      const simulated = typeof path === 'string' && (path + '/').startsWith(SIMULATED_ROOT) && files;
      if (!simulated) {
        return real[name]?.(...args);
      }
      // What throws at once must reject, as the real ones do.
      return Promise.resolve().then(() =>
        Reflect.apply<SimulatedFiles, unknown[], unknown>(
          Reflect.get(simulated, name) as Operation,
          simulated,
          args,
        ),
      );
    };
    Object.assign(fs.promises, { [name]: byPath });
  }
}
