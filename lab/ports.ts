import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Everything in the lab that listens, all of it on 127.0.0.1. */
export const portNames = [
  'database',
  'trillian',
  'trillianMetrics',
  'signer',
  'signerMetrics',
  'temporal',
  'temporalUi',
  'blue',
  'green',
  'gate',
  'gateAdmin',
  'secondGate',
  'secondGateAdmin',
] as const;

export type Ports = Readonly<Record<(typeof portNames)[number], number>>;

/** Ports from `lowest` on and below `above`. */
interface Range {
  readonly lowest: number;
  readonly above: number;
}

/**
 * Below the ports that operating systems give to outgoing connections (from 32768 on Linux, 49152 on macOS): a slot's
 * port stays unused for hours and must still be free when a rotation starts that slot.
 */
const lab: Range = { lowest: 20_000, above: 32_000 };
/** The same for processes beside the labs; see `throwAwayPort`. */
const throwAway: Range = { lowest: 32_000, above: 32_752 };

/** So many ports lie in a block: one that marks it as taken, and more than a lab has parts. */
const BLOCK = 16;

/** The ports of a lab that an earlier version made: parts that are new since then have the next ones of its block. */
export function withNewPorts(known: Partial<Ports>): Partial<Ports> {
  const { database } = known;
  if (database === undefined) return known;
  const ofBlock = portNames.map((name, position) => [name, database + position]);
  return { ...(Object.fromEntries(ofBlock) as Ports), ...known };
}

/** A block of ports that no other process takes by this module, until it is given back. */
export interface Block {
  /** All of them but the one that marks it. */
  readonly ports: readonly number[];
  /** Gives the block back; who still listens on a port of it keeps others away all the same. */
  readonly release: () => Promise<void>;
}

export interface ClaimedPorts {
  readonly ports: Ports;
  /** Lets others have those that nobody listens on. */
  readonly release: () => Promise<void>;
}

/**
 * Chooses a free port for each part, or takes those that a lab has from an earlier start. Others cannot choose one of
 * them, whether a part listens on it yet or not, until they are given back or this process ends; after that the parts
 * that run keep the whole block.
 */
export async function claimPorts(known?: Ports, among: Range = lab): Promise<ClaimedPorts> {
  if (known) {
    // Somebody may have the mark by now; then the part whose port is taken, too, says so when it is started.
    const mark = await listening(Math.min(...Object.values(known)) - 1);
    return { ports: known, release: async () => await mark?.close() };
  }
  const { ports, release } = await claimBlock(among);
  return {
    ports: Object.fromEntries(portNames.map((name, position) => [name, ports[position]])) as Ports,
    release,
  };
}

/** The blocks that this process has for what it throws away, latest last, with the ports that nobody was given yet. */
const blocks: Promise<{ readonly unused: number[]; readonly release: () => Promise<void> }>[] = [];

/** Chooses a free port for a process that is thrown away; no other process is given it while that one starts. */
export async function throwAwayPort(): Promise<number> {
  for (;;) {
    const latest = blocks.at(-1);
    const port = (await latest)?.unused.shift();
    if (port !== undefined && (await isFree(port))) {
      return port;
    }
    if (port === undefined && latest === blocks.at(-1)) {
      blocks.push(claimBlock(throwAway).then(({ ports, release }) => ({ unused: [...ports], release })));
      // What was started on the ports of earlier ones listens by now.
      await (await blocks.splice(0, blocks.length - 2)[0])?.release();
    }
  }
}

/** Chooses ports for what a lab runs here beside its parts. */
export async function claimBlock({ lowest, above }: Range = lab): Promise<Block> {
  const places = Array.from({ length: Math.floor((above - lowest) / BLOCK) }, (_, place) => place);
  while (places.length > 0) {
    const [place = 0] = places.splice(randomInt(places.length), 1);
    const first = lowest + BLOCK * place;
    const mark = await listening(first);
    if (!mark) {
      continue;
    }
    const ports = Array.from({ length: BLOCK - 1 }, (_, position) => first + 1 + position);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) {
      return { ports, release: mark.close };
    }
    await mark.close();
  }
  throw new Error(
    `A lab needs ${BLOCK} ports in a row on 127.0.0.1; there are none free between ${lowest} and ${above}. End a lab.`,
  );
}

export async function isFree(port: number): Promise<boolean> {
  const server = await listening(port);
  await server?.close();
  return server !== null;
}

/** Listens on a port and serves nothing there; null when somebody else does. Keeps no process from ending. */
async function listening(port: number): Promise<{ readonly close: () => Promise<void> } | null> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      server.unref();
      resolve({ close: () => new Promise((closed) => server.close(() => closed())) });
    });
  });
}
