/** What a fetch asks of one partition, as the session remembers it. */
export interface FetchPartition {
  /** Empty in a fetch by topic id until the name is found. */
  topic: string;
  topicId: string;
  partition: number;
  currentLeaderEpoch: number;
  fetchOffset: number;
  lastFetchedEpoch: number;
  logStartOffset: number;
  partitionMaxBytes: number;
  /** What the client was last told; -1 when it has to be told again. */
  toldHighWatermark: number;
  toldLogStartOffset: number;
}
