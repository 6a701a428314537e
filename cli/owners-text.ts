import { namedOwners, type Commit, type OwnedPart, type SourceOfTruth } from '../workflows/model/ownership';
import type { Plan } from '../workflows/model/plan';
import { counted } from '../workflows/model/counted';
import { titled, wrap } from './text';

/** Who else writes what a rotation changes, what their next run does to it, and what to commit; nothing on a host. */
export function ownerLines({ ownership }: Pick<Plan, 'ownership'>, columns: number): string[] {
  if (!ownership) {
    return [];
  }
  const lines = ownership.parts.flatMap((part) => partLines(part, columns));
  return ['Who else writes these objects, and what to commit after the rotation', ...lines, ''];
}

/** The same in a line; undefined on a host. */
export function ownersInShort({ ownership }: Pick<Plan, 'ownership'>): string | undefined {
  if (!ownership) {
    return undefined;
  }
  const owners = namedOwners(ownership).map(({ owner: { name, byItself } }) =>
    byItself?.heldOff === undefined ? name : `${name}, held off (${byItself.heldOff})`,
  );
  const others = owners.length === 0 ? 'nobody known' : owners.join('; ');
  return `${others}. The new values must be committed after the rotation; \`rekor-rotate plan\` says which`;
}

/** What is left to be committed after a rotation; nothing where all agrees. */
export function sourceLines(source: SourceOfTruth | undefined, columns: number): string[] {
  const lines = source?.parts.flatMap((part) => partLines(part, columns)) ?? [];
  return titled('To commit, or whoever writes these objects next takes the rotation back', lines);
}

/** The same in a line. */
export function sourceInShort({ state, parts }: SourceOfTruth): string {
  return state === 'agreed'
    ? 'agrees with the cluster, as far as the objects tell'
    : `not known to have the values of the cluster, in ${counted(parts.length, 'object')}: ${parts.map(({ object }) => object).join(', ')}`;
}

const holds = {
  list: 'the list',
  tree: 'the active tree',
  pods: 'the pods',
  selector: 'where it leads',
} as const;

function partLines({ object, holds: what, owners, source, commit }: OwnedPart, columns: number): string[] {
  const texts = owners.map(({ name, nextRun, byItself }) => {
    const off = byItself?.heldOff === undefined ? '' : ` Held off: ${byItself.heldOff}.`;
    return `${name}. ${nextRun}${off}`;
  });
  const nobody =
    'Nothing tells who writes it. Whatever is applied from a file of before takes the rotation back.';
  return [
    ...wrap(`${object} (${holds[what]})`, columns, '  ', '    '),
    ...(texts.length === 0 && commit.length > 0 ? [nobody] : texts).flatMap((text) =>
      wrap(text, columns, '    ', '      '),
    ),
    ...(source === 'differs' ? wrap(BEHIND, columns, '    ', '      ') : []),
    ...commit.flatMap((one) => commitLines(one, columns)),
  ];
}

const BEHIND = 'What was applied last has another value than the cluster has now.';

/** A value keeps its lines whole, so that it can be copied as it is. */
function commitLines({ where, value, from }: Commit, columns: number): string[] {
  return [
    ...wrap(`commit ${where}:`, columns, '    ', '      '),
    ...(value === null
      ? wrap(`not shown, because it may hold a secret. After the rotation: ${from ?? ''}`, columns, '      ')
      : value
          .trimEnd()
          .split('\n')
          .map((line) => `      ${line}`)),
  ];
}
