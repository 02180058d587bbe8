import { KafkaError } from '../client-error.ts';
import type { TimedPartition } from './offset-lookup.ts';
import type { Place } from './partition-state.ts';
import type { TopicPartition } from './topic-partition.ts';

/** The topics of partitions, each once. */
export function topicsOf(partitions: Iterable<TopicPartition>): Set<string> {
  return new Set(Array.from(partitions, ({ topic }) => topic));
}

/** Partitions with a time that is looked up in each. */
export function at(partitions: readonly TopicPartition[], timestampMs: number): TimedPartition[] {
  return partitions.map(({ topic, partition }) => ({ topic, partition, timestampMs }));
}

/** A call that the consumer's state does not allow. */
export function invalidState(message: string): KafkaError {
  return new KafkaError('INVALID_STATE', message);
}

/** A position is gone and `offsetReset` is 'none'; `diverging` is where the log now parts from what was read. */
export function lostPosition(partition: string, offset: number, diverging: Place | undefined): KafkaError {
  if (diverging !== undefined) {
    const text = `${partition} was truncated to ${diverging.offset}; read was up to ${offset}`;
    return new KafkaError('LOG_TRUNCATED', text);
  }
  return new KafkaError('OFFSET_OUT_OF_RANGE', `${partition} has no offset ${offset} and offsetReset is 'none'`);
}
