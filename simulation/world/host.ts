import childProcess from 'node:child_process';
import { EventEmitter } from 'node:events';
import { hostInstallation, type SlotOptions } from '../../activities/installation/host/host';
import type { Installation } from '../../activities/installation/installation';
import type { TreeId } from '../../workflows/model/log';
import type { Random } from '../random';
import { processes, type VirtualTime } from '../virtual-time';
import { SIMULATED_ROOT, type SimulatedFiles } from './files';
import type { Contents, Edit, ReleaseId, SimulatedInstallation } from './installation';
import { type Network, NoAnswer } from './network';
import { type RekorConfiguration, RekorProcess, type SignedEntry } from './rekor';
import type { SimulatedTrillian } from './trillian';

export const TREE_ID_VARIABLE = 'REKOR_TREE_ID';

/** The program that the slots' commands name. */
const SLOT_PROGRAM = 'simulated-slot';

export type SlotName = 'blue' | 'green';
export const slotNames: readonly SlotName[] = ['blue', 'green'];

interface Slot {
  /** The one that serves, or is about to. */
  process: RekorProcess | undefined;
  /** It was started, and has not come so far that it answers. */
  starting: boolean;
  enabled: boolean;
  /** Counts starts and stops: what was begun before the last one is overtaken. */
  turn: number;
}

export interface HostParts {
  readonly log: string;
  readonly shards: { readonly activeTreeId: TreeId; readonly inactiveTreeId: TreeId };
  readonly time: VirtualTime;
  readonly random: Random;
  readonly files: SimulatedFiles;
  readonly trillian: SimulatedTrillian;
  readonly onSigned: (entry: SignedEntry, by: RekorProcess) => void;
  readonly trace: (line: () => string) => void;
}

/** The host of a log: two slots with their files, and whatever starts and stops their Rekor processes. */
export class SimulatedHost implements SimulatedInstallation {
  readonly releases = ['blue', 'green'] as const;
  readonly adapter: Installation;
  readonly #slots: Record<SlotName, Slot> = { blue: newSlot(true), green: newSlot(false) };
  readonly #parts: HostParts;

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.adapter = hostInstallation({
      log: parts.log,
      treeIdVariable: TREE_ID_VARIABLE,
      slots: { blue: this.#options('blue'), green: this.#options('green') },
    });
  }

  async begin(): Promise<void> {
    const { files, shards, time } = this.#parts;
    for (const name of slotNames) {
      files.put(
        environmentFile(name),
        `# slot ${name}\n${TREE_ID_VARIABLE}=${shards.activeTreeId}\nPORT=3000\n`,
      );
      files.put(shardingFile(name), `- treeID: ${shards.inactiveTreeId}\n`);
    }
    await this.start('blue');
    while (!this.at(urlOf('blue'))) {
      await time.pass(10);
    }
  }

