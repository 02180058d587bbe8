import { assert } from '../base/assert.ts';

/** What metrics of one name have in common. */
export interface FamilyOptions {
  /** Prometheus' name, with the unit and `_total` for counters: `posthorn_request_bytes_total`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** Series kept apart; those beyond share one, labelled {@link OVERFLOW_LABEL}. */
  readonly seriesMax?: number;
}

export const OVERFLOW_LABEL = '(other)';

const SERIES_MAX_DEFAULT = 10_000;

export interface Series<Metric> {
  readonly labelValues: readonly string[];
  readonly metric: Metric;
}

/** The metrics of one name, one for each set of label values. */
export class MetricFamily<Metric> {
  readonly options: FamilyOptions;
  readonly #labelCount: number;
  readonly #create: () => Metric;
  readonly #series = new Map<string, Series<Metric>>();

  constructor(options: FamilyOptions, create: () => Metric) {
    this.options = options;
    this.#labelCount = options.labels?.length ?? 0;
    this.#create = create;
  }

  /** The metric for these label values, made at the first call. Look it up once, not for every event. */
  of(...labelValues: readonly string[]): Metric {
    assert(labelValues.length === this.#labelCount, `${this.options.name} has ${this.#labelCount} labels`);
    const known = this.#series.get(keyOf(labelValues));
    if (known !== undefined) return known.metric;
    const isFull = this.#series.size >= (this.options.seriesMax ?? SERIES_MAX_DEFAULT);
    return this.#at(isFull ? labelValues.map(() => OVERFLOW_LABEL) : labelValues);
  }

  /** Forgets a series, as when its topic is deleted. */
  remove(...labelValues: readonly string[]): void {
    this.#series.delete(keyOf(labelValues));
  }

  series(): Iterable<Series<Metric>> {
    return this.#series.values();
  }

  #at(labelValues: readonly string[]): Metric {
    const key = keyOf(labelValues);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { labelValues, metric: this.#create() };
      this.#series.set(key, series);
    }
    return series.metric;
  }
}

/** Label values hold no NUL; if one did, two series would share a metric. */
function keyOf(labelValues: readonly string[]): string {
  return labelValues.length === 1 ? labelValues[0]! : labelValues.join('\0');
}
