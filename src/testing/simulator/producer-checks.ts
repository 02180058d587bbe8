import type { ActiveProducer } from '../../log/producers/producer-state.ts';
import { upkeepOf } from './cleaned-topics.ts';
import type { Machine } from './machine.ts';

/**
 * Holds against each other what the replicas of a partition know of its producers, when all have the same log: whoever leads
 * next has to know which batches are there already, and which transactions are open (I8). What is wrong, if anything.
 */
export function producerFaults(machines: readonly Machine[]): string[] {
  const known = new Map<string, { readonly host: string; readonly producers: readonly ActiveProducer[] }>();
  const faults: string[] = [];
  for (const { host, broker } of machines) {
    for (const { topic, index, topicId, log } of broker?.core.partitions.all() ?? []) {
      if (log.isOffline) continue;
      const key = `${topicId}/${index}`;
      const producers = log.activeProducers();
      const other = known.get(key);
      if (other === undefined) {
        known.set(key, { host, producers });
        continue;
      }
      // Whose records retention took is known to those only who had them.
      const isPartial = upkeepOf(topic).deletes;
      const one = shown(isPartial ? among(other.producers, producers) : other.producers);
      const two = shown(isPartial ? among(producers, other.producers) : producers);
      if (one !== two) faults.push(`I8 ${topic}-${index}: ${other.host} knows the producers ${one}, ${host} ${two}`);
    }
  }
  return faults;
}

/** Those of `producers` that `others` know too. */
function among(producers: readonly ActiveProducer[], others: readonly ActiveProducer[]): readonly ActiveProducer[] {
  return producers.filter(({ producerId }) => others.some((each) => each.producerId === producerId));
}

function shown(producers: readonly ActiveProducer[]): string {
  const all = producers.map(
    ({ producerId, producerEpoch, lastSequence, currentTxnStartOffset }) =>
      `${producerId}/${producerEpoch} at ${lastSequence}${currentTxnStartOffset < 0 ? '' : ` open from ${currentTxnStartOffset}`}`,
  );
  return `[${all.toSorted().join(', ')}]`;
}