  #options(name: SlotName): SlotOptions {
    const command = (verb: string): string[] => [SLOT_PROGRAM, name, verb];
    return {
      // Spelled otherwise than the gate has it: that is the same place.
      url: `http://${name.toUpperCase()}:80/`,
      environmentFile: environmentFile(name),
      shardingFile: shardingFile(name),
      commands: {
        start: command('start'),
        stop: command('stop'),
        status: command('status'),
        enable: command('enable'),
        disable: command('disable'),
      },
    };
  }

  addressesOf(release: ReleaseId): readonly string[] {
    return isSlotName(release) ? [urlOf(release)] : [];
  }

  releaseAt(url: string | undefined): SlotName | undefined {
    return slotNames.find((name) => urlOf(name) === url);
  }

  processesOf(release: ReleaseId): readonly RekorProcess[] {
    return this.addressesOf(release).flatMap((url) => this.at(url) ?? []);
  }

  at(url: string): RekorProcess | undefined {
    const name = slotNames.find((slot) => urlOf(slot) === url);
    const process = name && this.#slots[name].process;
    return process?.running === true ? process : undefined;
  }

  runs(name: ReleaseId): boolean {
    if (!isSlotName(name)) return false;
    const { process, starting } = this.#slots[name];
    return starting || process?.running === true;
  }

  startsByItself(release: ReleaseId): boolean {
    return isSlotName(release) && this.#slots[release].enabled;
  }

  mentions(treeId: string): boolean {
    return Object.values(this.contents()).some((content) => content?.includes(treeId));
  }

  contents(): Contents {
    const { files } = this.#parts;
    const paths = slotNames.flatMap((name) => [environmentFile(name), shardingFile(name)]);
    return Object.fromEntries(paths.map((path) => [path, files.peek(path)]));
  }

  leftovers(): readonly string[] {
    return Object.keys(this.#parts.files.below(`${SIMULATED_ROOT}slots/`))
      .filter((path) => path.includes('.before-rekor-rotate') || path.includes('.rekor-rotate-'))
      .map((path) => `${path} is left`);
  }

  configured(name: ReleaseId): RekorConfiguration | undefined {
    const { files } = this.#parts;
    if (!isSlotName(name)) return undefined;
    const active = new RegExp(`^${TREE_ID_VARIABLE}=(\\d+)$`, 'm').exec(
      files.peek(environmentFile(name)) ?? '',
    )?.[1];
    const list = files.peek(shardingFile(name)) ?? '';
    return active === undefined
      ? undefined
      : {
          activeTreeId: active,
          inactiveTreeIds: [...list.matchAll(/treeID: (\d+)/g)].map((match) => match[1] ?? ''),
        };
  }

  async start(name: SlotName, misreads = false): Promise<void> {
    const { time, random, trace } = this.#parts;
    const slot = this.#slots[name];
    if (this.runs(name)) {
      return;
    }
    const turn = (slot.turn += 1);
    slot.starting = true;
    await time.pass(random.between(1, 5));
    time.after(
      random.between(40, 110),
      () => {
        if (slot.turn !== turn) {
          return;
        }
        const configuration = this.configured(name);
        let process: RekorProcess | undefined;
        try {
          process = configuration && new RekorProcess({ ...this.#parts, name }, configuration, misreads);
        } catch (error) {
          trace(() => `Rekor ${name} panics: ${String(error)}`);
        }
        if (!process) {
          slot.starting = false;
          return;
        }
        // The lengths are loaded; the port opens a little later.
        time.after(
          random.between(5, 40),
          () => {
            if (slot.turn === turn) {
              slot.process = process;
              slot.starting = false;
              trace(
                () =>
                  `Rekor ${name} serves tree ${short(process.configuration.activeTreeId)} after [${process.configuration.inactiveTreeIds.map((treeId, position) => `${short(treeId)}:${process.lengths[position] ?? 0}`).join(', ')}]`,
              );
            }
          },
          null,
        );
      },
      null,
    );
  }

  /** Returns when it has stopped: it takes no new requests at once, and what it has in hand gets some seconds to end. */
  async stop(name: SlotName): Promise<void> {
    const { time, trace } = this.#parts;
    const slot = this.#slots[name];
    slot.turn += 1;
    slot.starting = false;
    const { process } = slot;
    if (!process) {
      return;
    }
    process.stopping = true;
    for (let waited = 0; process.postsInFlight > 0 && waited < 2_000; waited += 50) {
      await time.pass(50);
    }
    process.kill();
    if (slot.process === process) {
      slot.process = undefined;
    }
    trace(() => `Rekor ${name} stopped`);
  }

  /** The process dies; its supervisor starts it again from the files as they are by then. */
  async crash(name: ReleaseId, againAfterMs: number, misreads = false): Promise<void> {
    if (!isSlotName(name) || !this.runs(name)) {
      return;
    }
    const slot = this.#slots[name];
    this.#parts.trace(() => `Rekor ${name} dies`);
    slot.turn += 1;
    slot.starting = false;
    slot.process?.kill();
    slot.process = undefined;
    const { turn } = slot;
    await this.#parts.time.pass(againAfterMs);
    if (slot.turn === turn) {
      await this.start(name, misreads);
    }
  }

  async restart(release: ReleaseId): Promise<void> {
    if (!isSlotName(release)) return;
    await this.stop(release);
    await this.start(release);
  }

  async mend(release: ReleaseId, againAfterMs: number): Promise<void> {
    await this.crash(release, againAfterMs);
  }

  deploy(release: ReleaseId, number: number): string {
    const { files } = this.#parts;
    const path = environmentFile(isSlotName(release) ? release : 'blue');
    files.put(path, `${files.peek(path) ?? ''}# deployment ${number}\n`);
    return path;
  }

  edit(release: ReleaseId, form: number): Edit {
    const { files } = this.#parts;
    const slot = isSlotName(release) ? release : 'blue';
    const path = form * 10 - Math.floor(form * 10) < 0.5 ? environmentFile(slot) : shardingFile(slot);
    const mark = '# changed by someone\n';
    files.put(path, (files.peek(path) ?? '') + mark);
    return {
      what: `${path} changed`,
      isKept: () => files.peek(path)?.includes(mark.trim()) === true,
    };
  }

  putBack(then: Contents, from: ReleaseId, to: ReleaseId, withTree: boolean): void {
    const { files } = this.#parts;
    if (!isSlotName(from) || !isSlotName(to)) return;
    if (withTree) files.put(environmentFile(to), then[environmentFile(from)] ?? '');
    files.put(shardingFile(to), then[shardingFile(from)] ?? '');
  }

  /** Everything ends, and what is enabled starts again. */
  async reboot(): Promise<void> {
    this.#parts.trace(() => 'the host reboots');
    for (const name of slotNames) {
      const slot = this.#slots[name];
      slot.turn += 1;
      slot.starting = false;
      slot.process?.kill();
      slot.process = undefined;
    }
    await this.#parts.time.pass(1_000);
    for (const name of slotNames) {
      if (this.#slots[name].enabled) {
        await this.start(name);
      }
    }
  }

  async run(name: SlotName, verb: string): Promise<number> {
    switch (verb) {
      case 'start':
        await this.start(name);
        return 0;
      case 'stop':
        await this.stop(name);
        return 0;
      case 'status':
        return this.runs(name) ? 0 : 3;
      case 'enable':
      case 'disable':
        this.#slots[name].enabled = verb === 'enable';
        return 0;
      default:
        return 64;
    }
  }
}

function isSlotName(release: ReleaseId): release is SlotName {
  return slotNames.some((name) => name === release);
}

export function urlOf(name: SlotName): string {
  return `http://${name}`;
}

export function environmentFile(name: SlotName): string {
  return `${SIMULATED_ROOT}slots/${name}.env`;
}

export function shardingFile(name: SlotName): string {
  return `${SIMULATED_ROOT}slots/${name}.yaml`;
}

/** The last digits of a tree id, enough to tell trees apart in a trace. */
export function short(treeId: TreeId): string {
  return treeId.slice(-4);
}

function newSlot(enabled: boolean): Slot {
  return { process: undefined, starting: false, enabled, turn: 0 };
}

let host: { readonly host: SimulatedHost; readonly network: Network; readonly time: VirtualTime } | undefined;

/** From here on the slots' commands are this host's. */
export function useHost(simulated: NonNullable<typeof host>): void {
  host = simulated;
}

/** The commands that run, by a process id above any real one, and how each is ended. */
const commands = new Map<number, () => void>();
let lastPid = 2 ** 30;

/**
 * Puts the simulated host under `spawn`, and its commands under `process.kill`, which ends a command's whole process group;
 * other programs stay real. For programs of their own.
 */
export function replaceSpawn(): void {
  const real = childProcess.spawn as (...args: unknown[]) => unknown;
  const spawn = (program: string, args: readonly string[], options: unknown): unknown => {
    if (program !== SLOT_PROGRAM || !host) {
      return real(program, args, options);
    }
    const [name, verb = ''] = args as [SlotName, string?];
    return child(host, name, verb);
  };
  Object.assign(childProcess, { spawn });

  const realKill = process.kill.bind(process);
  const kill = (pid: number, signal?: NodeJS.Signals | number): true => {
    if (-pid <= 2 ** 30) {
      return realKill(pid, signal);
    }
    const end = commands.get(-pid);
    if (!end) {
      throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' });
    }
    if (signal !== 0) {
      end();
    }
    return true;
  };
  Object.assign(process, { kill });
}

/** A command that cannot be waited for any longer is ended, but what it has set going goes on. */
function child(
  { host: simulated, network, time }: NonNullable<typeof host>,
  name: SlotName,
  verb: string,
): EventEmitter {
  const emitter = new EventEmitter();
  const pid = (lastPid += 1);
  const stderr = { resume: () => undefined, destroy: () => undefined };
  Object.assign(emitter, { pid, stderr });
  const ended = new AbortController();
  const ends = (exitCode: number | null, endedBy: NodeJS.Signals | null): void => {
    commands.delete(pid);
    emitter.emit('exit', exitCode, endedBy);
    emitter.emit('close', exitCode, endedBy);
  };
  commands.set(pid, () => {
    ended.abort();
    ends(null, 'SIGTERM');
  });
  const call = {
    system: 'host' as const,
    method: `${verb} ${name}`,
    changes: verb !== 'status',
    deadline: time.now + 30_000,
    signal: ended.signal,
  };
  const owner = processes.getStore();
  network
    .send(call, () => simulated.run(name, verb))
    .then(
      (exitCode) => {
        if (commands.has(pid)) {
          ends(exitCode, null);
        }
      },
      (error: unknown) => {
        if (!commands.has(pid)) {
          return;
        }
        if (error instanceof NoAnswer) {
          ends(verb === 'status' ? 64 : 1, null);
        } else if (owner?.alive !== false) {
          commands.delete(pid);
          emitter.emit('error', error);
        }
      },
    );
  return emitter;
}
