import { run } from '../../cli/program';
import { emptyRoot, rootOf } from '../../faults/chosen-calls';
import { rekorCallsProto, startGrpcProxy, type GrpcProxy } from '../../faults/grpc-proxy';
import { artifactSigner, hashedRekord } from '../../load/artifact';
import { readEntry } from '../../load/entry';
import type { SlotName } from '../../lab/files';
import type { PartName } from '../../lab/parts';
import type { Ports } from '../../lab/ports';
import type { Routes } from '../../lab/routes';
import { LOG_INFO_PATH, readLoadedShards } from '../../gate/loaded-shards';
import { recordingTerminal } from '../cli/recording-terminal';
import { useLog } from './use-log';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { expectOutcome } from './outcome';

describe('the gate before a real Rekor (H10)', () => {
  const log = useLog({ routes: throughProxy });
  /** Between Rekor, in both slots, and Trillian. */
  let trillianOfRekor: GrpcProxy;
  const signArtifact = artifactSigner();

  afterAll(() => {
    trillianOfRekor.end();
  });

  async function throughProxy(ports: Ports): Promise<Partial<Routes>> {
    trillianOfRekor = await startGrpcProxy({
      upstream: `127.0.0.1:${ports.trillian}`,
      protoFile: rekorCallsProto,
    });
    const { port } = new URL(`http://${trillianOfRekor.address}`);
    return { rekor: { trillian: Number(port) } };
  }

  /** The Rekor that serves is killed, and its slot started again. */
  async function killedAndStarted(): Promise<void> {
    const { current } = await log.serving();
    log.lab.killPart(`rekor-${current}` as PartName);
    await until('its end', PATIENCE_MS, () => log.lab.pidOf(`rekor-${current}` as PartName) === null);
    await log.byHand(current, 'start');
    await until('Rekor', PATIENCE_MS, async () => (await fetch(`${itself(current)}${LOG_INFO_PATH}`)).ok);
  }

  /** Its slot, past the gate. */
  function itself(slot: SlotName): string {
    return log.rekor[slot].url;
  }

  async function post(url: string): Promise<Response> {
    return await fetch(`${url}/api/v1/log/entries`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: hashedRekord(signArtifact()),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  }

  async function status(): Promise<{ readonly code: number; readonly text: string }> {
    const terminal = recordingTerminal();
    const code = await run(['status', log.name, '--config', log.lab.files.configuration], terminal);
    return { code, text: terminal.output.replace(/\s+/g, ' ') };
  }

  it('sends no write to one that took a shard for empty, and goes on by itself when it is started rightly', async () => {
    for (let count = 0; count < 4; count += 1) {
      await log.expectWritable();
    }
    expectOutcome(await log.rotate(), 'completed');
    await log.expectWritable();
    const { current, activeTreeId } = await log.serving();
    const { shards: told, unproven } = await log.gateItself.state();
    const [ended] = told?.inactive ?? [];
    if (!ended) {
      throw new Error('The gate was told of no inactive shard.');
    }
    expect({ told, unproven }).toEqual({ told: { activeTreeId, inactive: [ended] }, unproven: [] });
    expect(ended.length).toBeGreaterThanOrEqual(4);

    trillianOfRekor.when(rootOf(ended.treeId)).answer(emptyRoot);
    await killedAndStarted();
    trillianOfRekor.clear();
    const loaded = await (await fetch(`${itself(current)}${LOG_INFO_PATH}`)).text();
    expect(readLoadedShards(loaded)).toEqual({
      activeTreeId,
      inactive: [{ treeId: ended.treeId, length: 0 }],
    });

    // What the gate keeps clients from: past it, this Rekor acknowledges an index that another entry has.
    const doubled = readEntry(await (await post(itself(current))).text());
    const [first, ...others] = log.recorder
      .acknowledged()
      .filter(({ logIndex }) => logIndex === doubled.logIndex);
    expect([first?.treeId, others]).toEqual([ended.treeId, []]);
    expect(first?.entryId).not.toBe(doubled.entryId);

    const posts = (): number => log.rekor[current].calls.filter(({ method }) => method === 'POST').length;
    const before = posts();
    const refused = post(log.publicUrl);
    const reason = `it loaded tree ${ended.treeId} with 0 entries, not ${ended.length}`;
    await until(
      'the proof',
      PATIENCE_MS,
      async () => (await log.gateItself.state()).unproven[0]?.reason === reason,
    );
    await until('the write', PATIENCE_MS, async () => (await log.gateItself.state()).writesWaiting === 1);
    expect((await log.gateItself.state()).writesInFlight).toBe(0);

    for (const { entryId } of [first, log.recorder.acknowledged().at(-1)].flatMap((one) => one ?? [])) {
      const read = await fetch(`${log.publicUrl}/api/v1/log/entries/${entryId}`);
      expect([read.status, Object.keys((await read.json()) as object)]).toEqual([200, [entryId]]);
    }

    await log.guardLooks();
    await until('the alarm', PATIENCE_MS, async () => (await status()).text.includes('GATE_STOPS_WRITES'));
    const alarmed = await status();
    expect(alarmed.code).toBe(7);
    expect(alarmed.text).toContain(reason);
    expect(alarmed.text).toContain('INSTANCE_DIFFERS');

    const answer = await refused;
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({
      code: 503,
      message: expect.stringContaining('please send the entry again') as string,
    });
    expect(posts()).toBe(before);

    const waiting = log.expectWritable();
    await until('the write', PATIENCE_MS, async () => (await log.gateItself.state()).writesWaiting === 1);
    await killedAndStarted();
    await waiting;
    expect((await log.gateItself.state()).unproven).toEqual([]);
    await log.guardLooks();
    await until('the end of the alarm', PATIENCE_MS, async () => (await status()).code === 0);
    await log.expectNothingEverLost();
  });

  it('goes on by itself when Rekor is stopped and started', async () => {
    const { current } = await log.serving();
    await log.byHand(current, 'stop');
    await log.byHand(current, 'start');
    await until(
      'Rekor is proven',
      PATIENCE_MS,
      async () => (await log.gateItself.state()).unproven.length === 0,
    );
    await log.expectGoesOn();
  });

  it('lets no rotation begin while the gate contradicts the configuration, and says why', async () => {
    const { number, instances, shards } = await log.gateItself.state();
    const [ended] = shards?.inactive ?? [];
    if (!shards || !ended) {
      throw new Error('The gate was told of no inactive shard.');
    }
    const wrong = { ...shards, inactive: [{ ...ended, length: ended.length + 1 }] };
    await log.gateItself.tellShards({ number, instances, shards: wrong });
    const result = await log.rotate();
    expect(result).toMatchObject({ outcome: 'refused', refusals: [{ code: 'GATE_KNOWS_OTHER_SHARDS' }] });
    expect((await log.gateItself.state()).shards).toEqual(wrong);
    await log.gateItself.tellShards({ number, instances, shards });
  });
});
