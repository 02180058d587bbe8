import { StoreUnavailable, type MetadataStore } from '../metadata/metadata-store.ts';
import { parseRecord, type ProducerIdsRecord } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { E } from '../protocol/errors.ts';
import { OK, putRecord, refused, type ItemResult } from './decision.ts';

/** Ids handed to a broker at once (KIP-730). */
export const PRODUCER_IDS_PER_BLOCK = 1000;
/** Attempts while others take blocks too. */
const ATTEMPTS_MAX = 100;

export interface ProducerIdBlock extends ItemResult {
  readonly first: number;
  readonly count: number;
}

/**
 * Takes the next block of producer ids by compare-and-set, which any broker may; what it does not use of it is lost. Never
 * rejects for what a store can do.
 */
export async function takeProducerIds(store: MetadataStore): Promise<ProducerIdBlock> {
  const key = storeKeys.producerIds;
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const entry = await store.get(key);
      const first = entry === undefined ? 0 : (parseRecord(key, entry.value) as ProducerIdsRecord).next;
      const { succeeded } = await store.txn({
        compares: [{ key, modRevision: entry?.modRevision ?? 0 }],
        onSuccess: [putRecord(key, { next: first + PRODUCER_IDS_PER_BLOCK })],
      });
      if (succeeded) return { ...OK, first, count: PRODUCER_IDS_PER_BLOCK };
    }
    return { ...refused(E.REQUEST_TIMED_OUT), first: -1, count: 0 };
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return { ...refused(E.KAFKA_STORAGE_ERROR, error.message), first: -1, count: 0 };
  }
}
