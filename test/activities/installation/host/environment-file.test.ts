import fc from 'fast-check';
import { RefusalError } from '../../../../activities/errors/refusal-error';
import {
  activeTreeId,
  shownTreeIdLine,
  withActiveTreeId,
} from '../../../../activities/installation/host/environment-file';

const path = '/etc/rekor/blue/environment';
const LARGEST = '9223372036854775807';

function refusalOf(act: () => unknown): { code: string; message: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof RefusalError) return error.refusal;
    throw error;
  }
  throw new Error('it was not refused');
}

const otherLines = fc.array(
  fc.constantFrom(
    '# TREE_ID=1',
    '; TREE_ID=2',
    '',
    'PORT=3000',
    'PASSWORD="two\nTREE_ID=3\nlines" ',
    "SINGLE='TREE_ID=4'",
    'CONTINUED=a \\\nTREE_ID=5',
    'OLD_TREE_ID=6',
    'TREE_ID_OF_ANOTHER=7',
    'a line that sets nothing',
    'ESCAPED="a \\" quote"',
    "REAL=it's",
    'FLAG=\r',
  ),
);

describe('the environment file', () => {
  it('names the active tree, and changes it without touching any other byte', () => {
    const id = fc.bigInt({ min: 1n, max: BigInt(LARGEST) }).map(String);
    const quote = fc.constantFrom('', '"', "'");
    fc.assert(
      fc.property(
        otherLines,
        otherLines,
        id,
        id,
        quote,
        fc.constantFrom('', '\n'),
        (before, after, tree, next, q, end) => {
          const file = (value: string) => [...before, `TREE_ID=${q}${value}${q}`, ...after].join('\n') + end;
          expect(activeTreeId(path, file(tree), 'TREE_ID')).toBe(tree);
          expect(withActiveTreeId(path, file(tree), 'TREE_ID', next)).toBe(file(next));
        },
      ),
    );
  });

  it('gives a slot that never served a tree id, whatever was in its place', () => {
    expect(withActiveTreeId(path, 'A=1\nTREE_ID=\nB=2\n', 'TREE_ID', LARGEST)).toBe(
      `A=1\nTREE_ID=${LARGEST}\nB=2\n`,
    );
    expect(withActiveTreeId(path, '  TREE_ID = 0 \r\nB=2', 'TREE_ID', '8')).toBe('  TREE_ID = 8 \r\nB=2');
  });

  it.each([
    ['PORT=1\n', 'is not set'],
    ['# TREE_ID=5\n', 'is not set'],
    ['TREE_ID=5\nPORT=1\nTREE_ID=5\n', 'is set 2 times'],
    ['TREE_ID=0\n', 'is 0; allowed is a whole number from 1'],
    ['TREE_ID=\n', 'is empty'],
    ['TREE_ID=-4\n', 'is -4'],
    ['TREE_ID=9223372036854775808\n', 'is 9223372036854775808'],
    ['TREE_ID=007\n', 'is 007'],
    ['TREE_ID=five\n', 'is not a number'],
    ['TREE_ID=5 # five\n', 'has a comment behind its value, which systemd takes for a part of it'],
    ['TREE_ID="5" # five\n', 'has a comment behind its value'],
    ['TREE_ID=5#five\n', 'has a comment behind its value'],
    ['TREE_ID=# five\n', 'has a comment behind its value'],
    ['TREE_ID="5 # five"\n', 'has a comment behind its value'],
    ['TREE_ID=5 6\n', 'is more than one word'],
    ['TREE_ID=5 ; five\n', 'is more than one word'],
    ['TREE_ID="5""6"\n', 'is more than one word'],
    ['TREE_ID=5\\\n6\n', 'is more than one word'],
    ['TREE_ID="5\'\n', 'cannot be read, because the file has a quote that is not closed'],
    ['A="open\nTREE_ID=5\n', 'cannot be read, because the file has a quote that is not closed'],
    ['export TREE_ID=5\n', 'is set with "export"'],
    ['# comment \\\nTREE_ID=5\n', 'follows a comment that ends in a backslash'],
  ])('refuses %j: it %s', (text, reason) => {
    const refused = refusalOf(() => activeTreeId(path, text, 'TREE_ID'));
    expect(refused.code).toBe('ENVIRONMENT_FILE_INVALID');
    expect(refused.message).toContain(`${path} cannot be used: TREE_ID ${reason}`);
  });

  it.each(['0 # not yet', '"0" # not yet', '# not yet', '0#1', 'not yet', '0 \\\nPORT=1', '"0"5'])(
    'is not written where %j stands, of which something would be lost',
    (value) => {
      const refused = refusalOf(() => withActiveTreeId(path, `A=1\nTREE_ID=${value}\n`, 'TREE_ID', '8'));
      expect(refused.code).toBe('ENVIRONMENT_FILE_INVALID');
      expect(refused.message).toMatch(/has a comment behind its value|is more than one word/);
    },
  );

  it.each([
    ['TREE_ID=0\n# not yet\n', 'TREE_ID=8\n# not yet\n'],
    ['TREE_ID=\n', 'TREE_ID=8\n'],
    ['TREE_ID=""\r\n', 'TREE_ID="8"\r\n'],
    ["TREE_ID='none' \t\n", "TREE_ID='8' \t\n"],
    ['\t TREE_ID\t=  0', '\t TREE_ID\t=  8'],
  ])('in %j changes nothing but the id', (before, after) => {
    expect(withActiveTreeId(path, before, 'TREE_ID', '8')).toBe(after);
  });

  it('shows no value but a number, for a secret may have been put there by mistake (H28)', () => {
    expect(refusalOf(() => activeTreeId(path, 'TREE_ID=hunter2\n', 'TREE_ID')).message).not.toContain(
      'hunter2',
    );
    expect(shownTreeIdLine(path, 'TREE_ID=hunter2\n', 'TREE_ID')).toBe('TREE_ID=<not a number>');
    expect(shownTreeIdLine(path, 'TREE_ID="12"\n', 'TREE_ID')).toBe('TREE_ID=12');
  });
});
