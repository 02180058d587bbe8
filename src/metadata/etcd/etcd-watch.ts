import { StoreUnavailable, type StoreEvent, type Watch } from '../metadata-store.ts';
import { EVENT_DELETE, type WatchResponse } from './etcd-api.ts';
import type { EtcdClient, EtcdStream } from './etcd-client.ts';
import type { EtcdKeys } from './etcd-keys.ts';

/**
 * One watch over one stream. It is never resumed: when the stream ends, for whatever reason, the watcher is told once and
 * reads anew. The stream says that it needs a leader, so that a member without one ends it, and pings find a peer that is
 * gone without a word.
 */
export class EtcdWatch {
  readonly #watch: Watch;
  readonly #keys: EtcdKeys;
  readonly #ended: () => void;
  #stream: EtcdStream | undefined;
  /** Events of messages that are not whole yet. */
  #fragments: StoreEvent[] = [];
  #isOver = false;

  constructor(watch: Watch, keys: EtcdKeys, ended: () => void) {
    this.#watch = watch;
    this.#keys = keys;
    this.#ended = ended;
  }

  /** Opens the stream; never rejects. */
  async open(client: EtcdClient): Promise<void> {
    try {
      await client.stream('Watch.Watch', (stream) => this.#start(stream));
    } catch {
      this.lose('unavailable');
    }
  }

  /** Ends without a word. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream?.cancel();
    this.#ended();
  }

  lose(reason: 'compacted' | 'unavailable'): void {
    if (this.#isOver) return;
    this.cancel();
    this.#watch.onLost(reason);
  }

  /** Resolves once etcd has made the watch; rejects when the stream ends before, so that another member is asked. */
  #start(stream: EtcdStream): Promise<void> {
    if (this.#isOver) {
      stream.on('error', () => {});
      stream.cancel();
      return Promise.resolve();
    }
    this.#stream = stream;
    this.#fragments = [];
    return new Promise((resolve, reject) => {
      let isMade = false;
      const fail = (error: Error): void => {
        if (!isMade) reject(error);
        else if (this.#stream === stream) this.lose('unavailable');
      };
      stream.on('data', (message: object) => {
        if (!isMade) {
          isMade = true;
          resolve();
        }
        if (!this.#isOver) this.#take(message as WatchResponse);
      });
      stream.on('error', fail);
      stream.on('end', () => fail(new StoreUnavailable('etcd ended the watch')));
      stream.write({ create_request: this.#request() });
    });
  }

  #request(): object {
    const start_revision = this.#keys.etcdRevision(this.#watch.fromRevision);
    return { ...this.#keys.prefix(this.#watch.prefix), start_revision, progress_notify: true, fragment: true };
  }

  #take(message: WatchResponse): void {
    if (message.canceled) {
      this.lose(message.compact_revision === '0' ? 'unavailable' : 'compacted');
      return;
    }
    for (const { type, kv } of message.events) {
      const revision = this.#keys.revision(kv.mod_revision);
      const entry = type === EVENT_DELETE ? undefined : this.#keys.entry(kv);
      this.#fragments.push({ key: this.#keys.nameOf(kv.key), revision, entry });
    }
    if (message.fragment || this.#fragments.length === 0) return;
    const events = this.#fragments;
    this.#fragments = [];
    this.#watch.onEvents(events, events.at(-1)!.revision);
  }
}
