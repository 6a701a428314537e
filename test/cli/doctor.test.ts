import { answer, changesSince, diagnosisExitCode, diagnosisJson, diagnosisText } from '../../cli/diagnosis';
import { exitCodes } from '../../cli/exit-codes';
import type { Diagnosis } from '../../workers/doctor';
import { failedCheck, passedCheck, type Check } from '../../workflows/model/checks';
import { refusal } from '../../workflows/model/refusals';
import { exampleText, written } from '../config/example';
import { saidBy } from './recording-terminal';

const right = passedCheck('NUMBERS_LEFT', { number: 2 });
const notSeen = passedCheck('CHECKPOINTS_KEPT', { instance: 'blue', shards: 0 });
const clocks = failedCheck(
  'CLOCKS_AGREE',
  refusal('CLOCKS_DIFFER', { ahead: 'the signer', behind: 'this machine', byMs: 5000, mostMs: 1000 }),
  'warning',
);
const noGate = failedCheck(
  'TRAFFIC_ANSWERS',
  refusal('GATE_UNREACHABLE', { log: 'production', url: 'http://127.0.0.1:1', reason: 'ECONNREFUSED' }),
);
const noTemporal = failedCheck(
  'TEMPORAL_ANSWERS',
  refusal('TEMPORAL_UNREACHABLE', { address: '127.0.0.1:1', reason: 'no connection in time' }),
);
const noNamespace = failedCheck(
  'TEMPORAL_ANSWERS',
  refusal('TEMPORAL_NAMESPACE_UNKNOWN', { address: '127.0.0.1:1', namespace: 'other' }),
);

function diagnosis(checks: readonly Check[], more: Partial<Diagnosis> = {}): Diagnosis {
  return {
    ...{ log: 'production', at: '2026-11-29T02:00:00.000Z', tookMs: 1200, checks },
    writesWait: { probablyMs: 475, criticalSectionMs: 2500, atMostMs: 3500 },
    lastRotation: null,
    ...more,
  };
}

describe('what doctor exits with', () => {
  it.each([
    ['0 when all is right', [right], exitCodes.done],
    ['0 when all that could be seen is right', [right, notSeen], exitCodes.done],
    ['7 with warnings alone', [right, notSeen, clocks], exitCodes.attention],
    ['3 when a rotation would be refused', [noGate, clocks], exitCodes.refused],
    ['5 when only Temporal is not reached', [noTemporal, right, clocks], exitCodes.unreachable],
    ['3 when something else is wrong, too', [noTemporal, noGate], exitCodes.refused],
    ['3 when Temporal is reached and says no', [noNamespace], exitCodes.refused],
  ] as const)('is %s', (_, checks, { code }) => {
    expect(diagnosisExitCode({ checks })).toBe(code);
    expect(JSON.parse(diagnosisJson(diagnosis(checks)))).toMatchObject({ exitCode: code, checks });
  });
});

describe('what doctor says', () => {
  it('puts what to do under what is not right, in lines of 80 columns', () => {
    const text = diagnosisText(diagnosis([right, clocks, noGate]), 80);
    expect(text).toContain('  ok       The first order of a rotation has number 2.');
    expect(text).toContain('  warning  The clock of the signer is ahead of that of this machine');
    expect(text).toContain('(CLOCKS_DIFFER)\n           Do: More than 1000 ms is too much.');
    expect(text).toContain('  refused  The write gate of production');
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('marks apart what it could not see, for people and for programs', () => {
    const text = diagnosisText(diagnosis([right, notSeen]), 80);
    expect(text).toContain('  not seen Rekor blue has no inactive shard yet, so nothing shows whether it is');
    const { checks, wouldBegin } = JSON.parse(diagnosisJson(diagnosis([notSeen]))) as {
      readonly checks: readonly Check[];
      readonly wouldBegin: boolean;
    };
    expect([checks[0]?.state, wouldBegin]).toEqual(['notSeen', true]);
    expect(answer(diagnosis([right, notSeen]))).toContain('(2 checks, none against it, 1 not seen)');
    expect(answer(diagnosis([right, notSeen, clocks]))).toContain('(1 warning, 1 not seen)');
  });

  it('tells it when what was seen can be seen no more, and the other way round', () => {
    const seen = passedCheck('CHECKPOINTS_KEPT', { instance: 'blue', shards: 1 });
    expect(changesSince([notSeen], [seen])).toEqual([seen]);
    expect(changesSince([seen], [notSeen])).toEqual([notSeen]);
  });

  it('ends with whether a rotation would begin and how long writes would wait', () => {
    expect(answer(diagnosis([right]))).toBe(
      'Yes: a rotation of production would begin (1 check, all right), and writes would wait probably some 475 ms, 3.5 s at most; one that is not through in 2.5 s is taken back.',
    );
    const measured = { lastRotation: { stageMs: 1400, longestWaitMs: 300 } };
    expect(answer(diagnosis([right, clocks], measured))).toMatch(
      /begin \(1 warning\).*some 475 ms \(300 ms in the last one\)/,
    );
    const unknown = { writesWait: { probablyMs: null, criticalSectionMs: 2500, atMostMs: 3500 } };
    expect(answer(diagnosis([right], unknown))).toContain(
      'would wait for how long is not known, 3.5 s at most',
    );
    const withoutGate = { writesWait: { probablyMs: 475, criticalSectionMs: 2500, atMostMs: null } };
    expect(answer(diagnosis([right], withoutGate))).toBe(
      'Yes: a rotation of production would begin (1 check, all right), and no gate holds writes: they would fail probably some 475 ms, and while clients are led to the next release; one that is not through in 2.5 s is taken back.',
    );
    expect(answer(diagnosis([right, noGate, clocks]))).toMatch(
      /^No: a rotation of production would not get through\. 1 of 3 checks says why, beside 1 warning\./,
    );
  });

  it('knows how long a release takes to start from the last rotation alone', () => {
    expect(diagnosisText(diagnosis([right]), 80)).toContain('is known only once a rotation');
    const last = { lastRotation: { stageMs: 1400, longestWaitMs: null } };
    expect(diagnosisText(diagnosis([right], last), 80)).toContain('In the last rotation it took 1.4 s');
  });

  it('takes for a change another state or reason, and no other number', () => {
    const later = passedCheck('NUMBERS_LEFT', { number: 9 });
    const further = { ...clocks, found: clocks.found.replace('5000', '5003.5') };
    expect(changesSince([right, clocks], [later, further])).toEqual([]);
    expect(changesSince([right, clocks], [later, further, noGate])).toEqual([noGate]);
    expect(changesSince([noTemporal], [noNamespace])).toEqual([noNamespace]);
  });
});

describe('wrong usage of doctor', () => {
  const file = written(exampleText);

  it.each([
    [['doctor', '-c', file], 'Name the log'],
    [['doctor', 'production', '--watch', '1', '-c', file], 'from 5 to 86400'],
    [['doctor', 'production', '--watch=often', '-c', file], '"often"'],
    [['doctor', 'prodution', '-c', file], 'Did you mean "production"?'],
    [['doctor', 'production', '-c', '/nowhere.yaml'], '/nowhere.yaml'],
  ])('exits with 2: %j', async (command, words) => {
    const said = await saidBy(command);
    expect([said.code, said.words]).toEqual([exitCodes.usage.code, expect.stringContaining(words)]);
  });
});
