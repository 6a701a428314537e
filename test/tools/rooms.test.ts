import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** tools/rooms.json says what a room may import, which `npm run check` looks at, and which rooms' programs it starts. */
const root = path.join(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const rooms = JSON.parse(read('tools/rooms.json')) as Record<string, { starts?: readonly string[] }>;
const folders = Object.keys(rooms).filter((name) => !name.includes('/'));

/** The compiled programs that a file names: `'../lab/main.js'`, or `'dist', 'cli', 'main.js'`. */
function programsIn(file: string): string[] {
  return [...read(file).matchAll(/['/]([a-z]+)(?:\/|', ')(?:[a-z]+-)?main\.js'/g)].map(
    ([, room = '']) => room,
  );
}

describe('the rooms', () => {
  it.each(folders)('start no program of another room than is written down: %s', (room) => {
    const sources = readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|mjs)$/.test(file))
      .map((file) => path.join(room, file));
    const started = new Set(sources.flatMap(programsIn));
    expect([...started].filter((other) => other !== room && other !== 'dist').sort()).toEqual(
      [...(rooms[room]?.starts ?? [])].sort(),
    );
  });

  it('are compiled, and checked, all of them', () => {
    const included = (file: string): string[] =>
      (JSON.parse(read(file)) as { include: string[] }).include.map((folder) => folder.replace('../', ''));
    expect(included('tsconfig.json').sort()).toEqual([...folders, 'test'].sort());
    expect(
      included('tools/tsconfig.build.json')
        .map((folder) => (folder === '.' ? 'tools' : folder))
        .sort(),
    ).toEqual([...folders].sort());
  });

  it('are all in the table of the architecture', () => {
    const rows = [...read('docs/architecture.md').matchAll(/^\| `([a-z/-]+)\/`/gm)].map(
      ([, name = '']) => name,
    );
    expect(rows).toEqual(expect.arrayContaining(Object.keys(rooms)));
  });
});
