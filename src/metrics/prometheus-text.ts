import type { Counter, Gauge, Histogram } from './metric.ts';
import type { FamilyOptions, MetricFamily } from './metric-family.ts';

/** Media type of the text: what Prometheus asks for when it scrapes. */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function exposeNumbers(type: 'counter' | 'gauge', family: MetricFamily<Counter> | MetricFamily<Gauge>): string {
  const { options } = family;
  let text = head(options, type);
  for (const { labelValues, metric } of family.series()) text += sample(options, '', labelValues, metric.value);
  return text;
}

export function exposeComputed(
  options: FamilyOptions,
  values: Iterable<{ labelValues: readonly string[]; value: number }>,
): string {
  let text = head(options, 'gauge');
  for (const { labelValues, value } of values) text += sample(options, '', labelValues, value);
  return text;
}

export function exposeHistograms(family: MetricFamily<Histogram>): string {
  const { options } = family;
  const bucket = { ...options, labels: [...(options.labels ?? []), 'le'] };
  let text = head(options, 'histogram');
  for (const { labelValues, metric } of family.series()) {
    let upTo = 0;
    for (const [index, bound] of metric.bounds.entries()) {
      upTo += metric.counts[index]!;
      text += sample(bucket, '_bucket', [...labelValues, String(bound)], upTo);
    }
    text += sample(bucket, '_bucket', [...labelValues, '+Inf'], metric.count);
    text += sample(options, '_sum', labelValues, metric.sum);
    text += sample(options, '_count', labelValues, metric.count);
  }
  return text;
}

function head({ name, help }: FamilyOptions, type: string): string {
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `# HELP ${name} ${escaped}\n# TYPE ${name} ${type}\n`;
}

function sample(options: FamilyOptions, suffix: string, labelValues: readonly string[], value: number): string {
  const pairs = (options.labels ?? []).map((label, index) => `${label}="${escapedLabel(labelValues[index] ?? '')}"`);
  const labels = pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
  return `${options.name}${suffix}${labels} ${numeral(value)}\n`;
}

function escapedLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numeral(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
