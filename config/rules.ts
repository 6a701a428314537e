import { normalize } from 'node:path';
import { BESIDE_SIGNERS_MS, longestSignerWaitsMs, signerWaitsMs } from '../workflows/model/drain';
import { withoutCredentials } from '../workflows/model/without-credentials';
import { approvalRules } from './approval-rules';
import { chosenKind, type Kind } from './kind';
import type { Kinds } from './kinds';
import { nextSignerRules } from './next-signer';
import { fieldPath, type Path } from './problems';
import { formatDuration, formatSize } from './quantities';
import { at, entriesOf, readAs, textAt, together, type Broken } from './raw-section';
import { gate, rotation, trillian } from './schema';

/** What an attempt needs of `maxWait` to take itself back, so that no write waits longer than that. */
const UNDO_MS = 500;

/** Of two sizes of the gate the first is at most the second. */
const SIZES = [
  ['bodyInMemory', 'bodyLimit'],
  ['bodyInMemory', 'bodyMemory'],
  ['bodyLimit', 'spoolSize'],
] as const;

/**
 * What is wrong between fields that are right by themselves. Takes the document as it was read, and says nothing of
 * a rule whose fields are missing or wrong: those are reported already.
 */
export function brokenRules(document: unknown, kinds: Kinds): Broken[] {
  const logs = entriesOf(at(document, ['logs']));
  return [
    ...logs.flatMap(([name, log]) => rulesOfLog(['logs', name], log, kinds)),
    ...doubled(
      document,
      logs.flatMap(([name, log]) => ownPlaces(['logs', name], log, kinds)),
    ),
  ];
}

