import {
  InvalidTxn,
  StoreUnavailable,
  TXN_OPS_MAX,
  type MetadataStore,
  type StoreOp,
} from '../metadata/metadata-store.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { E } from '../protocol/errors.ts';
import { OK, refused, type ItemResult, type Mutation } from './decision.ts';

export interface Written extends ItemResult {
  /** Revision that holds the change; 0 when it failed. */
  readonly revision: number;
}

/**
 * Writes changes on behalf of one controller epoch: every transaction compares the controller's key, so that what a
 * deposed controller still has under way fails by itself.
 */
export class ControlledWrites {
  readonly #store: MetadataStore;

  constructor(store: MetadataStore) {
    this.#store = store;
  }

  /** Writes all of `mutation` or, as far as anyone can see, nothing of it. Never rejects for what a store can do. */
  async write(mutation: Mutation, controllerEpoch: number): Promise<Written> {
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
      return { ...refused(E.KAFKA_STORAGE_ERROR, error.message), revision: 0 };
    }
  }

  async #txn(onSuccess: readonly StoreOp[], controllerEpoch: number): Promise<Written> {
    const compares = [{ key: storeKeys.controller, createRevision: controllerEpoch }];
    const { succeeded, revision } = await this.#store.txn({ compares, onSuccess });
    return succeeded ? { ...OK, revision } : { ...refused(E.NOT_CONTROLLER), revision: 0 };
  }
}

function chunks(ops: readonly StoreOp[]): StoreOp[][] {
  const parts: StoreOp[][] = [];
  for (let start = 0; start < ops.length; start += TXN_OPS_MAX) parts.push(ops.slice(start, start + TXN_OPS_MAX));
  return parts;
}
