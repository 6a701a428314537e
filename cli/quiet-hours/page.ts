import { windowText } from '../../quiet-hours/model/schedule-line';
import { amount } from './levels';
import { heldAt, nameOf, type QuietHoursReport, scheduleLines, windowsOf } from './report';
import { escaped, quietHoursSvg } from './svg';
import { clockTexts, heldText, stoppedText, unknownText, windowsText } from './words';

/** A page with the picture, the windows and the command; it loads nothing. */
export function quietHoursPage(report: QuietHoursReport): string {
  const title = `Quiet hours of ${nameOf(report)}`;
  const windows = windowsOf(report);
  const known = report.found.unknown === null;
  const sentences = [
    unknownText(report),
    ...(known ? [windowsText(report), heldText(report), ...clockTexts(report)] : []),
    stoppedText(report),
  ].filter((sentence) => sentence !== undefined);
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title>`,
    '<style>',
    'body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 56rem; padding: 0 1rem; color: #1a1a1a; background: #fff; }',
    'svg { max-width: 100%; height: auto; } table { border-collapse: collapse; }',
    'th, td { padding: 0.25rem 1rem; text-align: right; border-bottom: 1px solid #ccc; } th:first-child { text-align: left; }',
    'pre { background: #f3f3f3; padding: 0.75rem; overflow-x: auto; }',
    '</style>',
    '</head>',
    '<body>',
    `<h1>${escaped(title)}</h1>`,
    quietHoursSvg(report).trimEnd(),
    ...(windows.length > 0 ? table(report) : []),
    ...sentences.map((sentence) => `<p>${escaped(sentence)}</p>`),
    ...scheduleLines(report).map((parts) => `<pre>${escaped(parts.join(' \\\n  '))}</pre>`),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function table(report: QuietHoursReport): string[] {
  const rows = windowsOf(report).map((window) => {
    const { rate, rateAtMost } = window;
    const cells = [rate, rateAtMost, heldAt(rate, report), heldAt(rateAtMost, report)].map(
      (value) => `<td>${amount(value)}</td>`,
    );
    return `<tr><th scope="row">${windowText(window)}</th>${cells.join('')}</tr>`;
  });
  const heads = ['Quiet window', 'Writes an hour', 'at most', 'Held', 'at most'];
  return [
    '<table>',
    `<tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr>`,
    ...rows,
    '</table>',
  ];
}
