import type { SettingTable } from '../setting.ts';

/** The quotas that a user, a client id or both may have (KIP-13, KIP-546, KIP-599). */
export const CLIENT_QUOTA_SETTINGS = {
  consumer_byte_rate: {
    kind: 'long',
    default: '9223372036854775807',
    importance: 'medium',
    doc: 'Bytes per second that may be fetched.',
  },
  controller_mutation_rate: {
    kind: 'double',
    default: '2.147483647E9',
    importance: 'medium',
    noEffect: true,
    doc: 'Partitions per second that may be created or deleted.',
  },
  producer_byte_rate: {
    kind: 'long',
    default: '9223372036854775807',
    importance: 'medium',
    doc: 'Bytes per second that may be produced.',
  },
  request_percentage: {
    kind: 'double',
    default: '2.147483647E9',
    importance: 'medium',
    doc: "Share of a thread's time, in percent, that requests may take.",
  },
} as const satisfies SettingTable;
