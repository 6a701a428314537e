import { scripts } from '../../simulation/scripts/scripts';
import { runSimulated } from '../../simulation/scripts/simulated';

/** The same scripts run on the real Trillian and Rekor: test/stack/model.test.ts. */
describe('the simulated Trillian and Rekor', () => {
  it.each(scripts.map((script) => [script.name, script] as const))('show %s', async (_name, script) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      await expect(runSimulated(script, seed)).resolves.toEqual(script.seen);
    }
  });
});
