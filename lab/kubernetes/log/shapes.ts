import { helmChart } from './helm-chart';
import { operator } from './operator/operator';
import type { LogShape } from './shape';
import { upstream } from './upstream';

/** The kinds of installation that a lab on Kubernetes can have. */
export const shapeNames = ['upstream', 'helm-chart', 'operator'] as const;

export type ShapeName = (typeof shapeNames)[number];

export const shapes: Readonly<Record<ShapeName, LogShape>> = {
  upstream,
  'helm-chart': helmChart,
  operator,
};