function rulesOfLog(path: Path, log: unknown, kinds: Kinds): Broken[] {
  const broken: Broken[] = [];

  broken.push(
    ...gateRules(path, log, kinds),
    ...memberRules([...path, 'gate'], at(log, ['gate'])),
    ...insertionRules(path, log, kinds),
  );

  // Without a gate no write waits, for however long.
  const hasGate = at(log, ['gate']) !== undefined;
  const maxWait = hasGate ? readAs(gate.shape.maxWait, at(log, ['gate', 'maxWait']))?.ms : undefined;
  const criticalSection = readAs(
    rotation.shape.criticalSection,
    at(log, ['rotation', 'criticalSection']),
  )?.ms;
  if (maxWait !== undefined && criticalSection !== undefined && criticalSection > maxWait - UNDO_MS) {
    const most = formatDuration(Math.max(0, maxWait - UNDO_MS));
    broken.push({
      at: [...path, 'rotation', 'criticalSection'],
      found: formatDuration(criticalSection),
      allowed: `at most ${most}: gate.maxWait (${formatDuration(maxWait)}) less ${formatDuration(UNDO_MS)} to take it back`,
    });
  }

  broken.push(...drainRules(path, log, criticalSection));
  if (criticalSection !== undefined) {
    const field = [...path, 'rotation', 'criticalSection'];
    broken.push(
      ...sectionsByKind(log, kinds).flatMap(
        ({ kind, section }) => kind.sectionRules?.(section, criticalSection, field) ?? [],
      ),
    );
  }

  for (const [key, most] of SIZES) {
    const [found, limit] = ([key, most] as const).map(
      (name) => readAs(gate.shape[name], at(log, ['gate', name]))?.bytes,
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
    ...approvalRules([...path, 'approvals'], at(log, ['approvals'])),
    ...signerRules(path, log, kinds),
    ...sectionsByKind(log, kinds).flatMap(({ kind, section, key }) => kind.rules(section, [...path, ...key])),
  );
  return broken;
}

/** Nothing but a gate lets writes wait, and sends clients from one slot of a host to the other. */
function gateRules(path: Path, log: unknown, { installation }: Kinds): Broken[] {
  if (at(log, ['gate']) !== undefined) return [];
  const section = at(log, ['installation']);
  const kind = chosenKind(installation, section);
  const why = kind && whyGate(kind, section, installation);
  return why === undefined
    ? []
    : [{ at: [...path, 'gate'], found: 'nothing', allowed: `a section for the write gate: ${why}` }];
}

/** Gates that serve side by side. */
function memberRules(path: Path, section: unknown): Broken[] {
  const members = at(section, ['members']);
  if (!Array.isArray(members)) return [];
  const field = [...path, 'members'];
  const spelled = members.map((_, position) => textAt(section, ['members', position])?.toLowerCase());
  const twice = spelled.findIndex((address, position) => spelled.indexOf(address) < position);
  return [
    ...(members.length === 1
      ? [{ at: field, found: 'one gate', allowed: 'two or more, or nothing where one gate serves the log' }]
      : []),
    ...(twice >= 0
      ? [{ at: [...field, twice], found: `${spelled[twice] ?? ''} once more`, allowed: 'each gate once' }]
      : []),
    ...INSERTION_KEYS.filter((key) => at(section, [key]) !== undefined).map((key) => ({
      at: [...path, key],
      found: 'a Service, and gate.members',
      allowed: 'nothing: one gate alone is inserted for a rotation',
    })),
  ];
}

/** A gate that stands before the log for a rotation alone: only where something that clients reach can be led to it and back. */
function insertionRules(path: Path, log: unknown, { installation }: Kinds): Broken[] {
  const section = at(log, ['gate']);
  const field = [...path, 'gate'];
  const given = INSERTION_KEYS.filter((key) => at(section, [key]) !== undefined);
  const chosen = at(log, ['installation']);
  const kind = chosenKind(installation, chosen);
  if (given.length === 0 || !kind) return [];
  if (!kind.insertionRules) {
    const able = installation
      .filter((one) => 'insertionRules' in one)
      .map((one) => one.schema.shape.kind.value);
    return given.map((key) => ({
      at: [...field, key],
      found: `a Service, and installation.kind is ${kind.schema.shape.kind.value}`,
      allowed: `nothing: a gate is inserted for a rotation with ${able.join(' or ')} alone`,
    }));
  }
  return [...together(field, section, INSERTION_KEYS), ...kind.insertionRules(chosen, section, field)];
}

const INSERTION_KEYS = ['insertedAt', 'service'] as const;

function whyGate(kind: Kind, section: unknown, all: Kinds['installation']): string | undefined {
  if (kind.whyGate) return kind.whyGate(section);
  const named = ({ schema }: Kind): string => schema.shape.kind.value;
  const able = all.filter((one) => one.whyGate).map(named);
  const others = able.length === 0 ? '' : `, and only ${able.join(' or ')} goes without one`;
  return `installation.kind is ${named(kind)}${others}`;
}

/** A signer for the next shards, and what the installation lacks for it. */
function signerRules(path: Path, log: unknown, kinds: Kinds): Broken[] {
  const given = at(log, ['nextSigner']);
  if (given === undefined) {
    return [];
  }
  return [
    ...nextSignerRules([...path, 'nextSigner'], given),
    ...sectionsByKind(log, kinds).flatMap(
      ({ kind, section, key }) => kind.signerRules?.(section, [...path, ...key], given) ?? [],
    ),
  ];
}

/** The sections of a log that have a kind, and what each has chosen. */
function sectionsByKind(log: unknown, { installation, database }: Kinds) {
  return [
    { kinds: installation, key: ['installation'] },
    { kinds: database, key: ['trillian', 'database'] },
  ].flatMap(({ kinds, key }) => {
    const section = at(log, key);
    const kind = chosenKind(kinds, section);
    return kind ? [{ kind, section, key }] : [];
  });
}

/** However long the critical section is. */
const LONGEST_DRAIN_MS = longestSignerWaitsMs(Infinity);

/**
 * What a critical section waits for signers (workflows/model/drain.ts). What is longer than the critical section never
 * completes, and what is longer than a try to close the next tree never ends an attempt that failed.
 */
function drainRules(path: Path, log: unknown, criticalSection: number | undefined): Broken[] {
  const section = at(log, ['trillian']);
  const signers = at(section, ['signerMetrics']);
  const [interval, guardWindow, difference] = (
    ['signerInterval', 'guardWindow', 'clockDifference'] as const
  ).map((key) => readAs(trillian.shape[key], at(section, [key]))?.ms);
  const known = interval !== undefined && guardWindow !== undefined && difference !== undefined;
  if (!known || criticalSection === undefined) {
    return [];
  }
  const by = at(section, ['database']) === undefined ? 'signer passes' : 'queue';
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

/** Places where an address, URL or file stands that another field has already: they would serve or write each other's. */
function doubled(document: unknown, places: readonly Path[]): Broken[] {
  const broken: Broken[] = [];
  const first = new Map<string, Path>();
  for (const path of [['metrics'], ...places]) {
    const value = textAt(document, path);
    if (value === undefined) {
      continue;
    }
    const key = oneSpelling(value);
    const earlier = first.get(key);
    if (earlier) {
      broken.push({
        at: path,
        found: `${withoutCredentials(value)}, as in ${fieldPath(earlier)}`,
        allowed: 'a value that no other field has',
      });
    } else {
      first.set(key, path);
    }
  }
  return broken;
}

function ownPlaces(path: Path, log: unknown, kinds: Kinds): Path[] {
  const ofGate = ['listen', 'admin', 'adminAddress', 'stateFile', 'spoolDirectory'].map((key) => [
    'gate',
    key,
  ]);
  const ofKinds = sectionsByKind(log, kinds).flatMap(({ kind, section, key }) =>
    kind.ownPlaces(section).map((place) => [...key, ...place]),
  );
  return [...ofGate, ...ofKinds].map((place) => [...path, ...place]);
}

/** One spelling of an address, a URL or a file: `http://HOST/` as a slot is the address host:80 as a gate. */
function oneSpelling(value: string): string {
  if (/^https?:\/\//i.test(value) && URL.canParse(value)) {
    const { protocol, hostname, port } = new URL(value);
    return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
  }
  return /:\d+$/.test(value) ? value.toLowerCase() : normalize(value);
}
