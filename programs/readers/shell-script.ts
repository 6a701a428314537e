import { startedBy, startedWith, type Started } from '../program-words';
import { wordsOf } from '../shell-words';

/** From here on a shell reads words for itself, and starts another command or nothing. */
const OWN_WORD = /^(?:\d*[<>]|[&|]|[)}]$)/;

/**
 * The Rekor that a script of a shell starts, as its only command that does; undefined where none is seen, or several. The script
 * is not run, so its variables stay as they are written.
 */
export function rekorInScript(text: string): Started | undefined {
  const lines = text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => !/^\s*#/.test(line));
  const found = lines.flatMap((line) => {
    const words = wordsOf(line);
    const end = words.findIndex((word) => OWN_WORD.test(word));
    const own = end < 0 ? words : words.slice(0, end);
    const started = startedBy(own) ?? startedByName(own);
    return started?.program === 'rekor-server' && started.flags.size > 0 ? [started] : [];
  });
  return found.length === 1 ? found[0] : undefined;
}

/** The program stands in a variable: `exec "$REKOR_SERVER" serve ...`. */
function startedByName(words: readonly string[]): Started | undefined {
  const at = words.findIndex((word, place) => word === 'serve' && words[place - 1]?.startsWith('$'));
  return at < 0 ? undefined : startedWith(words.slice(at + 1), []);
}
