import { execFile } from 'node:child_process';
import { constants, type Stats } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { checked, type Check } from '../../../../workflows/model/checks';
import { counted } from '../../../../workflows/model/counted';
import { refusal, type Refusal } from '../../../../workflows/model/refusals';
import { filesOf } from '../host-files';
import type { ExaminedHost } from './examined-host';

const run = promisify(execFile);

/** A rotation writes a file by putting another one in its place (files/atomic-file.ts). What is not a file of its own, or is
 *  kept beside its content, such as an access control list, does not come along. */
export async function examineFiles({ slots, signal }: ExaminedHost): Promise<Check[]> {
  const files = await Promise.all(filesOf(...slots).map((path) => look(path, signal)));
  return [
    ...checked(
      'FILES_REPLACEABLE',
      { files: files.map(({ path }) => path) },
      files.flatMap(({ path, reason }) =>
        reason === undefined ? [] : [refusal('FILE_NOT_REPLACEABLE', { path, reason })],
      ),
    ),
    ...checked(
      'FILES_KEEP_ACCESS',
      { files: files.length },
      files.flatMap(({ lost }) => lost),
    ).map((check) => (check.state === 'refused' ? { ...check, state: 'warning' as const } : check)),
  ];
}

interface LookedAt {
  readonly path: string;
  /** Why it cannot be replaced; absent when it can. */
  readonly reason?: string;
  /** What it would lose. */
  readonly lost: readonly Refusal[];
}

async function look(path: string, signal: AbortSignal): Promise<LookedAt> {
  const target = await realpath(path).catch(() => path);
  const found = await stat(target).catch(() => null);
  const reason = (await folderProblem(dirname(target))) ?? (found && ownerProblem(found)) ?? undefined;
  return {
    path,
    ...(reason !== undefined && { reason }),
    lost: found ? await lostBy(path, target, found, signal) : [],
  };
}

async function folderProblem(folder: string): Promise<string | null> {
  return await access(folder, constants.W_OK | constants.X_OK).then(
    () => null,
    () => `its folder ${folder} is not there, or this user may not write in it`,
  );
}

/** Only root gives a file to somebody else; a user may give it to a group of theirs (chown(2)). */
export function ownerProblem(
  { uid, gid }: Pick<Stats, 'uid' | 'gid'>,
  us = { uid: process.geteuid?.(), groups: [process.getegid?.(), ...(process.getgroups?.() ?? [])] },
): string | null {
  if (us.uid === 0 || us.uid === undefined) return null;
  if (uid !== us.uid) return `it belongs to user ${uid}, and this one is ${us.uid}`;
  return us.groups.includes(gid) ? null : `it belongs to group ${gid}, of which this user is no member`;
}

async function lostBy(
  path: string,
  target: string,
  { nlink }: Stats,
  signal: AbortSignal,
): Promise<Refusal[]> {
  const found: Refusal[] = [];
  if (nlink > 1) {
    found.push(
      refusal('FILE_LOSES_ACCESS', {
        path,
        what: `${counted(nlink, 'name')} (hard links), of which only this one gets the new content`,
        remedy: `Find the others with \`find / -xdev -samefile ${target}\`, and make each a symbolic link to this one: \`ln -sf ${target} OTHER\`.`,
      }),
    );
  }
  const { stdout = '' } = (await run('ls', ['-ld', target], { signal }).catch(() => undefined)) ?? {};
  signal.throwIfAborted();
  if (hasAccessList(stdout)) {
    found.push(
      refusal('FILE_LOSES_ACCESS', {
        path,
        what: 'an access control list',
        remedy: `Let its owner, group and mode say who may read it, then remove the list: \`getfacl ${target}\` shows it, \`setfacl -b ${target}\` removes it.`,
      }),
    );
  }
  return found;
}

/** The sign behind the mode in a line of `ls -l` (info ls, "What information is listed"). */
export function hasAccessList(line: string): boolean {
  return /^[-dl][-rwxsStT]{9}\+/.test(line);
}
