/** So many characters of a wrong value are shown. */
const MOST_CHARACTERS = 60;

/** So many characters of what somebody else may have chosen are shown in one message. */
const MOST_OF_A_MESSAGE = 400;

/** A value that somebody gave, for a message that says it was wrong. Throws nothing. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'absent' : escaped(JSON.stringify(value));
  return shortened(text, MOST_CHARACTERS);
}

/** Words that may quote somebody else, such as a log that nobody trusts: fit for a terminal. */
export function printable(words: string): string {
  return shortened(escaped(words), MOST_OF_A_MESSAGE);
}

/** Characters that a terminal acts upon, or that turn the order of others, by their numbers: `\u001b`. */
function escaped(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const number = (character.codePointAt(0) ?? 0).toString(16).padStart(4, '0');
    return number.length > 4 ? `\\u{${number}}` : `\\u${number}`;
  });
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
