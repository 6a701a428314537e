import { ALLOWED_KEYS, readPublicKey } from '../approvals/public-key';
import { fieldPath, type Path } from './problems';
import { at, readAs, textAt, type Broken } from './raw-section';
import { approvals } from './schema';

/** What is wrong with the approvals of a log where each field is right by itself, and with the keys, which are never quoted. */
export function approvalRules(path: Path, section: unknown): Broken[] {
  const people = listAt(section, ['approvers']).map((person, index) => ({
    person,
    place: [...path, 'approvers', index],
  }));
  const keys = people.flatMap(({ person, place }) =>
    listAt(person, ['keys']).flatMap((key, index) =>
      typeof key === 'string' ? [{ place: [...place, 'keys', index], read: readPublicKey(key) }] : [],
    ),
  );
  return [
    ...keys.flatMap(({ place, read }) =>
      'found' in read ? [{ at: place, found: read.found, allowed: ALLOWED_KEYS }] : [],
    ),
    ...repeated(
      people.flatMap(({ person, place }) => {
        const name = textAt(person, ['name']);
        return name === undefined ? [] : [{ place: [...place, 'name'], value: name, shown: `"${name}"` }];
      }),
      'one entry for each person, with all keys of theirs',
    ),
    ...repeated(
      keys.flatMap(({ place, read }) =>
        'key' in read
          ? [{ place, value: read.key.fingerprint, shown: `the key ${read.key.fingerprint}` }]
          : [],
      ),
      'each key once, under the one person whose it is',
    ),
    ...tooFewPeople(path, section),
  ];
}

/** Two claims may be one person's; so two approvals are worth nothing without keys. */
function tooFewPeople(path: Path, section: unknown): Broken[] {
  const required = readAs(approvals.shape.required, at(section, ['required']));
  const approvers = readAs(approvals.shape.approvers, at(section, ['approvers']));
  if (required !== 'two' || approvers === undefined || approvers.length >= 2) {
    return [];
  }
  const [only] = approvers;
  return [
    {
      at: [...path, 'required'],
      found: only ? `two, with ${only.name} as the only approver` : 'two, without approvers',
      allowed: 'none or one; or two, with at least two approvers and their keys',
    },
  ];
}

function listAt(section: unknown, path: Path): unknown[] {
  const list = at(section, path);
  return Array.isArray(list) ? (list as unknown[]) : [];
}

/** Every value that stands a second time. */
function repeated(
  values: readonly { readonly place: Path; readonly value: string; readonly shown: string }[],
  allowed: string,
): Broken[] {
  return values.flatMap(({ place, value, shown }, index) => {
    const earlier = values.slice(0, index).find((other) => other.value === value);
    return earlier ? [{ at: place, found: `${shown}, as in ${fieldPath(earlier.place)}`, allowed }] : [];
  });
}
