import { normalize } from 'node:path';
import { BESIDE_SIGNERS_MS, longestSignerWaitsMs, signerWaitsMs } from '../workflows/model/drain';
import { fieldPath, type Path, type Problem } from './problems';
import { formatDuration, formatSize, parseDuration, parseSize } from './quantities';

/** What an attempt needs of `maxWait` to take itself back, so that no write waits longer than that. */
const UNDO_MS = 500;

/** The defaults of the schema. */
const SIZES = {
  bodyInMemory: '1MiB',
  bodyMemory: '64MiB',
  bodyLimit: '32MiB',
  spoolSize: '1GiB',
} as const;

type Broken = Omit<Problem, 'path'> & { readonly at: Path };

/**
 * What is wrong between fields that are right by themselves. Takes the document as it was read, and says nothing of
 * a rule whose fields are missing or wrong: those are reported already. Defaults are those of the schema.
 */
export function brokenRules(document: unknown): Broken[] {
  const logs = entriesOf(at(document, ['logs']));
  return [...logs.flatMap(([name, log]) => rulesOfLog(['logs', name], log)), ...doubled(document, logs)];
}

function rulesOfLog(path: Path, log: unknown): Broken[] {
  const broken: Broken[] = [];

  const maxWait = parseDuration(textAt(log, ['gate', 'maxWait']) ?? '3.5s');
  const criticalSection = parseDuration(textAt(log, ['rotation', 'criticalSection']) ?? '2.5s');
  if (maxWait !== undefined && criticalSection !== undefined && criticalSection > maxWait - UNDO_MS) {
    const most = formatDuration(Math.max(0, maxWait - UNDO_MS));
    broken.push({
      at: [...path, 'rotation', 'criticalSection'],
      found: formatDuration(criticalSection),
      allowed: `at most ${most}: gate.maxWait (${formatDuration(maxWait)}) less ${formatDuration(UNDO_MS)} to take it back`,
    });
  }

  broken.push(...drainRules(path, log, criticalSection));

  for (const [key, most] of [
    ['bodyInMemory', 'bodyLimit'],
    ['bodyInMemory', 'bodyMemory'],
    ['bodyLimit', 'spoolSize'],
  ] as const) {
    const [found, limit] = ([key, most] as const).map((name) =>
      parseSize(textAt(log, ['gate', name]) ?? SIZES[name]),
    );
    if (found !== undefined && limit !== undefined && found > limit) {
      broken.push({
        at: [...path, 'gate', key],
        found: formatSize(found),
        allowed: `at most gate.${most} (${formatSize(limit)})`,
      });
    }
  }

  broken.push(
    ...together([...path, 'trillian', 'tls'], at(log, ['trillian', 'tls']), ['certificateFile', 'keyFile']),
  );
  const slots = at(log, ['installation', 'slots']);
  if (isMapping(slots)) {
    const names = Object.keys(slots);
    if (names.length !== 2) {
      broken.push({
        at: [...path, 'installation', 'slots'],
        found: names.length === 0 ? 'none' : `${names.length} (${names.join(', ')})`,
        allowed: 'exactly two slots, such as blue and green',
      });
    }
    for (const name of names) {
      broken.push(...together([...path, 'installation', 'slots', name], slots[name], ['enable', 'disable']));
    }
  }
  return broken;
}

/** However long the critical section is. */
const LONGEST_DRAIN_MS = longestSignerWaitsMs(Infinity);

/**
 * What a critical section waits for signers (workflows/model/drain.ts). What is longer than the critical section never
 * completes, and what is longer than a try to close the next tree never ends an attempt that failed.
 */
