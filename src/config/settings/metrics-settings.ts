import type { SettingTable } from '../setting.ts';

/** Metrics and telemetry. */
export const METRICS_SETTINGS = {
  'kafka.metrics.polling.interval.secs': {
    kind: 'int',
    default: '10',
    check: { range: [1, null] },
    importance: 'low',
    noEffect: true,
    doc: "How often Kafka's metrics reporters are asked.",
  },
  'kafka.metrics.reporters': {
    kind: 'list',
    default: '',
    check: { items: 'any' },
    importance: 'low',
    noEffect: true,
    doc: "Java classes that report Kafka's older kind of metrics.",
  },
  'metric.reporters': {
    kind: 'list',
    default: 'org.apache.kafka.common.metrics.JmxReporter',
    check: { items: 'any' },
    importance: 'low',
    mode: 'cluster-wide',
    noEffect: true,
    doc: "Java classes that report Kafka's metrics.",
  },
  'metrics.num.samples': {
    kind: 'int',
    default: '2',
    check: { range: [1, null] },
    importance: 'low',
    noEffect: true,
    doc: "Samples that Kafka's metrics are computed from.",
  },
  'metrics.recording.level': {
    kind: 'string',
    default: 'INFO',
    importance: 'low',
    noEffect: true,
    doc: "How detailed Kafka's metrics are: INFO, DEBUG or TRACE.",
  },
  'metrics.sample.window.ms': {
    kind: 'long',
    default: '30000',
    check: { range: [1, null] },
    importance: 'low',
    noEffect: true,
    doc: "Length of one sample of Kafka's metrics.",
  },
  'telemetry.max.bytes': {
    kind: 'int',
    default: '1048576',
    check: { range: [1, null] },
    importance: 'low',
    noEffect: true,
    doc: 'Largest metrics push of a client, after compression.',
  },
} as const satisfies SettingTable;
