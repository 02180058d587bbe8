import type { SettingTable } from '../setting.ts';

/** The settings of a client metrics subscription (KIP-714). */
export const CLIENT_METRICS_SETTINGS = {
  'interval.ms': { kind: 'int', default: '300000', importance: 'medium', doc: 'MISSING' },
  match: { kind: 'list', default: '', check: { rule: 'distinct' }, importance: 'medium', doc: 'MISSING' },
  metrics: { kind: 'list', default: '', check: { rule: 'distinct' }, importance: 'medium', doc: 'MISSING' },
} as const satisfies SettingTable;
