import { missing, type Section } from '../settings';
import { examples, twinCommands } from './slot-commands';
import { environmentFileOf, HOW, shardingFileOf } from './slot-files';
import type { Slot } from './slot-names';
import { otherPort } from './slot-ports';

/** Made of the slot that is there, whose name is in its files and commands, or is added. */
export function secondSlot(first: Slot): Section {
  const name = first.name === 'green' ? 'blue' : 'green';
  const other = (text: string): string =>
    text.includes(first.name)
      ? text.replaceAll(first.name, name)
      : text.replace(/(\.\w+)?$/, (end: string) => `-${name}${end}`);
  const files = [environmentFileOf(first.name, first.rekor), shardingFileOf(first.name, first.rekor)];
  const commands = twinCommands(first.rekor, other);
  return {
    key: name,
    missing: `a second Rekor. It is the same again on another port, with files of its own, and stopped. ${HOW}`,
    lines: [
      missing('url', `http://127.0.0.1:${otherPort(first.rekor)}`, 'Another port.'),
      ...files.map(({ key, value }) =>
        missing(key, typeof value === 'string' ? other(value) : value, 'A file of its own.'),
      ),
      ...(commands.length > 0 ? commands : examples(name, '')).map(({ key, value, remark }) =>
        missing(key, value, key === 'start' ? 'As for the other slot.' : remark),
      ),
    ],
  };
}