function drainRules(path: Path, log: unknown, criticalSection: number | undefined): Broken[] {
  const trillian = at(log, ['trillian']);
  const signers = at(trillian, ['signerMetrics']);
  const [interval, guardWindow, difference] = [
    parseDuration(textAt(trillian, ['signerInterval']) ?? '100ms'),
    parseDuration(textAt(trillian, ['guardWindow']) ?? '0ms'),
    parseDuration(textAt(trillian, ['clockDifference']) ?? '0ms'),
  ];
  const known = interval !== undefined && guardWindow !== undefined && difference !== undefined;
  if (!known || criticalSection === undefined) {
    return [];
  }
  const by = at(trillian, ['database']) === undefined ? 'signer passes' : 'queue';
  const waits = signerWaitsMs(
    {
      by,
      timing: { signerIntervalMs: interval, guardWindowMs: guardWindow, clockDifferenceMs: difference },
    },
    { signers: Array.isArray(signers) ? signers.length : 1, passMs: interval, readingMs: 0 },
  );
  const most = longestSignerWaitsMs(criticalSection);
  if (waits <= most) {
    return [];
  }
  return by === 'queue'
    ? [
        {
          at: [...path, 'trillian', 'signerInterval'],
          found: `${formatDuration(interval)}, so writes may wait ${formatDuration(waits)} for two passes`,
          allowed: `at most ${formatDuration(Math.max(0, most) / 2)}: half of rotation.criticalSection less ${formatDuration(BESIDE_SIGNERS_MS)}, and never more than ${formatDuration(LONGEST_DRAIN_MS / 2)}`,
        },
      ]
    : [
        {
          at: [...path, 'trillian', 'database'],
          found: `none, so each drain waits ${formatDuration(waits)} (guardWindow, clockDifference, and signerInterval for each signer and four more)`,
          allowed: `a database, or a drain of at most ${formatDuration(Math.max(0, most))}: rotation.criticalSection less ${formatDuration(BESIDE_SIGNERS_MS)}, and never more than ${formatDuration(LONGEST_DRAIN_MS)}`,
        },
      ];
}

/** Two fields of which one alone makes no sense. */
function together(path: Path, value: unknown, keys: readonly [string, string]): Broken[] {
  const given = keys.filter((key) => at(value, [key]) !== undefined);
  const [only] = given;
  return given.length === 1 && only !== undefined
    ? [{ at: path, found: `${only} alone`, allowed: `both or neither of ${keys.join(' and ')}` }]
    : [];
}

/** Places where an address, URL or file stands that another field has already: they would serve or write each other's. */
function doubled(document: unknown, logs: readonly (readonly [string, unknown])[]): Broken[] {
  const broken: Broken[] = [];
  const first = new Map<string, Path>();
  for (const path of [['metrics'], ...logs.flatMap(([name, log]) => ownedBy(name, log))]) {
    const value = textAt(document, path);
    if (value === undefined) {
      continue;
    }
    const key = oneSpelling(value);
    const earlier = first.get(key);
    if (earlier) {
      broken.push({
        at: path,
        found: `${value}, as in ${fieldPath(earlier)}`,
        allowed: 'a value that no other field has',
      });
    } else {
      first.set(key, path);
    }
  }
  return broken;
}

function ownedBy(name: string, log: unknown): Path[] {
  const gate = ['listen', 'admin', 'stateFile', 'spoolDirectory'].map((key) => ['logs', name, 'gate', key]);
  const slots = entriesOf(at(log, ['installation', 'slots'])).flatMap(([slot]) =>
    ['url', 'environmentFile', 'shardingFile'].map((key) => [
      'logs',
      name,
      'installation',
      'slots',
      slot,
      key,
    ]),
  );
  return [...gate, ...slots];
}

/** One spelling of an address, a URL or a file: `http://HOST/` as a slot is the address host:80 as a gate. */
function oneSpelling(value: string): string {
  if (/^https?:\/\//i.test(value) && URL.canParse(value)) {
    const { protocol, hostname, port } = new URL(value);
    return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
  }
  return /:\d+$/.test(value) ? value.toLowerCase() : normalize(value);
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (isMapping(inner) ? inner[String(key)] : undefined), value);
}

function textAt(value: unknown, path: Path): string | undefined {
  const found = at(value, path);
  return typeof found === 'string' ? found : undefined;
}

function entriesOf(value: unknown): [string, unknown][] {
  return isMapping(value) ? Object.entries(value) : [];
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
