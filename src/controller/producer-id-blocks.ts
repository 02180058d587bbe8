import type { ClusterImage } from '../metadata/cluster-image.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { OK, putRecord, single, type Decided, type ItemResult } from './decision.ts';

/** Ids handed to a broker at once (KIP-730). */
export const PRODUCER_IDS_PER_BLOCK = 1000;

export interface ProducerIdBlock extends ItemResult {
  readonly first: number;
  readonly count: number;
}

/** Gives away the next block of producer ids; what a broker does not use of it is lost. */
export function decideProducerIds(image: ClusterImage): Decided<ProducerIdBlock> {
  const first = image.nextProducerId;
  return {
    result: { ...OK, first, count: PRODUCER_IDS_PER_BLOCK },
    mutation: single(putRecord(storeKeys.producerIds, { next: first + PRODUCER_IDS_PER_BLOCK })),
  };
}
