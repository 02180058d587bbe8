import type { Uuid } from '../base/uuid.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import type { MetadataView } from '../metadata/metadata-view.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import type { Random } from '../runtime/random.ts';
import { INITIAL_FEATURES } from './features.ts';
import { randomUuid } from './random-id.ts';

export interface ClusterFounding {
  readonly store: MetadataStore;
  readonly view: MetadataView;
  /** The id that the broker's data say; random when undefined. */
  readonly clusterId: Uuid | undefined;
  readonly random: Random;
}

/**
 * Gives a cluster its id, unless it has one, before any broker writes that into its data: of brokers that start together
 * over one store one is first, and the others take what it said. A broker alone does the same with its registration.
 */
export async function foundCluster({ store, view, clusterId, random }: ClusterFounding): Promise<void> {
  if (view.image.clusterId !== undefined) return;
  const meta = { clusterId: clusterId ?? randomUuid(random), format: 1, features: INITIAL_FEATURES };
  const { revision } = await store.txn({
    compares: [{ key: storeKeys.meta, createRevision: 0 }],
    onSuccess: [{ type: 'put', key: storeKeys.meta, value: JSON.stringify(meta) }],
  });
  await view.reached(revision);
}
