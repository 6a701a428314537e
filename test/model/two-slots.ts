import type { InstallationPatience, Release } from '../../workflows/model/installation';

/** The two releases of a log on a host. */
export const slotBlue: Release = { id: 'blue', name: 'slot blue' };
export const slotGreen: Release = { id: 'green', name: 'slot green' };

/** How long they may take. */
export const patience: InstallationPatience = {
  ...{
    stageMs: 20_000,
    rehearsalMs: 15_000,
    startMs: 1_000,
    stopMs: 20_000,
    discardMs: 20_000,
    settleMs: 60_000,
  },
};
