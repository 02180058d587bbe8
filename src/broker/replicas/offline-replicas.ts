import type { Uuid } from '../../base/uuid.ts';
import type { LogDirectories } from '../../log/directories/log-directories.ts';
import { LeaseGone, StoreUnavailable, type MetadataStore } from '../../metadata/metadata-store.ts';
import type { MetadataView } from '../../metadata/metadata-view.ts';
import type { DirectoriesRecord } from '../../metadata/records.ts';
import { storeKeys } from '../../metadata/store-keys.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Partitions } from './partitions.ts';

export interface OfflineReplicasParts {
  readonly store: MetadataStore;
  readonly view: MetadataView;
  readonly partitions: Partitions;
  readonly logDirectories: LogDirectories;
  readonly logger: Logger;
  readonly brokerId: number;
  /** Epoch of this broker's registration: one that was deposed has nothing to say. */
  readonly brokerEpoch: () => number;
}

/**
 * Tells the cluster which replicas of this broker cannot be served any more, its directory having failed or its log being
 * damaged: the controller elects others for them, and clients are shown them as offline (in Kafka the offline directories
 * of a BrokerHeartbeat, KIP-858). They stay so until the next start finds them.
 */
export class OfflineReplicas {
  readonly #parts: OfflineReplicasParts;
  #isWriting = false;

  constructor(parts: OfflineReplicasParts) {
    this.#parts = parts;
  }

  /** Compares what is offline with what the cluster knows, and writes the difference; to be called now and then. */
  look(): void {
    const { view, brokerId } = this.#parts;
    if (this.#isWriting) return;
    const before = view.image.directories.get(String(brokerId));
    const lost = this.#lost();
    if (isSame(lost, before?.lost ?? NOTHING)) return;
    this.#isWriting = true;
    void this.#write(before, lost).finally(() => (this.#isWriting = false));
  }

  #lost(): DirectoriesRecord['lost'] {
    const lost: Record<Uuid, number[]> = {};
    for (const { topicId, index, log } of this.#parts.partitions.all()) {
      if (log.isOffline) (lost[topicId] ??= []).push(index);
    }
    return lost;
  }

  /** Never rejects: what could not be written is tried at the next look. */
  async #write(before: DirectoriesRecord | undefined, lost: DirectoriesRecord['lost']): Promise<void> {
    const { store, view, logDirectories, logger, brokerId, brokerEpoch } = this.#parts;
    const failed = new Set(logDirectories.failedPaths);
    const known = before?.known ?? logDirectories.opened.map((each) => ({ ...each, isMissing: false }));
    const record: DirectoriesRecord = {
      known: known.map((each) => ({ ...each, isMissing: each.isMissing || failed.has(each.path) })),
      lost,
    };
    try {
      const { succeeded, revision } = await store.txn({
        compares: [{ key: storeKeys.broker(brokerId), createRevision: brokerEpoch() }],
        onSuccess: [{ type: 'put', key: storeKeys.directories(brokerId), value: JSON.stringify(record) }],
      });
      if (succeeded) await view.reached(revision);
    } catch (error) {
      if (!(error instanceof StoreUnavailable) && !(error instanceof LeaseGone)) {
        logger.error('the replicas that are offline could not be told', { error });
      }
    }
  }
}

const NOTHING: DirectoriesRecord['lost'] = {};

function isSame(left: DirectoriesRecord['lost'], right: DirectoriesRecord['lost']): boolean {
  const topics = Object.entries(left);
  return (
    topics.length === Object.keys(right).length &&
    topics.every(([topicId, indexes]) => {
      const others = right[topicId];
      return others?.length === indexes.length && indexes.every((index) => others.includes(index));
    })
  );
}
