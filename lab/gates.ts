/** The gates of a log that has two; one alone is the first. */
export const gateNames = ['gate', 'gate-2'] as const;
export type GateName = (typeof gateNames)[number];

/** How many gates stand side by side before the log. */
export type Gates = 1 | 2;
