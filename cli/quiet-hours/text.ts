import { windowText } from '../../quiet-hours/model/schedule-line';
import type { Week } from '../../quiet-hours/model/findings';
import { wrap } from '../text';
import { amount, type Cell, LEVELS, rowsOf, topOf } from './levels';
import { heldAt, markedWindows, nameOf, type QuietHoursReport, scheduleLines, windowsOf } from './report';
import { clockTexts, heldText, scopeText, stoppedText, unknownText, windowsText } from './words';

/** One character a level, from light to dense, so that the picture is the same without colours. */
const shades = ['·', '░', '▒', '▓', '█'] as const;
const UNCERTAIN = '/';

/**
 * Of xterm's 256 colours, from dark to light as in viridis: also who cannot tell red from green sees the order. The shades are
 * drawn in the colour of their ground: any other would change how dark they are.
 */
const colours = [53, 61, 30, 71, 220] as const;

/** All that was found, for people. The heatmap has 77 columns; the rest keeps to `columns`. */
export function quietHoursText(report: QuietHoursReport, columns: number, colour: boolean): string {
  const width = Math.min(columns, 80);
  const { week } = report.found;
  const sentence = (text: string | undefined): string[] =>
    text === undefined ? [] : ['', ...wrap(text, width)];
  return [
    ...wrap(`Writes to ${nameOf(report)}, by hour of the week`, width),
    ...wrap(scopeText(report), width),
    ...(week ? ['', ...heatmapLines(report, week, colour)] : []),
    ...sentence(unknownText(report)),
    ...(week && !report.found.unknown ? quietLines(report, width) : []),
    ...sentence(stoppedText(report)),
  ].join('\n');
}

function quietLines(report: QuietHoursReport, width: number): string[] {
  const table = windowsOf(report).map((window) =>
    row(windowText(window), [
      amount(window.rate),
      amount(window.rateAtMost),
      amount(heldAt(window.rate, report)),
      amount(heldAt(window.rateAtMost, report)),
    ]),
  );
  const head = row('Quiet windows', ['writes/hour', 'at most', 'held', 'at most']);
  const clocks = clockTexts(report).flatMap((text) => wrap(text, width));
  const schedules = scheduleLines(report).flatMap((parts) => ['', ...commandLines(parts)]);
  return [
    ...['', ...(table.length > 0 ? [head, ...table, ''] : [])],
    ...wrap(windowsText(report), width),
    ...wrap(heldText(report), width),
    ...clocks,
    ...(schedules.length > 0 ? ['', 'To rotate in these windows:', ...schedules.slice(1)] : []),
  ];
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(22) + cells.map((cell) => cell.padStart(14)).join('');
}

/** A command over several lines, as a shell takes it. */
function commandLines(parts: readonly string[]): string[] {
  return parts.map((part, position) => {
    const last = position === parts.length - 1;
    return `${position === 0 ? '  ' : '    '}${part}${last ? '' : ' \\'}`;
  });
}

function heatmapLines(report: QuietHoursReport, week: Week, colour: boolean): string[] {
  const hours = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));
  const rows = rowsOf(week, markedWindows(report)).map(({ name, cells }) => {
    const marks = cells.map(({ begins }, position) => markBefore(begins, cells[position - 1]?.ends === true));
    const end = cells.at(-1)?.ends ? ']' : '';
    return `${name} ${cells.map((cell, hour) => `${marks[hour] ?? ' '}${shade(cell, colour)}`).join('')}${end}`;
  });
  return [`     ${hours.join(' ')}`, ...rows, '', ...legendLines(week, report, colour)];
}

function markBefore(begins: boolean, ends: boolean): string {
  if (begins) return ends ? '|' : '[';
  return ends ? ']' : ' ';
}

function legendLines(week: Week, report: QuietHoursReport, colour: boolean): string[] {
  const levels = Array.from(
    { length: LEVELS },
    (_, level) => `${shadeOf(level, colour)} to ${amount(topOf(level, week))}`,
  );
  const guessed = week.hours.some(({ uncertain }) => uncertain) ? [`${UNCERTAIN.repeat(2)} not known`] : [];
  const marked = markedWindows(report).length > 0 ? ['[ ] quiet'] : [];
  return [`Writes an hour: ${levels.join('  ')}`, ...[[...marked, ...guessed].join('  ')].filter(Boolean)];
}

function shade({ level }: Cell, colour: boolean): string {
  return level === undefined ? UNCERTAIN.repeat(2) : shadeOf(level, colour);
}

function shadeOf(level: number, colour: boolean): string {
  const text = (shades[level] ?? ' ').repeat(2);
  const paint = colours[level];
  return colour && paint ? `\u001b[48;5;${paint};38;5;${paint}m${text}\u001b[0m` : text;
}
