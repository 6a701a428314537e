import { planText } from '../../cli/plan-text';
import { resultText } from '../../cli/result-text';
import { aHealer, anOwner, aPart } from '../model/owned-parts';
import { aCompletedResult, aPlannedResult, aResultWithOwners } from './results';

const inOneLine = (text: string): string => text.replace(/\s+/g, ' ');

describe('who else writes the objects of a log', () => {
  it('stands in the plan with what they do next and what to commit, whose lines are whole', () => {
    const long = {
      where: 'data["list.yaml"] of ConfigMap rekor/list',
      value: `- treeID: 1\n- treeID: ${'9'.repeat(90)}\n`,
    };
    const part = { ...aPart(anOwner), commit: [long] };
    const text = planText(aResultWithOwners({ parts: [part], heldOffInVain: [] }), 60);
    expect(inOneLine(text)).toContain(
      `ConfigMap rekor/rekor-sharding-config (the list) ${anOwner.name}. ${anOwner.nextRun} commit ${long.where}: - treeID: 1`,
    );
    expect(text.split('\n')).toContain(`      - treeID: ${'9'.repeat(90)}`);
    expect(inOneLine(text)).toContain(`Others write ${anOwner.name}. The new values must be committed`);
  });

  it('stands nowhere in the plan of a log on a host', () => {
    const text = planText(aPlannedResult(), 80);
    expect(text).not.toMatch(/commit|Others write/);
  });

  it('is nobody known where the objects tell of none, and still the values must be committed', () => {
    const text = inOneLine(planText(aResultWithOwners({ parts: [aPart()], heldOffInVain: [] }), 80));
    expect(text).toContain('Nothing tells who writes it.');
    expect(text).toContain('Others write nobody known. The new values must be committed');
  });

  it('refuses who would take it back by itself, and tells how they are held off where that is said', () => {
    const refused = aResultWithOwners({ parts: [aPart(aHealer)], heldOffInVain: [] });
    expect(refused).toMatchObject({ outcome: 'refused', refusals: [{ code: 'OWNER_TAKES_BACK' }] });
    const heldOff = 'automated sync is off';
    const held = { ...aHealer, byItself: { pause: '', heldOff } };
    const planned = aResultWithOwners({ parts: [aPart(held)], heldOffInVain: [] });
    const text = inOneLine(planText(planned, 80));
    expect(text).toContain(`${aHealer.nextRun} Held off: ${heldOff}.`);
    expect(text).toContain(`Others write ${aHealer.name}, held off (${heldOff}).`);
    expect(planned.checks?.find(({ code }) => code === 'OWNERS_HELD_OFF')).toMatchObject({
      state: 'ok',
      found: expect.stringContaining(`${aHealer.name} (held off: ${heldOff})`) as string,
    });
  });

  it('never shows a value that may be secret, but how it is read (H28)', () => {
    const commit = [
      { where: 'data["list"] of Secret rekor/list', value: null, from: 'kubectl get secret list' },
    ];
    const text = planText(aResultWithOwners({ parts: [{ ...aPart(), commit }], heldOffInVain: [] }), 80);
    expect(inOneLine(text)).toContain(
      'commit data["list"] of Secret rekor/list: not shown, because it may hold a secret. After the rotation: kubectl get secret list',
    );
  });
});

describe('what is left to be committed after a rotation', () => {
  it('stands in the result, its reason and its text, with the values', () => {
    const parts = [{ ...aPart(anOwner), source: 'differs' as const }];
    const result = aCompletedResult({ state: 'pending', parts });
    expect(result.sourceOfTruth).toEqual({ state: 'pending', parts });
    expect(result.reason).toContain('sourceOfTruth says what to commit');
    const text = inOneLine(resultText(result, 80));
    expect(text).toContain(
      'Source not known to have the values of the cluster, in 1 object: ConfigMap rekor/',
    );
    expect(text).toContain(`server.sharding.contents in the values of chart rekor: '[{"treeID":200}]'`);
    expect(text).toContain('What was applied last has another value than the cluster has now.');
  });

  it('is nothing where the source is known to agree, and nothing is said of it on a host', () => {
    const agreed = aCompletedResult({ state: 'agreed', parts: [] });
    expect(agreed.reason).not.toContain('commit');
    expect(inOneLine(resultText(agreed, 80))).toContain('Source agrees with the cluster');
    expect(aCompletedResult()).not.toHaveProperty('sourceOfTruth');
    expect(resultText(aCompletedResult(), 80)).not.toContain('Source');
  });
});
