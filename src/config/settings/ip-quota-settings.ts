import type { SettingTable } from '../setting.ts';

/** The quotas that an address may have (KIP-612). */
export const IP_QUOTA_SETTINGS = {
  connection_creation_rate: {
    kind: 'int',
    default: '2147483647',
    check: { range: [0, null] },
    importance: 'medium',
    noEffect: true,
    doc: 'New connections per second that the address may open.',
  },
} as const satisfies SettingTable;
