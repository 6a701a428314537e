import { ByteBudget } from '../../gate/byte-budget';
import { KeptBody, NoRoom, type BodyLimits } from '../../gate/kept-body';
import { Turns } from '../../gate/turns';
import { useStarted } from './support';

const started = useStarted();

async function limits(more: Partial<BodyLimits> = {}): Promise<BodyLimits> {
  return {
    inMemoryBytes: 1_000_000,
    limitBytes: 1_000_000,
    memory: new ByteBudget(1_000_000),
    toWrite: new ByteBudget(1_000_000),
    disk: new ByteBudget(1_000_000),
    toDisk: new Turns(1),
    spoolDirectory: await started.directory(),
    ...more,
  };
}

async function bodyOf(pieces: readonly string[], bounds: BodyLimits): Promise<KeptBody> {
  const body = new KeptBody(bounds);
  for (const piece of pieces) await body.add(piece.length, () => Buffer.from(piece));
  return body;
}

/** The lengths of the pieces that it is kept in. */
async function piecesOf(body: KeptBody): Promise<number[]> {
  const lengths: number[] = [];
  for await (const { length } of body.read()) lengths.push(length);
  return lengths;
}

describe('a body that is kept', () => {
  it('is in a few pieces, however small those were that it came in', async () => {
    const letters = Array.from({ length: 100_000 }, (_, at) => String.fromCharCode(97 + (at % 26)));
    const body = await bodyOf(letters, await limits());
    expect((await piecesOf(body)).length).toBeLessThan(20);
    expect(await body.text()).toBe(letters.join(''));
  });

  it('is not copied over and over when its pieces are large', async () => {
    const large = 'x'.repeat(70_000);
    const body = await bodyOf([large, large, large], await limits());
    expect(await piecesOf(body)).toEqual([70_000, 70_000, 70_000]);
  });

  it('is not copied over and over when each of its pieces is smaller than the one before', async () => {
    const lengths = [...Array.from({ length: 1_000 }, (_, at) => 1_000 - at), 1_000];
    const concat = jest.spyOn(Buffer, 'concat');
    const body = await bodyOf(
      lengths.map((length) => 'x'.repeat(length)),
      await limits(),
    );
    const copied = concat.mock.results.reduce((sum, { value }) => sum + (value as Buffer).length, 0);
    concat.mockRestore();
    expect(await piecesOf(body)).toEqual([body.size]);
    expect(copied).toBeLessThan(2 * body.size);
  });

  it('takes room in memory while it is looked up, if it is in a file, and gives it back', async () => {
    const bounds = await limits({ inMemoryBytes: 10, memory: new ByteBudget(100) });
    const body = await bodyOf(['x'.repeat(50)], bounds);
    expect([bounds.memory.usedBytes, bounds.disk.usedBytes]).toEqual([0, 50]);
    expect(await body.text()).toBe('x'.repeat(50));
    expect(bounds.memory.usedBytes).toBe(100);
    const another = await bodyOf(['y'.repeat(50)], bounds);
    await expect(another.text()).rejects.toThrow(NoRoom);
    await body.discard();
    expect(await another.text()).toBe('y'.repeat(50));
    await another.discard();
    expect([bounds.memory.usedBytes, bounds.disk.usedBytes]).toEqual([0, 0]);
  });
});

describe('what comes of bodies while the disk is busy', () => {
  it('is read when it is its turn, and turned away where there is no room for it until then', async () => {
    const toDisk = new Turns(1);
    const bounds = await limits({ inMemoryBytes: 0, toWrite: new ByteBudget(100), toDisk });
    let diskIsFree = (): void => undefined;
    const busy = toDisk.take(() => new Promise<void>((resolve) => (diskIsFree = resolve)));
    const read: string[] = [];
    const [first, second] = [new KeptBody(bounds), new KeptBody(bounds)];
    const add = async (body: KeptBody, name: string): Promise<void> =>
      body.add(60, () => {
        read.push(name);
        return Buffer.alloc(60, name);
      });
    const added = add(first, 'a');
    await expect(add(second, 'b')).rejects.toThrow(NoRoom);
    expect([read, bounds.toWrite.usedBytes]).toEqual([[], 60]);
    diskIsFree();
    await Promise.all([busy, added]);
    expect([read, bounds.toWrite.usedBytes, bounds.disk.usedBytes]).toEqual([['a'], 0, 60]);

    await add(second, 'c');
    expect(await second.text()).toBe('c'.repeat(60));
    await Promise.all([first.discard(), second.discard()]);
    expect([bounds.memory.usedBytes, bounds.disk.usedBytes]).toEqual([0, 0]);
  });

  it('gives its room back when its client has left meanwhile', async () => {
    const bounds = await limits({ inMemoryBytes: 0 });
    const body = new KeptBody(bounds);
    const left = body.add(60, () => {
      throw new Error('the client left');
    });
    await expect(left).rejects.toThrow('the client left');
    await body.discard();
    expect([bounds.toWrite.usedBytes, bounds.disk.usedBytes]).toEqual([0, 0]);
  });
});
