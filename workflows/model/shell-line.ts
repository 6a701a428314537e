/** Words that no shell takes for anything but themselves. */
const plain = /^[\w@%+=:,./-]+$/;

/** A command as a line for a person's shell: what holds a blank or a quote stays one word. */
export function shellLine(words: readonly string[]): string {
  return words
    .map((word) => (plain.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');
}
