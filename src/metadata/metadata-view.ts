import type { Logger } from '../runtime/logger.ts';
import type { ClusterImage } from './cluster-image.ts';
import { buildImage, ImageBuilder } from './image-builder.ts';
import { imageDelta, type ImageDelta } from './image-delta.ts';
import { StoreUnavailable, type MetadataStore, type StoreEvent, type Watching } from './metadata-store.ts';

/** Told of each new image, in order, before anybody waiting for its revision goes on. Must not throw. */
export type ImageListener = (image: ClusterImage, delta: ImageDelta) => void;

interface Waiter {
  readonly revision: number;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * The newest image of the cluster, kept up to date by the store's watch stream. When the store forgot what this view has
 * not yet seen, everything is read anew and compared. When the store is gone the last image stays, frozen.
 */
export class MetadataView {
  readonly #store: MetadataStore;
  readonly #logger: Logger;
  readonly #listeners = new Set<ImageListener>();
  #image: ClusterImage;
  #watching: Watching | undefined;
  #waiters: Waiter[] = [];
  #ended: StoreUnavailable | undefined;

  /** Reads the whole store, then follows it. */
  static async open(store: MetadataStore, logger: Logger): Promise<MetadataView> {
    const { entries, revision } = await store.range('');
    return new MetadataView(store, logger, buildImage(entries, revision));
  }

  private constructor(store: MetadataStore, logger: Logger, image: ClusterImage) {
    this.#store = store;
    this.#logger = logger;
    this.#image = image;
    this.#follow();
  }

  get image(): ClusterImage {
    return this.#image;
  }

  /** Calls `listener` after each change until the returned function is called. */
  subscribe(listener: ImageListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves once the image holds `revision`, and all listeners have seen it. Rejects with {@link StoreUnavailable}. */
  reached(revision: number): Promise<void> {
    if (this.#image.revision >= revision) return Promise.resolve();
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => void this.#waiters.push({ revision, resolve, reject }));
  }

  close(): void {
    this.#end(new StoreUnavailable('the metadata view is closed'));
  }

  #follow(): void {
    this.#watching = this.#store.watch({
      prefix: '',
      fromRevision: this.#image.revision + 1,
      onEvents: (events, revision) => this.#apply(events, revision),
      onLost: (reason) => this.#lost(reason),
    });
  }

  #apply(events: readonly StoreEvent[], revision: number): void {
    if (this.#ended !== undefined) return;
    try {
      const builder = new ImageBuilder(this.#image);
      for (const event of events) builder.apply(event);
      const { image, touched } = builder.finish(revision);
      this.#publish(image, imageDelta(this.#image, image, touched));
    } catch (error) {
      // An image that misses an event would be wrong for ever: freeze the last good one.
      this.#fail(error);
    }
  }

  #publish(image: ClusterImage, delta: ImageDelta): void {
    this.#image = image;
    for (const listener of this.#listeners) listener(image, delta);
    const waiters = this.#waiters;
    this.#waiters = waiters.filter(({ revision }) => revision > image.revision);
    for (const waiter of waiters) if (waiter.revision <= image.revision) waiter.resolve();
  }

  #lost(reason: 'compacted' | 'unavailable'): void {
    if (this.#ended !== undefined) return;
    if (reason === 'unavailable') {
      this.#logger.warn('the metadata store is gone; the last known state stays in use');
      this.#end(new StoreUnavailable('the metadata store is unavailable'));
      return;
    }
    void this.#reload().catch((error: unknown) => this.#fail(error));
  }

  async #reload(): Promise<void> {
    const { entries, revision } = await this.#store.range('');
    if (this.#ended !== undefined) return;
    const image = buildImage(entries, revision);
    this.#publish(image, imageDelta(this.#image, image));
    this.#follow();
  }

  #fail(error: unknown): void {
    this.#logger.error('the metadata cannot be followed any further', { error: String(error) });
    this.#end(new StoreUnavailable('the metadata view failed', { cause: error }));
  }

  #end(reason: StoreUnavailable): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#watching?.cancel();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(reason);
  }
}
