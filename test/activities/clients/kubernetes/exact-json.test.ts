import { LosslessNumber } from 'lossless-json';
import { readExactJson, writeExactJson } from '../../../../activities/clients/kubernetes/exact-json';

it.each([
  '6826284441047790130',
  '9007199254740993',
  '6826284441047790592',
  '-9223372036854775808',
  '5e3',
  '1.10',
  '-0',
  '6826284441047790130e0',
  '0',
  '7',
  '1.5',
])('keeps the number %s as it is written', (number) => {
  const text = `{"spec":{"ids":[${number}]}}`;
  expect(writeExactJson(readExactJson(text) ?? null)).toBe(text);
});

it('reads a whole number as a number only where that is exact, whatever its last digits are', () => {
  const text = '[9007199254740991,9007199254740992,6826284441047790592,2.5,2.50]';
  const beyond = [9007199254740992n, 6826284441047790592n];
  expect(readExactJson(text)).toEqual([Number.MAX_SAFE_INTEGER, ...beyond, 2.5, new LosslessNumber('2.50')]);
});

it('writes no number that has lost its digits', () => {
  expect(() => writeExactJson({ treeID: Number('6826284441047790130') })).toThrow('"treeID" is not exact');
  expect(() => writeExactJson({ size: NaN })).toThrow('"size" is not exact');
  expect(writeExactJson({ treeID: 6826284441047790130n, left: undefined })).toBe(
    '{"treeID":6826284441047790130}',
  );
});

it('takes a key that JavaScript means otherwise as a key', () => {
  const text = '{"data":{"__proto__":"a","toJSON":"b","constructor":"c"}}';
  expect(writeExactJson(readExactJson(text) ?? null)).toBe(text);
});

it.each(['', 'password: hunter2', '{"a":1} hunter2', '{"a":1,"a":2}'])('does not read %j', (text) => {
  expect(readExactJson(text)).toBeUndefined();
});
