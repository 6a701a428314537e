import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { exitCodes } from '../../cli/exit-codes';
import { planText } from '../../cli/plan-text';
import { systemClock } from '../../gate/clock';
import { GateMetrics } from '../../gate/metrics';
import { WriteCounts } from '../../gate/write-counts';
import { checkCodes } from '../../workflows/model/checks';
import { refusalCodes } from '../../workflows/model/refusals';
import { stepNames, steps } from '../../workflows/rotation';
import { aPlannedResult } from '../cli/results';
import { aGateState } from '../gate/a-gate-state';
import { documents, read, root } from './markdown';

/** Documents describe the code as it is. What can be compared with it is compared here. */

/** The code's rooms, and what stands beside them that a document may name. */
const rooms = [
  'activities',
  'approvals',
  'audit',
  'bench',
  'chaos',
  'cli',
  'config',
  'demo',
  'docs',
  'examples',
  'faults',
  'files',
  'findings',
  'gate',
  'harness',
  'lab',
  'launcher',
  'load',
  'programs',
  'proto',
  'quiet-hours',
  'receipt',
  'schedules',
  'simulation',
  'test',
  'tools',
  'workers',
  'workflows',
];

const sources = rooms
  .filter((room) => existsSync(path.join(root, room)))
  .flatMap((room) =>
    readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' }).map((name) =>
      path.join(room, name),
    ),
  )
  .filter((file) => file.endsWith('.ts'));

/** Every first group that a pattern finds. */
function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found);
}

/** The cells of each row of the tables under a heading whose first one is in code quotes. */
function rowsUnder(text: string, heading: string): string[][] {
  const section = text.slice(text.indexOf(`\n${heading}\n`)).split(/\n## /)[1] ?? '';
  return all(section, /^\|( `.+)\|$/gm).map((row) => row.split('|').map((cell) => cell.trim()));
}

const outsideCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '');

/** The anchors that GitHub gives to a document's headings. */
function anchorsOf(file: string): string[] {
  return all(outsideCode(read(file)), /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it('has documents to look at, so that none of these tests passes for want of them', () => {
  expect(documents).toEqual(expect.arrayContaining(['README.md', 'docs/hazards.md', 'docs/refusals.md']));
  expect(sources.length).toBeGreaterThan(100);
});

it('has every document that the code refers to', () => {
  const referred = sources.flatMap((file) => all(read(file), /\b(docs\/[\w-]+\.md)\b/g));
  expect(referred).toContain('docs/refusals.md');
  expect(referred.filter((file) => !documents.includes(file))).toEqual([]);
});

describe('docs/refusals.md', () => {
  it('explains every code of the catalogue once, and no other', () => {
    const explained = all(read('docs/refusals.md'), /^- `([A-Z_]+)`(?:, a warning)?: /gm);
    expect(explained.sort()).toEqual([...refusalCodes].sort());
  });

  it.each([
    ['The request', 'request'],
    ['What does not answer', 'unreachable'],
    ['The trees', 'trees'],
    ['How the log is run', 'installation'],
    ['The gate', 'gate'],
    ['Approvals', 'approvals'],
    ['Waiting and instructions', 'instructions'],
    ['In a rotation', 'in-rotation'],
    ['What only the doctor finds', 'doctor'],
  ])('has the codes of one file of the catalogue under "%s"', (heading, file) => {
    const section = read('docs/refusals.md').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
    const explained = all(section, /^- `([A-Z_]+)`(?:, a warning)?: /gm);
    const worded = all(read(`workflows/model/refusals/${file}.ts`), /^ {2}([A-Z_]+): \(/gm);
    expect(explained.sort()).toEqual(worded.sort());
  });
});

describe('docs/refusals.md, "The checks"', () => {
  it('lists every check in the order in which they are shown, and no other', () => {
    const codes = rowsUnder(read('docs/refusals.md'), '## The checks').map(([code]) => code);
    expect(codes).toEqual(checkCodes.map((code) => `\`${code}\``));
  });
});

describe('docs/gate.md, "Metrics"', () => {
  it('lists every metric of the gate once, with its type, and no other', async () => {
    const told = new GateMetrics({
      ...{ counts: new WriteCounts(), clock: systemClock },
      waiting: { count: 0, keptBytes: 0, oldestMs: 0 },
      readiness: { stateFault: () => Promise.resolve(null) },
      ...{ state: () => aGateState, uploads: () => 0 },
    });
    const shown = [...(await told.page()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, ...words]) => words);
    const section = read('docs/gate.md').split('\n### Metrics\n')[1]?.split('\n### ')[0] ?? '';
    const listed = [...section.matchAll(/^\| `(\w+)` +\| (\w+)/gm)].map(([, ...words]) => words);
    expect(listed.sort()).toEqual(shown.sort());
  });
});

