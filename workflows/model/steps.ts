/** The steps of a rotation that change or watch something, in their order (docs/architecture.md, "The steps"). */
export const steps = [
  'createTree',
  'stage',
  'hold',
  'start',
  'freeze',
  'verify',
  'expose',
  'confirm',
  'settle',
  'soak',
] as const;
export type Step = (typeof steps)[number];
