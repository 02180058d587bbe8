import type { Compare, StoreOp, Txn } from '../../src/metadata/metadata-store.ts';

export interface ModelEntry {
  key: string;
  value: string;
  createRevision: number;
  modRevision: number;
}

/** What a metadata store is to do, as plainly as it can be said; without leases. */
export class StoreModel {
  readonly entries = new Map<string, ModelEntry>();
  readonly events: { key: string; revision: number; value: string | undefined }[] = [];
  revision = 0;

  copy(): StoreModel {
    const copy = new StoreModel();
    for (const [key, entry] of this.entries) copy.entries.set(key, entry);
    copy.revision = this.revision;
    return copy;
  }

  apply(txn: Txn): boolean {
    const succeeded = txn.compares.every((compare) => this.#holds(compare));
    const ops = succeeded ? txn.onSuccess : (txn.onFailure ?? []);
    const effective = ops.filter((op) => op.type === 'put' || (op.type === 'delete' && this.entries.has(op.key)));
    if (effective.length > 0) this.revision++;
    for (const op of effective) this.#change(op);
    return succeeded;
  }

  range(prefix: string): ModelEntry[] {
    const found = [...this.entries.values()].filter(({ key }) => key.startsWith(prefix));
    return found.toSorted((left, right) => (left.key < right.key ? -1 : 1));
  }

  #holds(compare: Compare): boolean {
    const entry = this.entries.get(compare.key);
    if ('createRevision' in compare) return (entry?.createRevision ?? 0) === compare.createRevision;
    return (entry?.modRevision ?? 0) === compare.modRevision;
  }

  #change(op: StoreOp): void {
    const { revision } = this;
    if (op.type === 'delete') {
      this.entries.delete(op.key);
      this.events.push({ key: op.key, revision, value: undefined });
    } else if (op.type === 'put') {
      const createRevision = this.entries.get(op.key)?.createRevision ?? revision;
      this.entries.set(op.key, { key: op.key, value: op.value, createRevision, modRevision: revision });
      this.events.push({ key: op.key, revision, value: op.value });
    }
  }
}
