import fs, { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { saveState } from '../../gate/state-file';
import { GateStartError } from '../../gate/start-error';
import { ask, created, useStarted, until } from './support';

const started = useStarted();

describe('what the gate remembers', () => {
  it('has saved an order before it answers, so a gate that is killed then comes back with it (H16)', async () => {
    const current = await started.rekor();
    const next = await started.rekor();
    const directory = await started.directory();
    const gate = await started.gate({ directory, firstInstances: [current.url] });
    await gate.hold(7);
    await gate.send(7, next.url);
    // Nothing of the first gate is told to stop: what a kill -9 would leave is this file.
    const left = join(await started.directory(), 'left.json');
    await writeFile(left, await readFile(gate.options.stateFile));
    const again = await started.gate({ stateFile: left, firstInstances: [current.url] });
    expect(await again.state()).toMatchObject({
      mode: 'pass',
      instances: [next.url],
      number: 7,
      attemptId: 'r7/1',
    });
    await ask(again.url, { path: '/api/v1/log' });
    expect([current.seen.length, next.seen.length]).toEqual([0, 1]);
    expect((await again.order('hold', { attemptId: 'r6/1', number: 6, leaseMs: 9 })).refusal.code).toBe(
      'ORDER_TOO_LOW',
    );
  });

  it('has it on the disk before it takes its place, and its place as well before it obeys (H16)', async () => {
    const directory = await started.directory();
    const handle = await open(directory, 'r');
    const prototype = Object.getPrototypeOf(handle) as typeof handle;
    await handle.close();
    const synced = jest.spyOn(prototype, 'sync');
    const renamed = jest.spyOn(fs, 'rename');
    const state = { mode: 'hold', instances: ['http://127.0.0.1:9'], attemptId: 'r/1', number: 1 } as const;
    await saveState(join(directory, 'gate.json'), {
      ...state,
      shards: null,
      switching: 'no',
      leaseMs: 9,
      hold: null,
    });
    const [file, place] = synced.mock.invocationCallOrder;
    const [replaced] = renamed.mock.invocationCallOrder;
    jest.restoreAllMocks();
    expect(file).toBeLessThan(replaced ?? 0);
    expect(place).toBeGreaterThan(replaced ?? Infinity);
  });

  it('comes back healing from a hold, with nobody waiting, and goes on when told (H15)', async () => {
    const { rekor, gate } = await started.both();
    await gate.hold(3);
    const left = join(await started.directory(), 'left.json');
    await writeFile(left, await readFile(gate.options.stateFile));
    const again = await started.gate({ stateFile: left });
    expect(await again.state()).toMatchObject({
      mode: 'healing',
      instances: [rekor.url],
      number: 3,
      writesWaiting: 0,
    });
    expect((await again.write('one')).status).toBe(201);
    expect(await again.hold(3)).toMatchObject({ mode: 'hold' });
    expect(await again.send(3, rekor.url)).toMatchObject({ mode: 'pass' });
  });

  it('does not start with a number that no order could follow, and names it', async () => {
    const rekor = await started.rekor();
    const stateFile = join(await started.directory(), 'gate.json');
    const state = {
      mode: 'pass',
      instances: [rekor.url],
      attemptId: 'r/1',
      number: 1e15,
      shards: null,
      switching: 'no',
      leaseMs: 0,
      hold: null,
    } as const;
    await saveState(stateFile, state);
    const error: unknown = await started.gate({ stateFile }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GateStartError);
    expect((error as GateStartError).refusal).toMatchObject({
      code: 'GATE_STATE_UNREADABLE',
      message: expect.stringContaining('number') as string,
    });
  });

  it('keeps the figures of the last hold over a restart', async () => {
    const rekor = await started.rekor(created);
    const gate = await started.gate({ firstInstances: [rekor.url] });
    await gate.hold(1);
    const write = gate.write('one');
    await until('it waits', async () => (await gate.state()).writesWaiting === 1);
    await gate.send(1, rekor.url);
    await write;
    const before = (await gate.state()).hold;
    expect(before).toMatchObject({ number: 1, held: 1, stallMs: expect.any(Number) as number });
    await gate.gate.close();
    const again = await started.gate({ stateFile: gate.options.stateFile });
    expect((await again.state()).hold).toEqual(before);
  });

  it('does not start without state and without first instances, and says what to do', async () => {
    await expect(started.gate()).rejects.toThrow(/does not know which Rekor.*--first-instance/s);
    await expect(started.gate({ firstInstances: ['rekor:3000/'] })).rejects.toThrow(
      /cannot send to "rekor:3000\/"/,
    );
  });

  it.each(['', 'not json', '{"version":2}', '{"version":1,"mode":"pass"}'])(
    'does not start from a state file that holds %j, and names the file',
    async (text) => {
      const stateFile = join(await started.directory(), 'gate.json');
      await writeFile(stateFile, text);
      const start = started.gate({ stateFile, firstInstances: ['http://127.0.0.1:9'] });
      await expect(start).rejects.toThrow(GateStartError);
      await expect(start).rejects.toThrow(stateFile);
      expect(await readFile(stateFile, 'utf8')).toBe(text);
    },
  );

  it('does not start where something listens already, names the field, and lets go of the other address', async () => {
    const rekor = await started.rekor();
    const running = await started.gate({ firstInstances: [rekor.url] });
    const ended = await started.gate({ firstInstances: [rekor.url] });
    await ended.gate.close();
    const at = (url: string) => ({ host: '127.0.0.1', port: Number(new URL(url).port) });
    const [taken, free] = [at(running.gate.publicUrl), at(ended.gate.adminUrl)];

    const refused = started.gate({ firstInstances: [rekor.url], public: taken, admin: free });
    await expect(refused).rejects.toThrow(GateStartError);
    await expect(refused).rejects.toThrow(
      new RegExp(`cannot listen on 127.0.0.1:${taken.port} .logs.NAME.gate.listen.: .*EADDRINUSE`),
    );
    await expect(started.gate({ firstInstances: [rekor.url], admin: taken })).rejects.toThrow(
      /logs.NAME.gate.admin/,
    );
    const after = await started.gate({ firstInstances: [rekor.url], admin: free });
    expect(after.gate.adminUrl).toBe(ended.gate.adminUrl);
  });

  it('does not obey an order that it cannot save, and says so', async () => {
    const { gate } = await started.both();
    await rm(gate.options.stateFile, { force: true });
    await mkdir(gate.options.stateFile);
    const { status, refusal } = await gate.order('hold', { attemptId: 'r1/1', number: 1, leaseMs: 1_000 });
    expect([status, refusal.code]).toEqual([500, 'STATE_NOT_SAVED']);
    expect(await gate.state()).toMatchObject({ mode: 'pass', number: 0 });
    expect((await gate.write('one')).status).toBe(201);
  });
});
