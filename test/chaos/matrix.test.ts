import { cellsOf, faults, nameOf, parts, reasonToHold, runsThen } from '../../chaos/matrix';
import { moments } from '../../harness/moments';
import { stepNames } from '../../workflows/rotation';

describe('the matrix of chaos', () => {
  it('has every part in every step', () => {
    const cells = cellsOf({}, 1);
    for (const part of parts) {
      for (const step of stepNames) {
        expect(cells.some((cell) => cell.part === part && cell.step === step)).toBe(true);
      }
    }
  });

  it('leaves out only cells whose part does not run then, and never a cut network', () => {
    const all = parts.length * stepNames.length * moments.length * faults.length;
    const left = cellsOf({}, 1).length;
    expect(left).toBeLessThan(all);
    const cut = cellsOf({ faults: ['cut'] }, 1);
    expect(cut).toHaveLength(parts.length * stepNames.length * moments.length);
    expect(runsThen({ part: 'next', step: 'createTree', moment: 'end', fault: 'kill', workers: 1 })).toBe(
      false,
    );
    expect(runsThen({ part: 'next', step: 'verify', moment: 'start', fault: 'kill', workers: 1 })).toBe(true);
    expect(runsThen({ part: 'current', step: 'soak', moment: 'start', fault: 'stop', workers: 1 })).toBe(
      false,
    );
  });

  it('takes a selection', () => {
    const cells = cellsOf({ parts: ['gate'], steps: ['hold'], faults: ['kill'] }, 2);
    expect(cells.map(nameOf)).toEqual(moments.map((moment) => `kill gate at hold/${moment} with 2 workers`));
  });

  it('hits two gates in turn', () => {
    const cells = cellsOf({ parts: ['gate'], steps: ['hold'], faults: ['kill'] }, 1, 2);
    expect(cells.map(nameOf)).toEqual([
      'kill gate at hold/start with 1 worker and 2 gates',
      'kill gate-2 at hold/middle with 1 worker and 2 gates',
      'kill gate at hold/end with 1 worker and 2 gates',
    ]);
  });

  it('lists every cell that may end held, with a reason', () => {
    const allowed = cellsOf({}, 1).filter((cell) => reasonToHold(cell) !== null);
    expect(allowed).toEqual([]);
  });
});
