import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../docs/markdown';
import { driven, TOKEN, until, type DrivenGate } from './support';

const program = path.join(root, 'out/dist/cli/main.js');

/**
 * What systemd does: it has the sockets, which this process has opened and given away, and starts gates on them. Each gate is
 * the process that LISTEN_PID names, since a shell becomes it. Written to: a name for each gate. Says `NAME pid PID`, and
 * `NAME ended CODE`.
 */
const SUPERVISOR = `
  folder=$1; shift
  while read -r name; do
    {
      sh -c 'echo "$0 pid $$" >&5; LISTEN_FDS=2 LISTEN_PID=$$ LISTEN_FDNAMES=a:b exec "$@" 5>&-' "$name" "$@" \\
        5>&1 >"$folder/$name.log" 2>&1 </dev/null
      echo "$name ended $?"
    } &
  done
  wait
`;

/** A gate as a process of its own. */
export interface GateProcess {
  readonly pid: number;
  /** What it has logged so far. */
  log(): string;
  /** Waits until its log has this. */
  says(message: 'gate open' | 'standing by'): Promise<void>;
  /** Waits until it serves or stands by: when systemd would take it for started. */
  isReady(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** What it exits with. */
  readonly ended: Promise<number>;
}

/** Sockets for one gate at two free ports, and the gates that are started on them. */
export class SocketSupervisor {
  /** Whichever gate serves. */
  readonly gate: DrivenGate;
  readonly stateFile: string;
  readonly #folder: string;
  readonly #shell: ChildProcess;
  readonly #said: string[] = [];
  #started = 0;

  private constructor(sockets: readonly [Server, Server], firstInstance: string, beside: readonly string[]) {
    const [listen, admin] = sockets.map((socket) => (socket.address() as AddressInfo).port);
    this.gate = driven({
      publicUrl: `http://127.0.0.1:${listen}`,
      adminUrl: `http://127.0.0.1:${admin}`,
    });
    this.#folder = mkdtempSync(path.join(tmpdir(), 'gate-restart-'));
    this.stateFile = path.join(this.#folder, 'gate.json');
    const config = path.join(this.#folder, 'rekor-rotate.yaml');
    const example = readFileSync(path.join(root, 'examples/rekor-rotate.yaml'), 'utf8');
    writeFileSync(
      config,
      example
        .replaceAll('127.0.0.1:3000', `127.0.0.1:${listen}`)
        .replaceAll('127.0.0.1:3100', `127.0.0.1:${admin}`)
        .replaceAll('/var/lib/rekor-rotate/production', this.#folder)
        .replace(
          /adminAddress: \S+/,
          beside.length === 0 ? '$&' : `members: ${JSON.stringify([`127.0.0.1:${admin}`, ...beside])}`,
        )
        // Nobody waits too long by the machine's clock.
        .replace('maxWait: 3.5s', 'maxWait: 30s')
        .replace(/^ {4}tls:\n {6}caFile: tls\/ca.pem\n/m, ''),
    );
    const gate = [program, 'gate', '--log', 'production', '-c', config, '--first-instance', firstInstance];
    // Node.js has no public way to give away what listens: the descriptor is its own.
    const descriptors = sockets.map(
      (socket) => (socket as unknown as { _handle: { fd: number } })._handle.fd,
    );
    this.#shell = spawn('sh', ['-c', SUPERVISOR, 'supervisor', this.#folder, process.execPath, ...gate], {
      stdio: ['pipe', 'pipe', 'inherit', ...descriptors],
      env: { ...process.env, folder: this.#folder, REKOR_ROTATE_GATE_TOKEN: TOKEN },
    });
    if (!this.#shell.stdout) throw new Error('the supervisor has no standard output');
    createInterface({ input: this.#shell.stdout }).on('line', (line) => this.#said.push(line));
    // Else this process would accept connections, too.
    for (const socket of sockets) socket.close();
  }

  /** @param beside admin addresses of other gates of the log, `host:port`. */
  static async open(firstInstance: string, beside: readonly string[] = []): Promise<SocketSupervisor> {
    return new SocketSupervisor([await listening(), await listening()], firstInstance, beside);
  }

  async start(): Promise<GateProcess> {
    const name = `gate-${(this.#started += 1)}`;
    this.#shell.stdin?.write(`${name}\n`);
    const said = (word: string): string | undefined =>
      this.#said.find((line) => line.startsWith(`${name} ${word} `))?.split(' ')[2];
    await until(`${name} has a process`, () => said('pid') !== undefined);
    const pid = Number(said('pid'));
    const log = (): string => readFileSync(path.join(this.#folder, `${name}.log`), 'utf8');
    const logs = (either: readonly string[]): Promise<void> =>
      until(`${name} says "${either.join('" or "')}"`, () => {
        if (said('ended') !== undefined) throw new Error(`${name} has ended: ${log()}`);
        return either.some((message) => log().includes(message));
      });
    return {
      pid,
      log,
      says: (message) => logs([message]),
      isReady: () => logs(['gate open', 'standing by']),
      signal: (signal) => process.kill(pid, signal),
      get ended() {
        return until(`${name} has ended`, () => said('ended') !== undefined).then(() =>
          Number(said('ended')),
        );
      },
    };
  }

  /** Ends when all gates have. */
  async close(): Promise<void> {
    for (const line of this.#said) {
      const [name, , pid] = line.split(' pid ').flatMap((part) => [part, '']);
      if (pid === undefined || this.#said.some((other) => other.startsWith(`${name} ended `))) continue;
      process.kill(Number(pid), 'SIGKILL');
    }
    const ended = new Promise((resolve) => this.#shell.once('exit', resolve));
    this.#shell.stdin?.end();
    await ended;
    rmSync(this.#folder, { recursive: true });
  }
}

async function listening(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
