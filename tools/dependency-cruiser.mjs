import { readFileSync } from 'node:fs';

/**
 * What may import what: the rooms of rooms.json, and no circle, types included. `npm run check` asks for it. The rooms, and
 * why each knows the others that it knows, are in docs/architecture.md; test/ may import everything.
 */

const rooms = JSON.parse(readFileSync(new URL('rooms.json', import.meta.url), 'utf8'));
const names = Object.keys(rooms);

/** What a room's files, or a file or folder of one, are matched by. */
function pattern(path) {
  const below = names
    .filter((name) => name.startsWith(`${path}/`))
    .map((name) => name.slice(path.length + 1));
  const without = below.length > 0 ? `(?!(${below.join('|')})/)` : '';
  return path.endsWith('/') || path.endsWith('.ts') ? `^${path}` : `^${path}/${without}`;
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...Object.entries(rooms).map(([name, { imports }]) => ({
      name: `imports of ${name}/`,
      comment: `${name}/ may import ${imports.join(', ') || 'nothing of ours'}: tools/rooms.json.`,
      severity: 'error',
      from: { path: pattern(name) },
      to: { path: [...names.map(pattern), '^test/'], pathNot: [name, ...imports].map(pattern) },
    })),
    {
      name: 'no input or output in workflows/',
      comment:
        'Workflows run in a sandbox that has no Node.js, and must go the same way when they are replayed.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { pathNot: ['^workflows/', '/@temporalio/(workflow|common)/'] },
    },
    {
      name: 'no circle',
      comment: 'Neither of two files that need each other can be understood, or tested, alone.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(out|findings|docs)/' },
  },
};
