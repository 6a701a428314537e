import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { FoundProgram } from '../found-program';
import { startedBy } from '../program-words';

/** A program of a log that runs, and what of systemd it belongs to. */
export interface RunningProgram extends FoundProgram {
  /** The unit that it runs in, without `.service`. */
  readonly unit?: string | undefined;
}

/**
 * The programs of a log that run on this host, as proc(5) shows them: their arguments, and the control group that they are in.
 * Of their environment nothing is read. Empty where there is no /proc.
 *
 * @param proc the folder that proc is mounted at.
 */
export function readProcesses(proc = '/proc'): RunningProgram[] {
  const pids = namesIn(proc).filter((name) => /^\d+$/.test(name));
  const own = containerOf(textOf(join(proc, 'self', 'cgroup')));
  return pids.flatMap((pid): RunningProgram[] => {
    const words = textOf(join(proc, pid, 'cmdline'))
      .split('\0')
      .slice(0, -1);
    const started = startedBy(words);
    if (!started || isShell(words)) return [];
    const group = textOf(join(proc, pid, 'cgroup'));
    const container = containerOf(group);
    const inContainer = container !== undefined && container !== own;
    const unit = inContainer ? undefined : unitOf(group);
    return [
      {
        ...started,
        where: `process ${pid}`,
        variable: () => undefined,
        fileOf: () => undefined,
        run: { by: inContainer ? 'container' : 'process', pid: Number(pid) },
        ports: inContainer ? new Map() : 'host',
        names: [],
        mounts: inContainer ? [] : 'host',
        folder: linkOf(join(proc, pid, 'cwd')),
        unit,
      },
    ];
  });
}

/** A shell that waits for the program that it was told to run shows the program's arguments, too. */
function isShell([program = '']: readonly string[]): boolean {
  return /(^|\/)(ba|da|a)?sh$/.test(program);
}

/** The container of a control group, as Docker, Podman and Kubernetes name them; undefined on the host itself. */
export function containerOf(group: string): string | undefined {
  return /(?:docker|libpod|crio|cri-containerd|kubepods|containerd)[^\n]*?([0-9a-f]{64})/.exec(group)?.[1];
}

/** The service of the system's own systemd that a control group belongs to, without `.service`. */
export function unitOf(group: string): string | undefined {
  const path = /^(?:0:|\d+:name=systemd):(.*)$/m.exec(group)?.[1] ?? '';
  return path.includes('/user.slice/') ? undefined : /\/([^/]+)\.service(?:\/|$)/.exec(path)?.[1];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty where it cannot be read: a process may end at any moment, and belong to somebody else. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
