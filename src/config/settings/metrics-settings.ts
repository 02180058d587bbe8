import type { SettingTable } from '../setting.ts';

/** Metrics and telemetry. */
export const METRICS_SETTINGS = {
  'kafka.metrics.polling.interval.secs': {
    kind: 'int',
    default: '10',
    check: { range: [1, null] },
    importance: 'low',
    doc: "How often Kafka's metrics reporters are asked.",
  },
  'kafka.metrics.reporters': {
    kind: 'list',
    default: '',
    check: { items: 'any' },
    importance: 'low',
    doc: "Java classes that report Kafka's older kind of metrics.",
  },
  'metric.reporters': {
    kind: 'list',
    default: 'org.apache.kafka.common.metrics.JmxReporter',
    check: { items: 'any' },
    importance: 'low',
    mode: 'cluster-wide',
    doc: "Java classes that report Kafka's metrics.",
  },
  'metrics.num.samples': {
    kind: 'int',
    default: '2',
    check: { range: [1, null] },
    importance: 'low',
    doc: "Samples that Kafka's metrics are computed from.",
  },
  'metrics.recording.level': {
    kind: 'string',
    default: 'INFO',
    importance: 'low',
    doc: "How detailed Kafka's metrics are: INFO, DEBUG or TRACE.",
  },
  'metrics.sample.window.ms': {
    kind: 'long',
    default: '30000',
    check: { range: [1, null] },
    importance: 'low',
    doc: "Length of one sample of Kafka's metrics.",
  },
  'telemetry.max.bytes': {
    kind: 'int',
    default: '1048576',
    check: { range: [1, null] },
    importance: 'low',
    doc: 'Largest metrics push of a client, after compression.',
  },
} as const satisfies SettingTable;
