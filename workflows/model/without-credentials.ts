const HIDDEN = '<hidden>';

/**
 * What a message may say of a value in which somebody may have put an address with a secret (H28). Nothing is left of a user, a
 * password, a query and a fragment, nor of several lines, which may be a key. A password may have any character that divides an
 * address, so all before the last `@` is taken for one. The path of a file stays as it is.
 */
export function withoutCredentials(text: string): string {
  if (/[\r\n]/.test(text)) return HIDDEN;
  if (/^\.{0,2}\/(?!\/)/.test(text)) return text;
  const at = text.lastIndexOf('@');
  const [scheme = ''] = at < 0 ? [] : (/^(?:[a-z][a-z0-9+.-]*:\/\/|https?:\/*)/i.exec(text) ?? []);
  const place = text.slice(at + 1).replace(/([?#]).*$/, `$1${HIDDEN}`);
  return at < 0 ? place : `${scheme}${HIDDEN}@${place}`;
}

/** The same for words that may quote a URL anywhere, also as part of a path: only what stands before its `@` is hidden. */
export function withoutUserInfo(words: string): string {
  return words.replace(/\b([a-z][a-z0-9+.-]*:\/{1,2})\S*@/gi, `$1${HIDDEN}@`);
}
