import { printable, shown } from '../../workflows/model/shown';

it.each([
  ['an escape sequence', 'a\u001b[31mb', 'a\\u001b[31mb'],
  ['one of eight bits', 'a\u009b31mb', 'a\\u009b31mb'],
  ['a turn of the order', 'a\u202eb', 'a\\u202eb'],
  ['lines', 'a\r\nb', 'a\\u000d\\u000ab'],
  ['a tag of another plane', 'a\u{e0041}b', 'a\\u{e0041}b'],
  ['other writing', 'héllo, 世界 — 🙂', 'héllo, 世界 — 🙂'],
])('words with %s are fit for a terminal', (_what, given, expected) => {
  expect(printable(given)).toBe(expected);
});

it('long words are cut, and so are long values', () => {
  expect(printable('x'.repeat(1000))).toBe(`${'x'.repeat(400)}…`);
  expect(shown('\u009b'.repeat(1000))).toBe(`"${'\\u009b'.repeat(9)}\\u009…`);
  expect([shown(undefined), shown('a"b')]).toEqual(['absent', '"a\\"b"']);
});
