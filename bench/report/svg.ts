import { formatNumber } from './numbers.ts';

/*
 * Pictures as text, for pages that are read where no script runs. Their own background, so that they are legible on any
 * page. Scales are logarithmic: what is measured goes over decades.
 */

const FONT = 'font-family="system-ui, sans-serif"';
const INK = '#24292f';
const GRID = '#d0d7de';
const OURS = '#0969da';
const THEIRS = '#bf8700';
const WORSE = '#cf222e';

export interface Series {
  readonly name: string;
  readonly isOurs: boolean;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface LineChart {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly Series[];
}

const CHART = { width: 640, height: 360, left: 80, right: 20, top: 50, bottom: 50 } as const;

/** Lines over two logarithmic axes, with the series' names at the top. Points that are not above zero have no place on it. */
export function lineChart({ title, xTitle, yTitle, series }: LineChart): string {
  const { width, height, left, right, top, bottom } = CHART;
  const points = series.flatMap((each) => each.points.filter(({ x, y }) => x > 0 && y > 0));
  const x = logScale(decades(points.map((point) => point.x)), left, width - right);
  const y = logScale(decades(points.map((point) => point.y)), height - bottom, top);
  const parts = [
    text(width / 2, 20, title, { anchor: 'middle', size: 15 }),
    text((left + width - right) / 2, height - 10, xTitle, { anchor: 'middle' }),
    text(left, top - 12, yTitle),
    ...x.ticks.flatMap((value) => [
      line(x.at(value), top, x.at(value), height - bottom, GRID),
      text(x.at(value), height - bottom + 16, formatNumber(value), { anchor: 'middle' }),
    ]),
    ...y.ticks.flatMap((value) => [
      line(left, y.at(value), width - right, y.at(value), GRID),
      text(left - 6, y.at(value) + 4, formatNumber(value), { anchor: 'end' }),
    ]),
    ...series.flatMap(({ name, isOurs, points: all }, index) => {
      const color = isOurs ? OURS : THEIRS;
      const shown = all.filter((point) => point.x > 0 && point.y > 0);
      const path = shown.map((point) => `${fixed(x.at(point.x))},${fixed(y.at(point.y))}`).join(' ');
      return [
        `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2.5"/>`,
        ...shown.map(
          (point) => `<circle cx="${fixed(x.at(point.x))}" cy="${fixed(y.at(point.y))}" r="4" fill="${color}"/>`,
        ),
        text(width - right - 160 + index * 90, top - 12, name, { color, weight: 600 }),
      ];
    }),
  ];
  return document(width, height, title, parts);
}

export interface Bar {
  readonly label: string;
  /** How many times better; below 1 is worse. */
  readonly value: number;
}

const ROW = 20;
const BARS = { width: 860, left: 420, right: 60, top: 60, bottom: 20 } as const;

/** Bars to the right of 1 for what is better, to the left for what is worse. */
export function barChart(title: string, subtitle: string, bars: readonly Bar[]): string {
  const { width, left, right, top, bottom } = BARS;
  const height = top + bars.length * ROW + bottom;
  const values = bars.map(({ value }) => value).filter((value) => Number.isFinite(value) && value > 0);
  const x = logScale([Math.min(0.5, ...values), Math.max(2, ...values)], left, width - right);
  const one = x.at(1);
  const parts = [
    text(10, 22, title, { size: 16, weight: 600 }),
    text(10, 42, subtitle),
    ...[0.1, 0.5, 1, 2, 5, 10, 20, 50, 100].flatMap((value) =>
      value < x.from || value > x.to
        ? []
        : [
            line(x.at(value), top - 4, x.at(value), height - bottom, value === 1 ? INK : GRID),
            text(x.at(value), top - 8, `${value}x`, { anchor: 'middle', size: 11 }),
          ],
    ),
    ...bars.flatMap(({ label, value }, row) => {
      const y = top + row * ROW;
      const name = text(left - 8, y + 14, label, { anchor: 'end', size: 12 });
      if (!Number.isFinite(value) || value <= 0) return [name];
      const end = x.at(value);
      const [from, to] = [Math.min(one, end), Math.max(one, end)];
      const bar = `<rect x="${fixed(from)}" y="${y + 3}" width="${fixed(Math.max(1, to - from))}" height="${ROW - 6}" fill="${value < 1 ? WORSE : OURS}"/>`;
      return [name, bar, text(to + 4, y + 14, `${formatNumber(value)}x`, { size: 11 })];
    }),
  ];
  return document(width, height, title, parts);
}

interface LogScale {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  at(value: number): number;
}

function logScale([from, to]: readonly [number, number], first: number, last: number): LogScale {
  const [low, high] = [Math.log10(from), Math.log10(to)];
  const ticks: number[] = [];
  for (let power = Math.ceil(low - 1e-9); power <= Math.floor(high + 1e-9); power++) ticks.push(10 ** power);
  return { from, to, ticks, at: (value) => first + ((Math.log10(value) - low) / (high - low)) * (last - first) };
}

/** The whole decades around the values. */
function decades(values: readonly number[]): readonly [number, number] {
  if (values.length === 0) return [1, 10];
  const low = Math.floor(Math.log10(Math.min(...values)));
  return [10 ** low, 10 ** Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))];
}

interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly color?: string;
  readonly weight?: number;
}

function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { anchor = 'start', size = 12, color = INK, weight = 400 } = style;
  return `<text x="${fixed(x)}" y="${fixed(y)}" ${FONT} font-size="${size}" font-weight="${weight}" fill="${color}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number, color: string): string {
  return `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" stroke="${color}"/>`;
}

function document(width: number, height: number, title: string, parts: readonly string[]): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escaped(title)}">`;
  return `${[head, `<rect width="${width}" height="${height}" fill="#ffffff"/>`, ...parts, '</svg>'].join('\n')}\n`;
}

function fixed(value: number): string {
  return String(Number(value.toFixed(1)));
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
