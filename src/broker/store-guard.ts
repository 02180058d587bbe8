import { join } from 'node:path';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import type { MetadataView } from '../metadata/metadata-view.ts';
import { storeIdentity, type MetaRecord } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import type { Timer } from '../runtime/clock.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { BrokerStartError } from './broker-start-error.ts';

const FILE = 'metadata-seen';
const FILE_BYTES_MAX = 4096;
/** How often the newest revision is written down. One that is a little old only notices a little less. */
const REMEMBER_EVERY_MS = 10_000;

/** What a broker has seen of a metadata store. */
export interface Seen {
  readonly storeId: string;
  readonly revision: number;
}

/**
 * Whether a broker that saw `seen` may go on with the store that says `meta` of itself at `revision`; else why not. A store
 * restored from an old copy would hand out epochs that are taken, and forget who is in sync.
 */
export function storeRefusal(seen: Seen, meta: MetaRecord | undefined, revision: number): string | undefined {
  const remedy =
    "put the newest copy in its place, or, where that is lost, stop all brokers and run 'posthorn metadata jump-epochs'";
  if (meta === undefined) {
    return `the metadata store is empty, but this broker has seen revision ${seen.revision} of it: is it the right one? ${remedy}`;
  }
  const { id, lineage } = storeIdentity(meta);
  if (id === seen.storeId) {
    if (revision >= seen.revision) return undefined;
    return `the metadata store went back from revision ${seen.revision} to ${revision}, as after a restore from an old copy; ${remedy}`;
  }
  const former = lineage.findLast((each) => each.id === seen.storeId);
  if (former === undefined) {
    return `the metadata store ${id} is none that follows ${seen.storeId}, which this broker has seen: is it the right one?`;
  }
  if (former.revision >= seen.revision) return undefined;
  return (
    `the metadata store was imported from revision ${former.revision} of a store of which this broker has seen ` +
    `revision ${seen.revision}; ${remedy}`
  );
}

export interface StoreGuardParts {
  readonly runtime: Runtime;
  readonly store: MetadataStore;
  readonly view: MetadataView;
  /** The first data directory. */
  readonly directory: string;
  /** An embedded store may be moved away, to have topics on disk taken up anew. */
  readonly mayBeEmpty: boolean;
}

/** Remembers beside the logs what this broker has seen of the metadata store, and refuses one that is behind that. */
export class StoreGuard {
  readonly #parts: StoreGuardParts;
  readonly #path: string;
  #storeId: string | undefined;
  #remembered: Seen | undefined;
  #timer: Timer | undefined;

  /** Rejects with {@link BrokerStartError} when the store is behind what this broker has seen. */
  static async open(parts: StoreGuardParts): Promise<StoreGuard> {
    const guard = new StoreGuard(parts);
    const seen = guard.#read();
    const entry = await parts.store.get(storeKeys.meta);
    const meta = entry && (JSON.parse(entry.value) as MetaRecord);
    guard.#storeId = meta && storeIdentity(meta).id;
    const isNew = meta === undefined && parts.mayBeEmpty;
    const refusal = seen === undefined || isNew ? undefined : storeRefusal(seen, meta, parts.view.image.revision);
    if (refusal !== undefined) throw new BrokerStartError(refusal);
    // The cluster begins anew, under its old id and from its first revision.
    if (isNew && seen !== undefined) parts.runtime.disk.remove(guard.#path);
    guard.#remembered = isNew ? undefined : seen;
    guard.#later();
    return guard;
  }

  private constructor(parts: StoreGuardParts) {
    this.#parts = parts;
    this.#path = join(parts.directory, FILE);
  }

  close(): void {
    this.#timer?.cancel();
    this.#remember();
  }

  #later(): void {
    this.#timer = this.#parts.runtime.timers.set(REMEMBER_EVERY_MS, () => {
      this.#remember();
      this.#later();
    });
  }

  #remember(): void {
    const { view, runtime } = this.#parts;
    const { revision, clusterId } = view.image;
    // A cluster that began after this guard was opened is in the store that it began in.
    const storeId = this.#storeId ?? clusterId;
    if (storeId === undefined) return;
    if (this.#remembered?.storeId === storeId && this.#remembered.revision >= revision) return;
    const seen: Seen = { storeId, revision };
    try {
      runtime.disk.replaceFile(this.#path, Buffer.from(`${JSON.stringify(seen)}\n`));
      this.#remembered = seen;
    } catch (error) {
      runtime.logger.warn('the revision of the metadata could not be written down', { error: String(error) });
    }
  }

  #read(): Seen | undefined {
    const { disk, logger } = this.#parts.runtime;
    if (!disk.exists(this.#path)) return undefined;
    try {
      const seen = JSON.parse(disk.readFile(this.#path, FILE_BYTES_MAX).toString('utf8')) as Partial<Seen>;
      if (typeof seen.storeId === 'string' && Number.isSafeInteger(seen.revision)) return seen as Seen;
    } catch {
      // Said below.
    }
    logger.warn('what this broker saw of the metadata store cannot be read, and does not guard it', {
      path: this.#path,
    });
    return undefined;
  }
}
