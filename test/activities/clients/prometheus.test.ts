import { parseSample, sampleName } from '../../../activities/clients/prometheus';

const read = (line: string): object => {
  const { labels, ...sample } = parseSample(line);
  return { ...sample, labels: Object.fromEntries(labels) };
};

it.each([
  ['up 1', { name: 'up', labels: {}, value: 1 }],
  [
    'runs{logid="6826284441047790130"} 41',
    { name: 'runs', labels: { logid: '6826284441047790130' }, value: 41 },
  ],
  ['a:b{x="1",y="2",} 1.5e+06', { name: 'a:b', labels: { x: '1', y: '2' }, value: 1_500_000 }],
  [
    'a{ x = "1" , y = "2" }\t7 1769828400000',
    { name: 'a', labels: { x: '1', y: '2' }, value: 7, timestamp: 1_769_828_400_000 },
  ],
  [
    String.raw`a{x="say \"}\" \\ and\nmore"} 0`,
    { name: 'a', labels: { x: 'say "}" \\ and\nmore' }, value: 0 },
  ],
  ['a{x="1,2",y="{}"} -3\r', { name: 'a', labels: { x: '1,2', y: '{}' }, value: -3 }],
  ['a +Inf', { name: 'a', labels: {}, value: Infinity }],
  ['a{} NaN', { name: 'a', labels: {}, value: NaN }],
])('reads %s', (line, sample) => {
  expect(read(line)).toEqual(sample);
});

it.each([
  ['a', 'no value'],
  ['a{x="1" 1', 'no end of its labels'],
  ['a{x=1} 1', 'no value of a label'],
  ['a{x="1} 1', 'no value of a label'],
  ['a{"x"="1"} 1', 'no label'],
  ['a 1x', 'no value'],
  ['a 1 2 3', 'no end'],
])('refuses to guess at %s', (line, words) => {
  expect(() => parseSample(line)).toThrow(words);
});

it('knows the name of a sample without reading it, and that of no other line', () => {
  expect(sampleName('signing_runs{logid="1"} 41')).toBe('signing_runs');
  expect(sampleName('# TYPE signing_runs counter')).toBeNull();
  expect(sampleName('')).toBeNull();
});
