import { assert } from '../base/assert.ts';
import { Counter, DURATION_BOUNDS_S, Gauge, Histogram } from './metric.ts';
import { type FamilyOptions, MetricFamily } from './metric-family.ts';
import { exposeComputed, exposeHistograms, exposeNumbers } from './prometheus-text.ts';

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** A number that is worked out when somebody asks. */
export interface Computed {
  readonly labelValues: readonly string[];
  readonly value: number;
}

/** All metrics of one broker. Counting costs an addition; text is made only when somebody asks for it. */
export class MetricRegistry {
  readonly #exposers = new Map<string, () => string>();

  /** A counter without labels. */
  counter(name: string, help: string): Counter {
    return this.counters({ name, help }).of();
  }

  counters(options: FamilyOptions): MetricFamily<Counter> {
    const family = new MetricFamily(options, () => new Counter());
    this.#register(options, () => exposeNumbers('counter', family));
    return family;
  }

  /** A gauge without labels. */
  gauge(name: string, help: string): Gauge {
    return this.gauges({ name, help }).of();
  }

  gauges(options: FamilyOptions): MetricFamily<Gauge> {
    const family = new MetricFamily(options, () => new Gauge());
    this.#register(options, () => exposeNumbers('gauge', family));
    return family;
  }

  /** Gauges that are worked out at exposition: sizes of maps, lags, memory. */
  computed(options: FamilyOptions, compute: () => Iterable<Computed>): void {
    this.#register(options, () => exposeComputed(options, compute()));
  }

  /** Histograms; without bounds those for durations in seconds. */
  histograms(options: FamilyOptions, bounds = DURATION_BOUNDS_S): MetricFamily<Histogram> {
    const family = new MetricFamily(options, () => new Histogram(bounds));
    this.#register(options, () => exposeHistograms(family));
    return family;
  }

  /** All metrics in Prometheus' text format, version 0.0.4, in the order they were registered. */
  expose(): string {
    let text = '';
    for (const expose of this.#exposers.values()) text += expose();
    return text;
  }

  #register({ name, labels = [] }: FamilyOptions, expose: () => string): void {
    assert(NAME.test(name), `metric name ${name}`);
    for (const label of labels) assert(NAME.test(label) && label !== 'le', `label name ${label}`);
    assert(!this.#exposers.has(name), `metric ${name} registered twice`);
    this.#exposers.set(name, expose);
  }
}
