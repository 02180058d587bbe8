import type { SettingTable } from '../setting.ts';

/** The quotas that a user, a client id or both may have (KIP-13, KIP-546, KIP-599). */
export const CLIENT_QUOTA_SETTINGS = {
  consumer_byte_rate: { kind: 'long', default: '9223372036854775807', importance: 'medium', doc: 'MISSING' },
  controller_mutation_rate: { kind: 'double', default: '2.147483647E9', importance: 'medium', doc: 'MISSING' },
  producer_byte_rate: { kind: 'long', default: '9223372036854775807', importance: 'medium', doc: 'MISSING' },
  request_percentage: { kind: 'double', default: '2.147483647E9', importance: 'medium', doc: 'MISSING' },
} as const satisfies SettingTable;
