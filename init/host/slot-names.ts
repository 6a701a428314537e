import { instanceOf } from '../../programs/readers/systemd-unit';
import type { FoundProgram } from '../../programs/found-program';

/** A Rekor that was found, with the name of its slot. */
export interface Slot {
  readonly name: string;
  readonly rekor: FoundProgram;
}

/** Names slots after their units or services; where these say nothing, blue and green. */
export function namedSlots(rekors: readonly FoundProgram[]): Slot[] {
  const [one = '', other = ''] = rekors.map(({ run }) => ownName(run));
  let same = 0;
  while (same < one.length && one[same] === other[same]) same += 1;
  const names = rekors.map(({ run }) => {
    const ofName = instanceOf(ownName(run)) ?? /(?:^|[-_.])(blue|green)$/.exec(ownName(run))?.[1];
    return rekors.length === 1
      ? ofName
      : (ofName ??
          ownName(run)
            .slice(same)
            .replace(/^[-_.]+/, ''));
  });
  const isFit = (name: string | undefined): boolean => /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(name ?? '');
  const fit = names.filter(isFit);
  if (fit.length === names.length && new Set(names).size === names.length) {
    return rekors.map((rekor, place) => ({ rekor, name: names[place] ?? 'blue' }));
  }
  // One that has a name keeps it, so that no example of the other is made of it.
  const [kept] = fit.length === 1 ? fit : [];
  const free = ['blue', 'green'].filter((name) => name !== kept);
  return rekors.map((rekor, place) => {
    const own = names[place];
    return { rekor, name: own !== undefined && own === kept ? own : (free.shift() ?? 'green') };
  });
}

function ownName(run: FoundProgram['run']): string {
  if (run.by === 'systemd') return run.unit.name;
  if (run.by === 'compose') return run.service;
  return run.by === 'podman' ? (run.unit?.name ?? '') : '';
}
