import { resultName, type Curve } from '../curves/curve.ts';
import { median } from '../measure/statistics.ts';
import type { SideName } from '../sides/side.ts';
import { formatNumber, formatRatio } from './numbers.ts';
import { foreignCores, type Result } from './results.ts';
import { lineChart } from './svg.ts';

const SIDES: readonly { readonly name: SideName; readonly title: string }[] = [
  { name: 'posthorn', title: 'Posthorn' },
  { name: 'kafka', title: 'Kafka' },
];

/** The median of a metric at a size. */
function valueAt({ workload, measurements }: Result, side: SideName, size: number, key: string): number {
  const values = measurements
    .filter((each) => each.side === side && each.size === size)
    .map(({ values: found }) => found[key] ?? Number.NaN);
  if (values.length === 0) throw new Error(`${workload} has no ${key} at ${size}`);
  return median(values);
}

function sizesOf({ measurements }: Result): number[] {
  return [...new Set(measurements.map(({ size = 0 }) => size))].toSorted((a, b) => a - b);
}

/** A line to a size: both sides and their ratio for each metric. */
export function curveTable({ metrics, sizeTitle }: Curve, result: Result): string {
  const heads = metrics.flatMap(({ title, unit }) => [`${title}, ${unit}: Posthorn`, 'Kafka', 'ratio']);
  const rows = sizesOf(result).map((size) => {
    const cells = metrics.flatMap(({ key }) => {
      const [ours = Number.NaN, theirs = Number.NaN] = SIDES.map(({ name }) => valueAt(result, name, size, key));
      return [formatNumber(ours), formatNumber(theirs), formatRatio(theirs === 0 ? undefined : ours / theirs)];
    });
    return `| ${[formatNumber(size), ...cells].join(' | ')} |`;
  });
  return [`| ${[sizeTitle, ...heads].join(' | ')} |`, `| ---: |${heads.map(() => ' ---: |').join('')}`, ...rows].join(
    '\n',
  );
}

/** The part of the document about one curve; its picture lies in `pictures`. */
export function curvePart(curve: Curve, result: Result, pictures: string): string {
  const rounds = Math.max(...result.measurements.map(({ round }) => round));
  return [
    `### ${curve.title}`,
    '',
    `${curve.method} Turns at each size: ${rounds}; other processes used ${foreignCores(result).toFixed(2)} cores. \`npm run bench -- ${resultName(curve)}\`.`,
    '',
    `![${curve.title}](${pictures}/${resultName(curve)}.svg)`,
    '',
    curveTable(curve, result),
  ].join('\n');
}

export function curvePicture({ title, sizeTitle, metrics, drawn }: Curve, result: Result): string {
  const metric = metrics.find(({ key }) => key === drawn);
  if (metric === undefined) throw new Error(`${title} draws ${drawn}, which it does not measure`);
  return lineChart({
    title,
    xTitle: sizeTitle,
    yTitle: `${metric.title}, ${metric.unit}`,
    series: SIDES.map((side) => ({
      name: side.title,
      isOurs: side.name === 'posthorn',
      points: sizesOf(result).map((size) => ({ x: size, y: valueAt(result, side.name, size, drawn) })),
    })),
  });
}
