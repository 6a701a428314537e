import { ByteBudget } from '../../gate/byte-budget';
import { KeptBody, NoRoom, type BodyLimits } from '../../gate/kept-body';
import { useStarted } from './support';

const started = useStarted();

async function limits(more: Partial<BodyLimits> = {}): Promise<BodyLimits> {
  return {
    inMemoryBytes: 1_000_000,
    limitBytes: 1_000_000,
    memory: new ByteBudget(1_000_000),
    disk: new ByteBudget(1_000_000),
    spoolDirectory: await started.directory(),
    ...more,
  };
}

async function bodyOf(pieces: readonly string[], bounds: BodyLimits): Promise<KeptBody> {
  const body = new KeptBody(bounds);
  for (const piece of pieces) await body.add(Buffer.from(piece));
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
