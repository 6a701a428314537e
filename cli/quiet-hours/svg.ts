import type { Week } from '../../quiet-hours/model/findings';
import { amount, type Cell, LEVELS, rowsOf, topOf } from './levels';
import { type QuietHoursReport, nameOf, markedWindows } from './report';
import { pictureText, scopeText, unknownText } from './words';

/** From viridis: the order of the levels is seen also without telling hues apart. */
const colours = [
  { ground: '#440154', letters: '#ffffff' },
  { ground: '#3b528b', letters: '#ffffff' },
  { ground: '#21918c', letters: '#ffffff' },
  { ground: '#5ec962', letters: '#000000' },
  { ground: '#fde725', letters: '#000000' },
] as const;

const cellWidth = 34;
const cellHeight = 30;
const left = 52;
const top = 84;
const width = left + 24 * cellWidth + 20;
const height = top + 7 * cellHeight + 74;

/** The week as a picture of its own, without scripts or fonts from elsewhere; each cell bears its number. */
export function quietHoursSvg(report: QuietHoursReport): string {
  const { week } = report.found;
  const said = unknownText(report);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="quiet-title quiet-desc" font-family="system-ui, sans-serif" font-size="12">`,
    `<title id="quiet-title">Writes to ${escaped(nameOf(report))}, by hour of the week</title>`,
    `<desc id="quiet-desc">${escaped(said ?? pictureText(report))}</desc>`,
    '<defs><pattern id="guess" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#ffffff"/><rect width="2" height="6" fill="#767676"/></pattern></defs>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(20, 28, `Writes to ${nameOf(report)}, by hour of the week`, 'font-size="18" font-weight="600"'),
    text(20, 48, scopeText(report), 'fill="#444444"'),
    ...(week ? heatmap(report, week) : [text(20, top + 20, said ?? '')]),
    '</svg>',
    '',
  ].join('\n');
}

function heatmap(report: QuietHoursReport, week: Week): string[] {
  const rows = rowsOf(week, markedWindows(report));
  const cells = rows.flatMap(({ name, cells: row }) => row.map((cell) => cellOf(cell, name)));
  const days = rows.map(({ name }, day) => text(20, top + day * cellHeight + 20, name));
  const hours = Array.from({ length: 24 }, (_, hour) =>
    text(
      left + hour * cellWidth + cellWidth / 2,
      top - 8,
      String(hour).padStart(2, '0'),
      'text-anchor="middle"',
    ),
  );
  return [
    ...hours,
    ...days,
    ...cells,
    ...rows.flatMap(({ cells: row }) => frames(row)),
    ...legend(week, report),
  ];
}

function cellOf({ day, hour, level, known }: Cell, name: string): string {
  const [x, y] = [left + hour * cellWidth, top + day * cellHeight];
  const paint = level === undefined ? undefined : colours[level];
  const rate = `${name} ${String(hour).padStart(2, '0')}:00: ${amount(known.rate)} writes an hour, from ${amount(known.rateAtLeast)} to ${amount(known.rateAtMost)}`;
  const number = paint
    ? text(
        x + cellWidth / 2,
        y + 19,
        short(known.rate),
        `text-anchor="middle" font-size="10" fill="${paint.letters}"`,
      )
    : '';
  return `<g><title>${rate}</title><rect x="${x}" y="${y}" width="${cellWidth - 1}" height="${cellHeight - 1}" fill="${paint?.ground ?? 'url(#guess)'}"/>${number}</g>`;
}

/** The outlines of windows in one day; one that goes on over midnight is open there. */
function frames(row: readonly Cell[]): string[] {
  const paths: string[] = [];
  let begun: number | undefined =
    row.find(({ begins, ends }) => begins || ends)?.begins === false ? -1 : undefined;
  for (const { day, hour, begins, ends } of row) {
    if (begins) begun = hour;
    if (begun === undefined || !(ends || hour === row.length - 1)) continue;
    const [y, bottom] = [top + day * cellHeight - 0.5, top + (day + 1) * cellHeight - 0.5];
    const [from, to] = [left + Math.max(begun, 0) * cellWidth - 0.5, left + (hour + 1) * cellWidth - 0.5];
    const close = ends ? `V${bottom}` : `M${to} ${bottom}`;
    const open = begun < 0 ? '' : `V${y}`;
    const path = `M${from} ${y}H${to}${close}H${from}${open}`;
    paths.push(
      `<path d="${path}" fill="none" stroke="#ffffff" stroke-width="5"/><path d="${path}" fill="none" stroke="#d4002a" stroke-width="3"/>`,
    );
    begun = undefined;
  }
  return paths;
}

function legend(week: Week, report: QuietHoursReport): string[] {
  const y = top + 7 * cellHeight + 24;
  const step = 132;
  const levels = Array.from({ length: LEVELS }, (_, level) => [
    `<rect x="${left + level * step}" y="${y}" width="22" height="16" fill="${colours[level]?.ground ?? ''}"/>`,
    text(left + level * step + 28, y + 13, `to ${amount(topOf(level, week))} an hour`),
  ]);
  const x = left + LEVELS * step;
  const marked = `<rect x="${left + 1.5}" y="${y + 25.5}" width="19" height="13" fill="none" stroke="#d4002a" stroke-width="3"/>`;
  return [
    ...levels.flat(),
    `<rect x="${x}" y="${y}" width="22" height="16" fill="url(#guess)" stroke="#767676"/>`,
    text(x + 28, y + 13, 'not known'),
    ...(markedWindows(report).length > 0 ? [marked, text(left + 28, y + 37, 'known to be quiet')] : []),
  ];
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x}" y="${y}"${attributes && ` ${attributes}`}>${escaped(content)}</text>`;
}

/** A rate in a cell. */
function short(rate: number): string {
  const steps = [
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const;
  const [per, unit] = steps.find(([least]) => rate >= least) ?? [1, ''];
  const scaled = rate / per;
  return `${scaled >= 10 || scaled === 0 ? Math.round(scaled) : scaled.toFixed(1)}${unit}`;
}

/** A text inside of an element or an attribute of XML or HTML. */
export function escaped(content: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return content.replace(/[&<>"']/g, (character) => names[character] ?? character);
}
