import {
  InvalidTxn,
  StoreUnavailable,
  TXN_OPS_MAX,
  type MetadataStore,
  type StoreOp,
} from '../metadata/metadata-store.ts';
import type { MetadataView } from '../metadata/metadata-view.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { E } from '../protocol/errors.ts';
import { OK, refused, type ItemResult, type Mutation } from './decision.ts';
import { PartitionWrites, type PartitionChange } from './partition-writes.ts';

/** Attempts at a record that others change meanwhile. */
const ATTEMPTS_MAX = 20;

export interface Written extends ItemResult {
  /** Revision that holds the change; 0 when it failed. */
  readonly revision: number;
}

const NOTHING_WRITTEN: Written = { ...OK, revision: 0 };

/**
 * Writes changes on behalf of one controller epoch: every transaction compares the controller's key, so that what a
 * deposed controller still has under way fails by itself.
 */
export class ControlledWrites {
  readonly #store: MetadataStore;
  readonly #view: MetadataView;
  readonly #partitions: PartitionWrites;

  constructor(store: MetadataStore, view: MetadataView) {
    this.#store = store;
    this.#view = view;
    this.#partitions = new PartitionWrites(store, () => view.image);
  }

  /**
   * Writes each mutation as {@link write} does; small ones share transactions, so that a thousand new topics are a few
   * writes of the store. Answers in their order, undefined where there is none.
   */
  async writeAll(
    mutations: readonly (Mutation | undefined)[],
    controllerEpoch: number,
  ): Promise<(Written | undefined)[]> {
    const written: (Written | undefined)[] = mutations.map(() => undefined);
    const writeEach = async (indices: readonly number[]): Promise<void> => {
      await Promise.all(
        indices.map(async (index) => (written[index] = await this.write(mutations[index]!, controllerEpoch))),
      );
    };
    const writeTogether = async ({ indices, ops }: Packed): Promise<void> => {
      try {
        const together = await this.#txn(ops, controllerEpoch);
        for (const index of indices) written[index] = together;
      } catch (error) {
        if (error instanceof StoreUnavailable) for (const index of indices) written[index] = unavailable(error);
        // Nothing is written: one of them is more than the store takes, or all of them together.
        else if (error instanceof InvalidTxn) await writeEach(indices);
        else throw error;
      }
    };
    const { packs, alone } = packed(mutations);
    await Promise.all([...packs.map(writeTogether), writeEach(alone)]);
    return written;
  }

  /**
   * Writes all of `mutation` or, as far as anyone can see, nothing of it; then its changes of partitions, each by itself.
   * Never rejects for what a store can do.
   */
  async write(mutation: Mutation, controllerEpoch: number): Promise<Written> {
    const { staged, commit, partitions = [] } = mutation;
    const isWhole = staged.length + commit.length > 0;
    const written = isWhole ? await this.#writeWhole(mutation, controllerEpoch) : NOTHING_WRITTEN;
    if (written.error !== E.NONE || partitions.length === 0) return written;
    return this.#writePartitions(partitions, controllerEpoch);
  }

  /** Decides anew, as long as it takes, what somebody else's change of the same record forestalled. */
  async #writePartitions(changes: readonly PartitionChange[], controllerEpoch: number): Promise<Written> {
    let wanted = changes;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const { revision, refused: forestalled, end } = await this.#partitions.write(wanted, controllerEpoch);
      if (end === 'deposed') return { ...refused(E.NOT_CONTROLLER), revision: 0 };
      if (end === 'unavailable') return { ...refused(E.KAFKA_STORAGE_ERROR), revision: 0 };
      if (forestalled.length === 0) return { ...OK, revision };
      await this.#view.reached(revision).catch(() => undefined);
      const again = new Set(forestalled.map(({ topicId, index }) => `${topicId}/${index}`));
      wanted = wanted.flatMap((change) => (again.has(`${change.topicId}/${change.index}`) ? this.#anew(change) : []));
    }
    return { ...refused(E.REQUEST_TIMED_OUT), revision: 0 };
  }

  /** The change of the record as it is now: none where there is nothing left to change. */
  #anew(change: PartitionChange): PartitionChange[] {
    const seen = this.#view.image.topicById(change.topicId)?.partitions[change.index];
    const record = seen && change.decide(seen);
    return record === undefined ? [] : [{ ...change, seen: seen!, record }];
  }

  async #writeWhole(mutation: Mutation, controllerEpoch: number): Promise<Written> {
    try {
      const all = [...mutation.staged, ...mutation.commit];
      if (all.length <= TXN_OPS_MAX) return await this.#txn(all, controllerEpoch);
      const staged = await Promise.all(chunks(mutation.staged).map((ops) => this.#txn(ops, controllerEpoch)));
      const failed = staged.find(({ error }) => error !== E.NONE);
      if (failed !== undefined) return failed;
      if (mutation.commit.length === 0) return staged.at(-1)!;
      return await this.#txn(mutation.commit, controllerEpoch);
    } catch (error) {
      // A client may name and set things so large that no transaction holds them.
      if (error instanceof InvalidTxn)
        return { ...refused(E.INVALID_REQUEST, `Too large: ${error.message}`), revision: 0 };
      if (!(error instanceof StoreUnavailable)) throw error;
      return unavailable(error);
    }
  }

  async #txn(onSuccess: readonly StoreOp[], controllerEpoch: number): Promise<Written> {
    const compares = [{ key: storeKeys.controller, createRevision: controllerEpoch }];
    const { succeeded, revision } = await this.#store.txn({ compares, onSuccess });
    return succeeded ? { ...OK, revision } : { ...refused(E.NOT_CONTROLLER), revision: 0 };
  }
}

function unavailable({ message }: StoreUnavailable): Written {
  return { ...refused(E.KAFKA_STORAGE_ERROR, message), revision: 0 };
}

/** Mutations, by their indices, whose operations go into one transaction. */
interface Packed {
  readonly indices: number[];
  readonly ops: StoreOp[];
}

/** Puts as many of the small mutations together as a transaction takes; what else there is stays alone. */
function packed(mutations: readonly (Mutation | undefined)[]): { packs: Packed[]; alone: number[] } {
  const packs: Packed[] = [];
  const alone: number[] = [];
  mutations.forEach((mutation, index) => {
    if (mutation === undefined) return;
    const { staged, commit, partitions = [] } = mutation;
    const size = staged.length + commit.length;
    if (partitions.length > 0 || size > TXN_OPS_MAX) {
      alone.push(index);
      return;
    }
    let pack = packs.at(-1);
    if (pack === undefined || pack.ops.length + size > TXN_OPS_MAX) packs.push((pack = { indices: [], ops: [] }));
    pack.indices.push(index);
    pack.ops.push(...staged, ...commit);
  });
  return { packs, alone };
}

function chunks(ops: readonly StoreOp[]): StoreOp[][] {
  const parts: StoreOp[][] = [];
  for (let start = 0; start < ops.length; start += TXN_OPS_MAX) parts.push(ops.slice(start, start + TXN_OPS_MAX));
  return parts;
}
