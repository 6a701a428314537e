import fc from 'fast-check';

/**
 * Sharding lists as people, the Helm chart and the operator write them, in every style; and lists that differ from such a
 * one in a few places, by what YAML allows or a hand does wrong.
 */

/** A value as it is written: in block style a scalar may have lines of its own, which are indented later. */
export type Written = string | readonly (readonly [string, Written])[];

export interface GeneratedList {
  readonly text: string;
  readonly treeIds: readonly string[];
  readonly lengths: readonly string[];
}

export const LARGEST = 2n ** 63n - 1n;
const treeId = fc.oneof(
  { arbitrary: fc.bigInt({ min: 2n ** 53n, max: LARGEST }), weight: 3 },
  { arbitrary: fc.bigInt({ min: 1n, max: 100n }), weight: 1 },
);

type Style = 'block' | 'flow' | 'json';

/** What a text field may hold. In JSON it is always in double quotes. */
const texts = [
  'memory', 'tink', '/keys/1.pem', './key file.pem', 'trillian-log-server', 'log.example.org:8090', 'hunter2',
  'gcpkms://projects/p/locations/global/keyRings/r/cryptoKeys/k/versions/1', 'awskms:///arn:aws:kms:eu-1:1:key/a',
  'azurekms://vault.azure.net/key', 'hashivault://rekor', "it's", 'a#b', 'x=y&z', '12', '1e3', 'true', 'é', '', 'a b',
  'LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KTUZr+/==', '{"loadBalancingConfig": [{"round_robin": {}}]}',
]; // prettier-ignore

/** Texts that no reader takes for anything else when they stand without quotes. */
const withoutQuotes = /^[A-Za-z0-9./][A-Za-z0-9./:=+_-]*( [a-z.]+)?$/;

function written(text: string, style: Style, choice: number): string {
  const forms = [JSON.stringify(text)];
  if (style !== 'json') {
    forms.push(`'${text.replaceAll("'", "''")}'`);
    if (withoutQuotes.test(text)) forms.push(text, text);
    if (text === '') forms.push('', 'null', '~');
  }
  if (style === 'block' && /^[A-Za-z0-9/]/.test(text))
    forms.push(`|\n${text}`, `>-\n${text}`, `|+\n${text}\n`);
  return forms[choice % forms.length] ?? '';
}

const textIn = (style: Style) =>
  fc.tuple(fc.constantFrom(...texts), fc.nat(20)).map(([text, choice]) => written(text, style, choice));

const number = (most: bigint) => fc.bigInt({ min: 0n, max: most }).map(String);

/** Some of these fields, in any order, with names in any case that Go takes for the same. */
function someOf(
  style: Style,
  fields: Readonly<Record<string, fc.Arbitrary<Written>>>,
): fc.Arbitrary<(readonly [string, Written])[]> {
  const each = Object.entries(fields).map(([name, value]) =>
    fc.tuple(nameIn(style, name), value).map(([key, found]) => [key, found] as const),
  );
  return fc
    .subarray(each)
    .chain((chosen) =>
      fc
        .tuple(...chosen)
        .chain((entries) =>
          fc.shuffledSubarray(entries, { minLength: entries.length, maxLength: entries.length }),
        ),
    );
}

function nameIn(style: Style, name: string): fc.Arbitrary<string> {
  const cased = fc.oneof(
    { arbitrary: fc.constant(name), weight: 6 },
    { arbitrary: fc.constantFrom(name.toLowerCase(), name.toUpperCase()), weight: 1 },
  );
  const quoted = fc.constantFrom(...(style === 'json' ? ['"'] : ['', '', '', '"', "'"]));
  return fc.tuple(cased, quoted).map(([text, quote]) => quote + text + quote);
}

const shardIn = (style: Style, id: string) => {
  const text = textIn(style);
  const truth = fc.constantFrom('true', 'false');
  const signing = someOf(style, {
    signingSchemeOrKeyPath: text, fileSignerPassword: text, tinkKEKURI: text, tinkKeysetPath: text,
    gcpkmsRetries: number(100n), gcpkmsTimeout: number(100n), laterField: text,
  }); // prettier-ignore
  const grpc = someOf(style, {
    address: text, port: number(65_535n), tlsCACert: text, useSystemTrustStore: truth, grpcServiceConfig: text,
  }); // prettier-ignore
  const rest = someOf(style, {
    treeLength: number(LARGEST), encodedPublicKey: text, signingConfig: signing, grpcEndpoint: grpc,
    laterField: fc.oneof(text, number(9n), someOf(style, { inner: text, other: text })),
  }); // prettier-ignore
  return fc
    .tuple(nameIn(style, 'treeID'), rest, fc.nat(10))
    .map(([name, fields, place]) => fields.toSpliced(place, 0, [name, id]));
};

