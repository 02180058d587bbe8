import type { SettingTable } from '../setting.ts';

/** Metrics and telemetry. */
export const METRICS_SETTINGS = {
  'kafka.metrics.polling.interval.secs': {
    kind: 'int',
    default: '10',
    check: { range: [1, null] },
    importance: 'low',
    doc: 'MISSING',
  },
  'kafka.metrics.reporters': {
    kind: 'list',
    default: '',
    check: { rule: 'distinct' },
    importance: 'low',
    doc: 'MISSING',
  },
  'metric.reporters': {
    kind: 'list',
    default: 'org.apache.kafka.common.metrics.JmxReporter',
    check: { rule: 'distinct' },
    importance: 'low',
    mode: 'cluster-wide',
    doc: 'MISSING',
  },
  'metrics.num.samples': { kind: 'int', default: '2', check: { range: [1, null] }, importance: 'low', doc: 'MISSING' },
  'metrics.recording.level': { kind: 'string', default: 'INFO', importance: 'low', doc: 'MISSING' },
  'metrics.sample.window.ms': {
    kind: 'long',
    default: '30000',
    check: { range: [1, null] },
    importance: 'low',
    doc: 'MISSING',
  },
  'telemetry.max.bytes': {
    kind: 'int',
    default: '1048576',
    check: { range: [1, null] },
    importance: 'low',
    doc: 'MISSING',
  },
} as const satisfies SettingTable;
