import { E, errorOf } from '../../protocol/errors.ts';
import { partitionKey, type TopicPartition } from './topic-partition.ts';

const EPOCH_MAX = 0x7fff_ffff;

/** What is wanted of one partition. */
export interface WantedPartition extends TopicPartition {
  readonly topicId: string;
  readonly fetchOffset: number;
  readonly currentLeaderEpoch: number;
  readonly lastFetchedEpoch: number;
}

/** What a request says. */
export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly partitions: readonly WantedPartition[];
  readonly forgotten: readonly WantedPartition[];
}

/**
 * The client's side of a fetch session (KIP-227): after a full request only what changed is sent. Any doubt ends the session, and
 * the next request is a full one that opens another.
 */
export class FetchSession {
  #sessionId = 0;
  #epoch = 0;
  #usesIds = false;
  #told = new Map<string, WantedPartition>();

  /** The request for what is wanted now. It is taken as sent: {@link answered} or {@link failed} has to follow. */
  request(wanted: readonly WantedPartition[], usesIds: boolean): SessionRequest {
    // A session speaks of topics by name or by id and never changes that (106); a topic that was made anew has another id.
    if (usesIds !== this.#usesIds || wanted.some((item) => this.#hasOtherId(item))) this.failed();
    this.#usesIds = usesIds;
    const now = new Map(wanted.map((item) => [partitionKey(item), item]));
    const request = {
      sessionId: this.#sessionId,
      sessionEpoch: this.#epoch,
      partitions: this.#epoch === 0 ? wanted : wanted.filter((item) => !this.#knows(item)),
      forgotten: this.#epoch === 0 ? [] : [...this.#told].flatMap(([key, item]) => (now.has(key) ? [] : [item])),
    };
    this.#told = now;
    return request;
  }

  /** Takes the top of an answer; false when there is nothing in it but that the session is no more. */
  answered(errorCode: number, sessionId: number): boolean {
    if (errorOf(errorCode) !== E.NONE) {
      this.failed();
      return false;
    }
    // 0: the broker made none, or keeps none any longer.
    this.#sessionId = sessionId;
    this.#epoch = sessionId === 0 ? 0 : this.#epoch === EPOCH_MAX ? 1 : this.#epoch + 1;
    return true;
  }

  /** Nothing is known of how far the broker got. */
  failed(): void {
    this.#sessionId = 0;
    this.#epoch = 0;
    this.#told = new Map();
  }

  #knows(item: WantedPartition): boolean {
    const told = this.#told.get(partitionKey(item));
    return (
      told !== undefined &&
      told.fetchOffset === item.fetchOffset &&
      told.currentLeaderEpoch === item.currentLeaderEpoch &&
      told.lastFetchedEpoch === item.lastFetchedEpoch
    );
  }

  #hasOtherId(item: WantedPartition): boolean {
    const told = this.#told.get(partitionKey(item));
    return told !== undefined && told.topicId !== item.topicId;
  }
}
