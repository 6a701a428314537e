import { isAbsolute, join, relative, resolve } from 'node:path';
import type { FilePlace, FoundProgram, Mount } from '../../programs/found-program';

/** Where a file that a program names is on the host. */
export function filePlace({ mounts, folder }: FoundProgram, named: string): FilePlace {
  if (!isAbsolute(named) && folder === undefined) return { unknown: 'relative' };
  const inside = resolve(folder ?? '/', named);
  if (mounts === 'host') return { path: inside };
  const [mount] = mounts
    .filter((one) => holds(one, inside))
    .sort((one, other) => other.inside.length - one.inside.length);
  if (!mount) return { unknown: 'inside a container' };
  const below = relative(mount.inside, inside);
  const { outside } = mount;
  return 'path' in outside ? { path: join(outside.path, below) } : { ...outside, key: below };
}

function holds({ inside }: Mount, path: string): boolean {
  return path === inside || path.startsWith(inside.endsWith('/') ? inside : `${inside}/`);
}
