import type { Uuid } from '../base/uuid.ts';
import type { ClusterImage } from '../metadata/cluster-image.ts';
import { TXN_OPS_MAX, type MetadataStore, type StoreOp } from '../metadata/metadata-store.ts';
import { parseRecord, type DeletedTopicRecord } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { putRecord } from './decision.ts';

/** Attempts while others say the same of theirs. */
const ATTEMPTS_MAX = 100;

/**
 * Notes that a broker holds no files of a deleted topic. The last one to say so removes what the store still knows of the
 * topic; until then a broker that is down finds at its return what it has to delete. Any broker may, whoever is the
 * controller. Resolves with the revision that holds it. Rejects with StoreUnavailable.
 */
export async function forgetFiles(
  store: MetadataStore,
  image: () => ClusterImage,
  deleted: { readonly topicId: Uuid; readonly brokerId: number },
): Promise<number> {
  const { topicId, brokerId } = deleted;
  const key = storeKeys.deletedTopic(topicId);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const entry = await store.get(key);
    if (entry === undefined) return 0;
    const record = parseRecord(key, entry.value) as DeletedTopicRecord;
    const { brokers } = image();
    const left = record.brokers.filter((id) => id !== brokerId && brokers.has(id));
    if (left.length > 0 && left.length === record.brokers.length) return 0;
    const compares = [{ key, modRevision: entry.modRevision }];
    const last: StoreOp = left.length > 0 ? putRecord(key, { ...record, brokers: left }) : { type: 'delete', key };
    const others = left.length > 0 ? [] : partitionDeletes(image(), topicId, 0);
    for (; others.length >= TXN_OPS_MAX; others.splice(0, TXN_OPS_MAX)) {
      await store.txn({ compares, onSuccess: others.slice(0, TXN_OPS_MAX) });
    }
    const { succeeded, revision } = await store.txn({ compares, onSuccess: [...others, last] });
    if (succeeded) return revision;
  }
  return 0;
}

/** Removal of a topic's partition records from an index on. */
export function partitionDeletes(image: ClusterImage, topicId: Uuid, from: number): StoreOp[] {
  const ops: StoreOp[] = [];
  const slots = image.partitions.get(topicId) ?? [];
  for (let index = from; index < slots.length; index++) {
    if (slots[index] !== undefined) ops.push({ type: 'delete', key: storeKeys.partition(topicId, index) });
  }
  return ops;
}
