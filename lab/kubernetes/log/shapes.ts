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

/**
 * Those that a log on a cluster that was there before the lab can have. The definitions of an operator would be those of the whole
 * cluster, perhaps in place of its own.
 */
export const shapesForExisting = ['upstream', 'helm-chart'] as const satisfies readonly ShapeName[];

export type ShapeForExisting = (typeof shapesForExisting)[number];

export function isForExisting(shape: string): shape is ShapeForExisting {
  return shapesForExisting.some((name) => name === shape);
}
