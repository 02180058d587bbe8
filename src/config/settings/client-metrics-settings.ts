import type { SettingTable } from '../setting.ts';

/** The settings of a client metrics subscription (KIP-714). */
export const CLIENT_METRICS_SETTINGS = {
  'interval.ms': {
    kind: 'int',
    default: '300000',
    importance: 'medium',
    noEffect: true,
    doc: 'How often clients push their metrics.',
  },
  match: {
    kind: 'list',
    default: '',
    check: { items: 'any' },
    importance: 'medium',
    noEffect: true,
    doc: 'Which clients push, as key=regular expression: client_id, client_instance_id, client_software_name, client_software_version, client_source_address, client_source_port.',
  },
  metrics: {
    kind: 'list',
    default: '',
    check: { items: 'any' },
    importance: 'medium',
    noEffect: true,
    doc: 'Prefixes of the names of the metrics that are pushed; * is all.',
  },
} as const satisfies SettingTable;
