import type { Uuid } from '../base/uuid.ts';
import type { ClusterImage, PartitionImage } from '../metadata/cluster-image.ts';
import {
  StoreUnavailable,
  TXN_OPS_MAX,
  type Compare,
  type MetadataStore,
  type StoreOp,
} from '../metadata/metadata-store.ts';
import type { MetadataView } from '../metadata/metadata-view.ts';
import { withInSync } from '../metadata/partition-transition.ts';
import { partitionRecord } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import type { Timers } from '../runtime/clock.ts';
import type { InSyncMember } from './leader-term.ts';

/** Compares of a transaction: its own registration, a record for each partition, and two for each broker that joins any of them. */
const COMPARES_OWN = 1;
const COMPARES_PER_PARTITION = 1;
const COMPARES_PER_JOINER = 2;
/** Until an unknown outcome is looked into again. */
const RETRY_MS = 500;

export interface InSyncProposal {
  readonly topicId: Uuid;
  readonly index: number;
  /** The record that the leader saw: any later change of it refuses the proposal. */
  readonly seen: PartitionImage;
  readonly members: readonly InSyncMember[];
  readonly minInSync: number;
  /** The proposal was refused for certain: the record changed, or a member is not what the leader took it for. */
  refused(): void;
}

export interface InSyncProposalsOptions {
  readonly store: MetadataStore;
  readonly view: MetadataView;
  readonly timers: Timers;
  readonly brokerId: number;
  /** Epoch of this broker's registration: without it in force its proposals are void. */
  readonly brokerEpoch: () => number;
}

/**
 * Writes the in-sync sets that this broker proposes as leader: compare-and-set on the partition's record, on the leader's
 * own registration and on that of every member that joins (KIP-497, 841, 903), without a detour by the controller.
 * Accepted proposals come back with the image. One whose outcome is unknown is repeated until it is known: at most one of
 * the attempts can take effect, and whoever reads the answer knows that no other will.
 */
export class InSyncProposals {
  readonly #options: InSyncProposalsOptions;
  /** By partition: one that still waits when the next comes was about a record that has changed since, as its leader knows. */
  readonly #waiting = new Map<string, InSyncProposal>();
  #isWriting = false;
  #isClosed = false;

  constructor(options: InSyncProposalsOptions) {
    this.#options = options;
  }

  /** Takes a proposal; those of a turn are written together. */
  propose(proposal: InSyncProposal): void {
    const key = storeKeys.partition(proposal.topicId, proposal.index);
    this.#waiting.delete(key);
    this.#waiting.set(key, proposal);
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#options.timers.soon(() => void this.#writeAll());
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.size > 0 && !this.#isClosed) await this.#writeApart(this.#take());
    this.#isWriting = false;
  }

  /** As many of those that wait as fit in a transaction, oldest first. */
  #take(): InSyncProposal[] {
    const taken: InSyncProposal[] = [];
    const joiners = new Set<number>();
    for (const [key, proposal] of this.#waiting) {
      const { members, seen } = proposal;
      for (const { brokerId } of members) if (!seen.isr.includes(brokerId)) joiners.add(brokerId);
      const partitions = taken.length + 1;
      const compares = COMPARES_OWN + partitions * COMPARES_PER_PARTITION + joiners.size * COMPARES_PER_JOINER;
      if (compares > TXN_OPS_MAX && taken.length > 0) break;
      this.#waiting.delete(key);
      taken.push(proposal);
    }
    return taken;
  }

  /** One that is refused must not hold up the others: they are halved until it stands alone. */
  async #writeApart(proposals: readonly InSyncProposal[]): Promise<void> {
    if ((await this.#write(proposals)) || proposals.length === 1) return;
    const middle = proposals.length >> 1;
    await this.#writeApart(proposals.slice(0, middle));
    await this.#writeApart(proposals.slice(middle));
  }

  /** False when it was refused as a whole; a single one is told so. */
  async #write(proposals: readonly InSyncProposal[]): Promise<boolean> {
    const { store, view } = this.#options;
    const [single] = proposals.length === 1 ? proposals : [];
    const txn = this.#txn(proposals, view.image);
    for (;;) {
      try {
        const { succeeded, revision } = await store.txn(txn);
        if (succeeded || single === undefined) return succeeded;
        // An attempt before this one may be why: until the image shows what is in force, both sets count.
        await view.reached(revision);
        single.refused();
        return false;
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        if (this.#isClosed) return true;
        await new Promise<void>((resolve) => void this.#options.timers.set(RETRY_MS, resolve));
        if (this.#isClosed) return true;
      }
    }
  }

  #txn(proposals: readonly InSyncProposal[], image: ClusterImage): { compares: Compare[]; onSuccess: StoreOp[] } {
    const { brokerId, brokerEpoch } = this.#options;
    const compares = new Map<string, Compare>();
    const isElrEnabled = image.isElrEnabled();
    const compare = (each: Compare): void => void compares.set(each.key, each);
    compare({ key: storeKeys.broker(brokerId), createRevision: brokerEpoch() });
    const onSuccess: StoreOp[] = [];
    for (const { topicId, index, seen, members, minInSync } of proposals) {
      const key = storeKeys.partition(topicId, index);
      compare({ key, modRevision: seen.modRevision });
      for (const { brokerId: id, brokerEpoch: epoch } of members) {
        if (seen.isr.includes(id)) continue;
        compare({ key: storeKeys.broker(id), createRevision: epoch });
        compare({ key: storeKeys.liveBroker(id), createRevision: unfenced(image, id) });
      }
      const isr = seen.replicas.filter((id) => members.some((member) => member.brokerId === id));
      const record = withInSync(seen, isr, { minIsr: minInSync, isElrEnabled }) ?? partitionRecord(seen);
      onSuccess.push({ type: 'put', key, value: JSON.stringify(record) });
    }
    return { compares: [...compares.values()], onSuccess };
  }
}

/** What to compare so that it holds only while the broker stays unfenced; never, for one that is fenced. */
function unfenced(image: ClusterImage, id: number): number {
  return image.brokers.get(id)?.liveRevision || -1;
}
