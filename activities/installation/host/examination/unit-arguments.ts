import { failedCheck, passedCheck, type Check } from '../../../../workflows/model/checks';
import { refusal } from '../../../../workflows/model/refusals';
import { readFlags } from '../../../../programs/command-line-flags';
import type { ExaminedHost } from './examined-host';
import { shownOf, startsUnit } from './systemd';

/**
 * Whether systemd would start both slots alike. The rehearsal compares key and host name; what only one of them has of the
 * rest, such as a bucket of attestations or a search index, is missed by clients afterwards (H30).
 */
export async function examineUnitArguments({ slots, signal }: ExaminedHost): Promise<Check[]> {
  const units = await Promise.all(
    slots.map(async ({ name, commands }) => {
      const starts = startsUnit(commands.start);
      const shown = starts && (await shownOf(starts, ['ExecStart'], signal));
      return { name, unit: starts?.unit ?? '', words: argumentsOf(shown?.get('ExecStart') ?? '') };
    }),
  );
  const [one, other] = units;
  if (!one || !other || one.words.length === 0 || other.words.length === 0) {
    return [];
  }
  const found = { one: one.unit, other: other.unit };
  const flags = differingFlags(one, other);
  return flags.length === 0
    ? [passedCheck('UNITS_ALIKE', found)]
    : [failedCheck('UNITS_ALIKE', refusal('UNITS_DIFFER', { ...found, flags }), 'warning')];
}

/** The words of `ExecStart` as `systemctl show` prints it: `{ path=... ; argv[]=... ; ignore_errors=... }`. */
export function argumentsOf(execStart: string): readonly string[] {
  const [, words = ''] = /argv\[\]=(.*?) ; /.exec(execStart) ?? [];
  return words.split(' ').filter((word) => word !== '');
}

interface StartedSlot {
  readonly name: string;
  readonly words: readonly string[];
}

/** What is the slot's own: where it listens, its tree, and what is written with its name. */
const ofSlot: ReadonlySet<string> = new Set(['port', 'trillian_log_server.tlog_id']);

/** The names of the flags that both do not have alike; never a value, which may be a secret (H28). */
export function differingFlags(one: StartedSlot, other: StartedSlot): string[] {
  const [ofOne, ofOther] = [textsOf(one), textsOf(other)];
  const names = [...new Set([...ofOne.keys(), ...ofOther.keys()])];
  const isAlike = (flag: string): boolean => {
    const [text, otherText] = [ofOne.get(flag), ofOther.get(flag)];
    // A name may stand in both by chance, as `blue` does in `bluebird`.
    return text === otherText || text?.replaceAll(one.name, '*') === otherText?.replaceAll(other.name, '*');
  };
  return names.filter((flag) => !ofSlot.has(flag) && !isAlike(flag)).sort();
}

/** What each flag is given. A program has the name "". */
function textsOf({ words }: StartedSlot): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { name: flag, value = '', following } of readFlags(words)) {
    const text = [value, ...following].join(' ');
    texts.set(flag, `${texts.get(flag) ?? ''} ${text}`.trim());
  }
  return texts;
}