interface Layout {
  readonly style: Style;
  readonly step: string;
  readonly margin: string;
  readonly lineBreak: string;
  readonly start: string;
  readonly end: string;
  readonly comment: string;
}

const layout = (style: Style): fc.Arbitrary<Layout> =>
  fc.record({
    style: fc.constant(style),
    step: fc.constantFrom(...(style === 'json' ? ['', '  ', '\t'] : ['  ', '    '])),
    margin: fc.constantFrom('', '', '  '),
    lineBreak: fc.constantFrom('\n', '\n', '\r\n'),
    start: fc.constantFrom(
      ...(style === 'json' ? [''] : ['', '', '---\n', '# a comment with ] in it\n', '\n', '\uFEFF']),
    ),
    end: fc.constantFrom(
      ...(style === 'json' ? ['', '\n'] : ['\n', '\n', '', '\n\n', '\n# the end\n', '\n...\n']),
    ),
    comment: fc.constantFrom('', '', ' # retired in 2021, "the first"'),
  });

function inBlock(value: Written, indent: string, { step }: Layout): string {
  if (typeof value === 'string') {
    const [first = '', ...more] = value.split('\n');
    return [` ${first}`, ...more.map((line) => (line === '' ? '' : `${indent}${line}`))].join('\n');
  }
  if (value.length === 0) return ' {}';
  return value
    .map(([name, inner]) => `\n${indent}${name}:${inBlock(inner, indent + step, { step } as Layout)}`)
    .join('');
}

function inFlow(value: Written, { step, comment }: Layout, depth = 1): string {
  if (typeof value === 'string') return value;
  const gap = step === '' ? '' : `\n${step.repeat(depth + 1)}`;
  const fields = value.map(
    ([name, inner]) => `${gap}${name}: ${inFlow(inner, { step, comment } as Layout, depth + 1)}`,
  );
  return `{${fields.join(',')}${value.length > 0 && step !== '' ? `\n${step.repeat(depth)}` : ''}}`;
}

function laidOut(shards: readonly Written[], layout: Layout): string {
  const { style, margin, step, lineBreak, start, end, comment } = layout;
  const body =
    style === 'block'
      ? shards
          .map((shard) => {
            const [, ...lines] = inBlock(shard, `${margin}  `, layout).split('\n');
            const [first = '', ...rest] = lines;
            const noted = /[|>][+-]?$/.test(first) || rest[0]?.startsWith(`${margin}    `) ? '' : comment;
            return [`${margin}- ${first.trimStart()}${noted}`, ...rest].join('\n');
          })
          .join('\n')
      : `[${shards.map((shard) => `${step === '' ? '' : `\n${step}`}${inFlow(shard, layout)}`).join(',')}${step === '' ? '' : '\n'}]`;
  return `${start}${body}${end}`.replaceAll('\n', lineBreak);
}

