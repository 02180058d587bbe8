import type { BrokerConfig } from '../../config/broker-config.ts';
import { rememberDirectories } from '../../controller/known-directories.ts';
import type { LogDirectories } from '../../log/directories/log-directories.ts';
import type { MetadataStore } from '../../metadata/metadata-store.ts';
import type { MetadataView } from '../../metadata/metadata-view.ts';
import { storeKeys } from '../../metadata/store-keys.ts';
import type { Logger } from '../../runtime/logger.ts';
import { logSettings } from './log-settings.ts';

export interface LostLogParts {
  readonly config: BrokerConfig;
  readonly logger: Logger;
  readonly store: MetadataStore;
  readonly view: MetadataView;
  readonly logDirectories: LogDirectories;
  readonly brokerId: number;
}

/**
 * At start: partitions of this broker that lie in a directory out of reach are noted as offline, so that nobody makes
 * them anew, and the directories are remembered for the next start. Rejects with StoreUnavailable.
 */
export async function findLostLogs(parts: LostLogParts): Promise<void> {
  const { config, logger, store, view, logDirectories, brokerId } = parts;
  const { image } = view;
  const record = rememberDirectories(image, {
    brokerId,
    opened: logDirectories.opened,
    brokenPaths: logDirectories.brokenPaths,
    isFound: (topic, index) => logDirectories.get(topic, index) !== undefined,
  });
  if (record === undefined) return;
  const lost: string[] = [];
  for (const [topicId, indexes] of Object.entries(record.lost)) {
    const topic = image.topicNamesById.get(topicId)!;
    const settings = logSettings(topic, image.config({ type: 'topic', name: topic }), config);
    for (const partition of indexes) {
      logDirectories.addLost({ topic, partition, topicId, config: settings });
      lost.push(`${topic}-${partition}`);
    }
  }
  if (lost.length > 0) {
    const directories = record.known.filter(({ isMissing }) => isMissing).map(({ path }) => path);
    logger.error('partitions are offline until their log directory is back or their topic is deleted', {
      directories,
      count: lost.length,
      partitions: lost.slice(0, PARTITIONS_NAMED_MAX),
    });
  }
  const key = storeKeys.directories(brokerId);
  const value = JSON.stringify(record);
  if (value === JSON.stringify(image.directories.get(String(brokerId)))) return;
  const { revision } = await store.txn({ compares: [], onSuccess: [{ type: 'put', key, value }] });
  await view.reached(revision);
}

/** In one line of the log. */
const PARTITIONS_NAMED_MAX = 20;
