import { createServer, type Server } from 'node:net';
import {
  claimPorts,
  isFree,
  portNames,
  throwAwayPort,
  withNewPorts,
  type ClaimedPorts,
} from '../../lab/ports';

/** So few that all of them are tried; no lab of anybody has these. */
const few = { lowest: 10_000, above: 10_128 };

describe('the ports of a lab', () => {
  const claims: ClaimedPorts[] = [];
  const servers: Server[] = [];

  afterEach(async () => {
    await Promise.all(claims.splice(0).map(({ release }) => release()));
    await Promise.all(servers.splice(0).map((server) => new Promise((closed) => server.close(closed))));
  });

  async function claim(...wanted: Parameters<typeof claimPorts>): Promise<ClaimedPorts> {
    const claimed = await claimPorts(...wanted);
    claims.push(claimed);
    return claimed;
  }

  /** What other labs would be given, one after the other, until there is nothing left. */
  async function portsOfAllOthers(): Promise<number[]> {
    const others: number[] = [];
    for (;;) {
      try {
        others.push(...Object.values((await claim(undefined, few)).ports));
      } catch (error) {
        expect(String(error)).toContain('none free between');
        expect(others.length).toBeGreaterThan(0);
        return others;
      }
    }
  }

  async function listenOn(port: number): Promise<void> {
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  }

  it('are one for each part, all of them free', async () => {
    const { ports } = await claim();
    expect(Object.keys(ports)).toEqual([...portNames]);
    expect(await Promise.all(Object.values(ports).map(isFree))).toEqual(portNames.map(() => true));
  });

  it('are those of no other lab, though nobody listens on them yet', async () => {
    const { ports } = await claim(undefined, few);
    expect(await portsOfAllOthers()).not.toContain(ports.green);
  });

  it('stay those of a lab of which a part runs, also when its starter has ended', async () => {
    const { ports, release } = await claim(undefined, few);
    await listenOn(ports.temporal);
    await release();
    expect(await portsOfAllOthers()).not.toContain(ports.green);
  });

  it('are taken again by a lab that has them from an earlier start', async () => {
    const first = await claim(undefined, few);
    await first.release();
    const again = await claim(first.ports, few);
    expect(again.ports).toEqual(first.ports);
    expect(await portsOfAllOthers()).not.toContain(first.ports.green);
  });

  it('are the next ones of its block for parts that an earlier version of the lab did not have', async () => {
    const { ports } = await claim();
    const earlier = Object.entries(ports).filter(([name]) => !name.startsWith('secondGate'));
    expect(earlier.length).toBeLessThan(portNames.length);
    expect(withNewPorts(Object.fromEntries(earlier))).toEqual(ports);
    expect(withNewPorts({})).toEqual({});
  });

  it('are never those of a process beside it', async () => {
    const thrownAway = await Promise.all(Array.from({ length: 20 }, () => throwAwayPort()));
    expect(new Set(thrownAway).size).toBe(thrownAway.length);
    expect(Math.min(...thrownAway)).toBeGreaterThanOrEqual(32_000);
    expect(Math.max(...thrownAway)).toBeLessThan(32_752);
  });
});
