import type { Setting, ValueOf } from './setting.ts';
import { GROUP_COORDINATOR_SETTINGS } from './settings/group-coordinator-settings.ts';
import { LOG_SETTINGS } from './settings/log-settings.ts';
import { METADATA_STORE_SETTINGS } from './settings/metadata-store-settings.ts';
import { METRICS_SETTINGS } from './settings/metrics-settings.ts';
import { NETWORK_SETTINGS } from './settings/network-settings.ts';
import { POSTHORN_SETTINGS } from './settings/posthorn-settings.ts';
import { QUOTA_SETTINGS } from './settings/quota-settings.ts';
import { RAFT_SETTINGS } from './settings/raft-settings.ts';
import { REMOTE_STORAGE_SETTINGS } from './settings/remote-storage-settings.ts';
import { REPLICATION_SETTINGS } from './settings/replication-settings.ts';
import { SASL_SETTINGS } from './settings/sasl-settings.ts';
import { SECURITY_SETTINGS } from './settings/security-settings.ts';
import { SHARE_SETTINGS } from './settings/share-settings.ts';
import { SSL_SETTINGS } from './settings/ssl-settings.ts';
import { TRANSACTION_SETTINGS } from './settings/transaction-settings.ts';

/** Every setting of a broker: all of Kafka 4.3, and Posthorn's own. */
export const BROKER_SETTINGS = {
  ...POSTHORN_SETTINGS,
  ...METADATA_STORE_SETTINGS,
  ...NETWORK_SETTINGS,
  ...LOG_SETTINGS,
  ...REPLICATION_SETTINGS,
  ...GROUP_COORDINATOR_SETTINGS,
  ...TRANSACTION_SETTINGS,
  ...SHARE_SETTINGS,
  ...QUOTA_SETTINGS,
  ...METRICS_SETTINGS,
  ...SECURITY_SETTINGS,
  ...SSL_SETTINGS,
  ...SASL_SETTINGS,
  ...REMOTE_STORAGE_SETTINGS,
  ...RAFT_SETTINGS,
} as const;

/** The name of a broker setting. */
export type BrokerKey = keyof typeof BROKER_SETTINGS;

/** The TypeScript type of a broker setting's value. */
export type BrokerValue<K extends BrokerKey> = ValueOf<(typeof BROKER_SETTINGS)[K]>;

/** The declaration of a broker setting, if there is one of that name. */
export function brokerSetting(name: string): Setting | undefined {
  return Object.hasOwn(BROKER_SETTINGS, name) ? BROKER_SETTINGS[name as BrokerKey] : undefined;
}