const withIds = (list: { shards: Written[]; layout: Layout }): GeneratedList => {
  const fieldOf = (shard: Written, name: string): string | undefined => {
    const found = (shard as readonly (readonly [string, Written])[]).find(
      ([key]) => key.replace(/["']/g, '').toLowerCase() === name,
    );
    return found?.[1] as string | undefined;
  };
  return {
    text: laidOut(list.shards, list.layout),
    treeIds: list.shards.map((shard) => fieldOf(shard, 'treeid') ?? ''),
    lengths: list.shards.map((shard) => fieldOf(shard, 'treelength') ?? '0'),
  };
};

/** A list as people write it; each of these must be read. */
export const plainList: fc.Arbitrary<GeneratedList> = fc
  .constantFrom<Style>('block', 'block', 'flow', 'json')
  .chain((style) =>
    fc
      .uniqueArray(treeId.map(String), { minLength: 1, maxLength: 4 })
      .chain((ids) =>
        fc.record({ shards: fc.tuple(...ids.map((id) => shardIn(style, id))), layout: layout(style) }),
      ),
  )
  .map(withIds);

/** What may stand in place of a value or a name, or anywhere. */
const exoticValues = [
  '"5"', "'5'", '5.0', '.5', '5.', '1e3', '1e18', '12345678901234567e2', '0x1F', '0o17', '0b11', '017', '1_000', '+5',
  '-5', '0', '00', '5e0', '9223372036854775808', '18446744073709551616', '!!int 5', '!!int "5"', '!!str 5', '!x 5', '&a 5',
  '*a', '~', 'null', 'Null', '', '[1]', '[]', '{}', '{a: 1}', '{treeID: 5}', '[{treeID: 5}]', '[a: 1]', '.inf', '-.INF',
  '.NaN', 'yes', 'Off', '2001-01-01', '1:30', '<<', '=', '|\n      5', '|2\n      5', '>\n\n      5', '|\n\n  5',
  '9223372036854775807 ', '5 # c', '5#c', '5 5', '5\n      6', '"a\n      b"', "'a\n\n  b'", '% x', '@x', '`x`', 'a: b',
  'a:b', 'a :b', '?', '? x', '?x', '-', '- x', '-x', ':x', ': x', ',x', '[', ']', '{', '}', '"a', "'a", '"\\x41"', '"\\/"',
  '"\\ud83d\\ude00"', '"\\q"', '\u00e9', '\u00a0', '\u{1F600}', 'a, b', 'a]b', 'a}b', 'a{b', 'a?b', 'a?', 'a"b', 'a\tb', '\t5',
  '5\t', '5\t# c', '\uFEFF5', '\u200b5', '\u0085', 'a\u0085b', 'a\u2028b', '# c', '|', '>', '|+', '!', '&', '*', '!!binary aGk=',
  '!!float 5', '!!timestamp 2001-01-01', '---', '... ', 'true', 'false', '"true"', '1.5', '65536', '-1', '5\\', '\\5',
]; // prettier-ignore

const exoticNames = [
  '<<', '? treeID', 'TREEID', '"treeID"', "'treeID'", '"tree\\x49D"', '"tree\\u0049D"', 'tree ID', ' treeID', 'treeID ', '5',
  'true', 'null', '~', '', '[a]', '{a: b}', '\u017figningConfig', 'signer', 'Signer', 'logID', 'pemPubKey', 'y', 'No', 'é', '&a treeID',
  '!!str treeID', '*a', '"<<"', '.inf', '-', 'a.b/c', '2001-01-01', 'treeLength', 'treelength', 'TreeLength', 'treeID', 'treeid',
  'signingConfig', 'SIGNINGCONFIG', 'grpcEndpoint', 'port', '__proto__', 'constructor', 'encodedPublicKey', '"a\\nb"', '=', '#a',
]; // prettier-ignore

const snippets = [
  '\t', ' ', '  ', '\n', '\n\n', '\r', '\r\n', '#', ' # c', '%YAML 1.1\n---\n', '%YAML 1.2\n---\n', '%', '---\n', '--- ', '...\n', '- ',
  '-', '? ', '?', ': ', ':', ',', '[', ']', '{', '}', '&a ', '*a', '!!str ', '!', '|', '>', "'", '"', '@', '`', '\u0085', '\u2028',
  '\uFEFF', '\u0000', '\u0007', '\\', '<<: {treeID: 3}\n', '<<: {treeID: 3}, ', '<<: *a\n', 'treeID: 3\n', ', treeID: 3', 'treeID: 3, ',
  '- treeID: 3\n', ', {treeID: 3}', '~', '0', '_', 'e3', '\u00a0', '\u{1F600}', 'null', '[]', '{}', '\n---\n- treeID: 3\n', '\n- ',
  '\n  ', '\n    ', '\n\t', ': 5\n', '9', '.', '+',
]; // prettier-ignore

/** One change of a text; `at` says where, as a share of its length. */
const alteration: fc.Arbitrary<(text: string) => string> = fc
  .tuple(
    fc.constantFrom(
      'insert',
      'value',
      'name',
      'field',
      'remove',
      'repeat line',
      'move line',
      'indent',
      'whole',
    ),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat(200),
  )
  .map(([kind, at, choice]) => (text) => {
    const from = Math.floor(at * text.length);
    const lines = text.split('\n');
    const line = Math.floor(at * lines.length);
    const pick = (all: readonly string[]) => all[choice % all.length] ?? '';
    switch (kind) {
      case 'insert':
        return text.slice(0, from) + pick(snippets) + text.slice(from);
      case 'value':
        return replaced(
          text,
          /: *([^:\n,{}[\]]*)/g,
          at,
          (found, value) => found.slice(0, found.length - value.length) + pick(exoticValues),
        );
      case 'name':
        return replaced(text, /([A-Za-z"']+):/g, at, () => `${pick(exoticNames)}:`);
      case 'field': {
        // Beside the fields of that line: in block style a line of its own, in flow style before one of them.
        const indent = (/^[ -]*/.exec(lines[line] ?? '')?.[0] ?? '').replaceAll('-', ' ');
        return /[{[]/.test(text)
          ? replaced(
              text,
              /([{,])(?=[^{}[\]]*:)/g,
              at,
              (found) => `${found === ',' ? ', ' : found}${pick(fields)}, `,
            )
          : lines.toSpliced(line + 1, 0, indent + pick(fields)).join('\n');
      }
      case 'remove':
        return text.slice(0, from) + text.slice(from + 1 + (choice % 5));
      case 'repeat line':
        return lines.toSpliced(line, 0, lines[line] ?? '').join('\n');
      case 'move line':
        return lines
          .toSpliced(line, 1)
          .toSpliced(choice % (lines.length + 1), 0, lines[line] ?? '')
          .join('\n');
      case 'indent':
        return lines
          .with(Math.min(line, lines.length - 1), ` ${lines[line] ?? ''}`.slice(choice % 3))
          .join('\n');
      case 'whole':
        return pick(wholes);
    }
  });

const fields = [
  '<<: {treeID: 3}', '<<: [{treeID: 3}]', '"<<": {treeID: 3}', '<<: {treeLength: 3}', '<<: {}', 'treeID: 3', 'TREEID: 3',
  'treeLength: 1e18', 'treeLength: 0x10', 'treelength: "5"', 'treeLength:', 'signingConfig: [a]', 'signingConfig: {}',
  'grpcEndpoint: {port: 70000}', 'grpcEndpoint: x', 'SIGNER: {}', 'logid: 5', 'later: {inner: {treeID: 3}}', 'later: .inf',
]; // prettier-ignore

const wholes = [
  '', ' ', '\n', '# c', '---', '--- # c\n', 'null', '~', '[]', ' [ ]', '{}', '5', '"x"', 'treeID: 5', '- 5', '-', '- ', '- - treeID: 5',
  '[[]]', '[{}]', '- {}', '- null', '[null]', '--- - treeID: 5', '--- [{treeID: 5}]', '[{treeID: 5}', '- treeID: 5\n...', '...', '...\n',
  '[{"treeID": 5}]x', '[{"treeID": 5}] # c', '"[]"', '- treeID: 5\n- treeID: 5', '[treeID: 5]', '- treeID:5', '-treeID: 5', '- treeID : 5',
  '[{"treeID":5},]', '[,]', '[{treeID: 5,}]', '[{"treeID":5}]\n[{"treeID":6}]', '- {treeID: 5}\n- treeID: 6', '!!seq []', '&a []',
  '- treeID: 5\n treeLength: 3', '- treeID: 5\n   treeLength: 3', '-  treeID: 5\n   treeLength: 3', '-\n  treeID: 5', '-\n treeID: 5', '- \n\n  treeID: 5',
  '- "treeID": 5', '- {"treeID":5}', '- {"treeID" :5}', '- {treeID:5}', '- ["treeID": 5]', '-\ttreeID: 5', '- treeID:\t5', '- treeID:\n    5',
  '- treeID:\n  5', '- treeID: 5 \n', '- treeID: 5\n\t', '- treeID: 5\n\t\n', '- treeID: 5\n  \t# c\n', '- treeID: 5\n #c\n', '  \n- treeID: 5', '\t\n- treeID: 5',
]; // prettier-ignore

function replaced(
  text: string,
  form: RegExp,
  at: number,
  by: (found: string, inner: string) => string,
): string {
  const found = [...text.matchAll(form)];
  const match = found[Math.floor(at * found.length)];
  if (!match) return text;
  return (
    text.slice(0, match.index) + by(match[0], match[1] ?? '') + text.slice(match.index + match[0].length)
  );
}

/** A list that is perhaps none any more, or another one. */
export const alteredList: fc.Arbitrary<string> = fc
  .tuple(plainList, fc.array(alteration, { minLength: 1, maxLength: 3 }))
  .map(([{ text }, alterations]) => alterations.reduce((changed, alter) => alter(changed), text));
