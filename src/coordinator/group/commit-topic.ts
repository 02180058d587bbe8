import type { Uuid } from '../../base/uuid.ts';
import type { ErrorSpec } from '../../protocol/errors.ts';

/** A topic of a commit after its name and id are known; with an error it is answered and not committed. */
export interface CommitTopic {
  readonly name: string;
  readonly topicId: Uuid;
  readonly error: ErrorSpec;
  /** How many partitions the topic has: a commit for another one is refused. */
  readonly partitionCount: number;
  readonly partitions: readonly {
    readonly partitionIndex: number;
    readonly committedOffset: number;
    readonly committedLeaderEpoch: number;
    readonly committedMetadata: string | null;
  }[];
}
