import { slicesBefore, wallClock } from '../../quiet-hours/model/week';
import { boundariesOf } from '../../quiet-hours/model/write-rate';
import { type PlantedShard, plantedTimes } from './planted-log';

/** 200,000 entries in ten weeks, over a rotation and the night in which Berlin's clocks go back; quiet on Wednesdays at two. */

export const timeZone = 'Europe/Berlin';
export const now = Date.UTC(2026, 10, 10, 9, 30) / 1000;
export const plantedWindow = { day: 2, fromHour: 2, length: 3 };

const begin = Date.UTC(2026, 8, 1) / 1000;
const rotatedAt = Date.UTC(2026, 9, 28, 12) / 1000;
const clock = wallClock(timeZone);

/** 0 is Monday from 00:00 to 01:00. */
export function weekHourOf(time: number): number {
  const { day, second } = clock(time);
  return ((day + 3) % 7) * 24 + Math.floor(second / 3600);
}

/** Busy on working days, half as busy at night and at weekends, and quiet in the window. */
function rate(time: number): number {
  const [weekday, hour] = [Math.floor(weekHourOf(time) / 24), weekHourOf(time) % 24];
  if (weekday === plantedWindow.day && hour >= 2 && hour < 5) return 0.08;
  const working = weekday < 5 ? 1 : 0.6;
  return working * (hour >= 8 && hour < 19 ? 2 : hour < 6 ? 0.7 : 1);
}

export function plantedShards(count = 200_000, seed = 1): PlantedShard[] {
  const times = plantedTimes(count, { from: begin, to: now, rate, seed });
  return [
    { treeId: '6826284441047790130', times: times.filter((time) => time < rotatedAt) },
    { treeId: '1234567890123456789', times: times.filter((time) => time >= rotatedAt) },
  ];
}

/** The beginning of each hour of so many weeks. */
export function hoursOf(weeks: number): number[] {
  return boundariesOf(slicesBefore(now, weeks, timeZone));
}
