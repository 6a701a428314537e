import type { Release } from '../../workflows/model/installation';

/** The two releases of a log on a host. */
export const slotBlue: Release = { id: 'blue', name: 'slot blue' };
export const slotGreen: Release = { id: 'green', name: 'slot green' };
