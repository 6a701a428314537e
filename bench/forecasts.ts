import { Client, Connection } from '@temporalio/client';
import { demonstrate, type DemonstrationOptions } from '../demo/demonstration';
import type { Summary } from '../demo/summary';
import { labLog, taskQueue } from '../lab/configuration';
import { runRotation, type RotationRun } from '../demo/rotation-run';

type Forecast = NonNullable<RotationRun['result']['forecast']>;

export interface Forecasts {
  readonly summary: Summary;
  /** Of each rotation, with the rehearsal right before it. Milliseconds. */
  readonly pairs: readonly { readonly forecast: Forecast; readonly stallMs: number | null }[];
}

/** Rehearses before each of several rotations of one log under load. */
export async function measureForecasts(
  rotations: number,
  options: Omit<DemonstrationOptions, 'rotations' | 'before'>,
): Promise<Forecasts> {
  const connection = await Connection.connect({ address: options.lab.status.temporalAddress });
  const client = new Client({ connection });
  const forecasts: Forecast[] = [];
  const before = async (): Promise<void> => {
    const { signal } = options;
    const { result } = await runRotation(client, { taskQueue, log: labLog, signal, rehearse: true });
    if (!result.forecast) throw new Error(`The rehearsal ended ${result.outcome}: ${result.reason}`);
    forecasts.push(result.forecast);
  };
  try {
    const { summary } = await demonstrate({ ...options, rotations, before });
    const pairs = forecasts.map((forecast, position) => ({
      forecast,
      stallMs: summary.rotations[position]?.writeStallMs ?? null,
    }));
    return { summary, pairs };
  } finally {
    await connection.close();
  }
}

/** By how much a forecast of a stall misses it, whichever way: 1 is exact. */
export function missedBy({ forecast, stallMs }: Forecasts['pairs'][number]): number {
  return stallMs === null
    ? Infinity
    : Math.max(forecast.stallMs, stallMs) / Math.min(forecast.stallMs, stallMs);
}