describe('README.md', () => {
  it('has the table of the steps and their undos as the code has them', () => {
    const table = steps.map(({ name, does, undo }) => [
      `\`${name}\``,
      does,
      undo === 'only forward' ? 'none: only forward' : undo.leaves,
    ]);
    expect(rowsUnder(read('README.md'), '## The steps, and how each is undone')).toEqual(table);
  });

  it('shows a plan with the parts, the facts and the totals that the command line prints', () => {
    const readme = read('README.md');
    const start = readme.indexOf('Plan to rotate lab');
    const sample = readme.slice(start, readme.indexOf('\n```', start));
    const printed = planText(aPlannedResult(), 80);
    const labels = (text: string): string[] => all(text, /^([A-Z][a-z]+(?: [a-z]+)?)(?: {2}|$)/gm);
    expect(labels(sample)).toEqual(labels(printed));
    expect(labels(sample)).toEqual(expect.arrayContaining(['Files', 'Steps', 'Current tree', 'Writes wait']));
    const totals = (text: string): string =>
      (text.split('\n\n').at(-1) ?? '')
        .replace(/\s+/g, ' ')
        .replace(/\b[0-9a-f]{12}\b/, 'HASH')
        .replace(/\b(blue|green)\b/g, 'NAME')
        .replace(/\b\d+ (file|command)s?/g, 'N $1')
        .replace(/tree \d+ \(\d+ entr\w+\)/, 'TREE');
    expect(totals(sample)).toBe(totals(printed));
    expect(all(sample, /^ {2}([a-z]\w+) {2,}/gm)).toEqual(stepNames);
  });

  it('lists the exit codes as --help does', () => {
    const rows = all(read('README.md'), /^(\| \d+ +\| .+?) *\|$/gm).map((row) => row.replace(/\s+/g, ' '));
    expect(rows).toEqual(Object.values(exitCodes).map(({ code, means }) => `| ${code} | ${means}`));
  });
});

describe('docs/hazards.md', () => {
  const text = read('docs/hazards.md');
  const remedied = all(text, /^### (H\d+) /gm);
  const later = all(text, /^- \*\*(H\d+)\*\* /gm);
  const cited = (files: readonly string[]): string[] => {
    const numbers = files.flatMap((file) => all(read(file), /\b(H\d{1,2})\b/g));
    return [...new Set(numbers)].sort();
  };

  it('says of every hazard that a test cites what the code does about it', () => {
    const inTests = cited(sources.filter((file) => file.startsWith('test')));
    expect(inTests.length).toBeGreaterThan(10);
    expect(inTests.filter((hazard) => !remedied.includes(hazard))).toEqual([]);
  });

  it('knows every hazard that the code cites', () => {
    expect(cited(sources).filter((hazard) => !remedied.includes(hazard))).toEqual([]);
  });

  it('has each hazard once', () => {
    expect([...remedied, ...later].sort()).toEqual([...new Set([...remedied, ...later])].sort());
  });
});

describe('docs/pictures', () => {
  const pictures = readdirSync(path.join(root, 'docs/pictures')).map((name) =>
    path.join('docs/pictures', name),
  );

  it('are each shown in a document', () => {
    const shown = documents.flatMap((file) =>
      all(read(file), /!\[[^\]]+\]\(([^)]+)\)/g).map((target) => path.join(path.dirname(file), target)),
    );
    expect(pictures.filter((file) => !shown.includes(file))).toEqual([]);
  });

  it.each(pictures)('%s is 1280 pixels wide and small', (file) => {
    const png = readFileSync(path.join(root, file));
    // The header of a PNG has its width in these four bytes.
    expect(png.readUInt32BE(16)).toBe(1280);
    expect(png.length).toBeLessThan(150_000);
  });
});

describe('findings/README.md', () => {
  it('has one row for each finding, which can be run, and no other row', () => {
    const listed = all(read('findings/README.md'), /^\| \[[\w-]+\]\(([\w-]+\.sh)\) +\|/gm);
    const scripts = readdirSync(path.join(root, 'findings')).filter((name) => name.endsWith('.sh'));
    expect(listed.sort()).toEqual(scripts.sort());
    const isExecutable = (name: string) => (statSync(path.join(root, 'findings', name)).mode & 0o111) !== 0;
    expect(scripts.filter((name) => !isExecutable(name))).toEqual([]);
  });
});

describe.each(documents)('%s', (document) => {
  const text = outsideCode(read(document));

  it('links to files and headings that exist', () => {
    const broken = all(text, /\]\(([^)\s]+)\)/g)
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#');
        const linked = file === '' ? document : path.join(path.dirname(document), file);
        if (!existsSync(path.join(root, linked))) {
          return true;
        }
        return anchor !== undefined && !anchorsOf(linked).includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  it('names files of the project that exist', () => {
    const named = all(text, /`([\w./-]+\/[\w.-]+\.(?:ts|mjs|json|yaml|proto|md|sh))`/g);
    const ours = named.filter((file) => rooms.includes(file.split('/')[0] ?? ''));
    expect(ours.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });
});
