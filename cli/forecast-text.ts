import type { Forecast } from '../workflows/model/rehearsal';
import { spoken } from './text';

/** What a forecast is made of, a line each: what takes how long, and whether that was measured. */
export function forecastLines({ parts }: Pick<Forecast, 'parts'>): string[] {
  return parts.map(({ what, ms, by, between }) => {
    const range = between ? `, ${between.least} to ${between.most} ms` : '';
    return `  ${what.padEnd(34)} ${spoken(ms).padStart(8)}  ${by}${by === 'measured' ? ' once' : ''}${range}`;
  });
}
