import { ZERO_UUID, type Uuid } from '../base/uuid.ts';
import type { ClusterImage, TopicImage } from '../metadata/cluster-image.ts';
import type { StoreOp } from '../metadata/metadata-store.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { E } from '../protocol/errors.ts';
import { OK, putRecord, refused, type Decided, type ItemResult, type Mutation } from './decision.ts';
import { partitionDeletes } from './forgotten-topics.ts';

/** A topic to delete, by name or by id: the other is null, or the zero id. */
export interface TopicReference {
  readonly name: string | null;
  readonly topicId: Uuid;
}

export interface TopicDeletion extends ItemResult {
  readonly name: string | null;
  readonly topicId: Uuid;
}

/** Decides a DeleteTopics request; refusals come first, as in Kafka the order of the answers means nothing. */
export function decideDeleteTopics(
  image: ClusterImage,
  references: readonly TopicReference[],
  isEnabled: boolean,
): Decided<TopicDeletion>[] {
  if (!isEnabled) {
    return references.map((reference) => ({ result: { ...reference, ...refused(E.TOPIC_DELETION_DISABLED, null) } }));
  }
  const decided: Decided<TopicDeletion>[] = [];
  const refuse = (name: string | null, topicId: Uuid, reason: ItemResult): void =>
    void decided.push({ result: { name, topicId, ...reason } });
  const { names, ids } = sortReferences(references, refuse);
  const byId = new Map<Uuid, { topic: TopicImage; name: string }>();
  for (const id of ids.once) {
    const topic = image.topicById(id);
    if (topic === undefined) refuse(null, id, refused(E.UNKNOWN_TOPIC_ID));
    else byId.set(id, { topic, name: topic.name });
  }
  const twice = new Set(ids.twice);
  for (const name of names.once) {
    const topic = image.topics.get(name);
    if (topic === undefined) {
      refuse(name, ZERO_UUID, refused(E.UNKNOWN_TOPIC_OR_PARTITION));
    } else if (twice.has(topic.id) || byId.has(topic.id)) {
      twice.add(topic.id);
      byId.delete(topic.id);
      const message = 'The provided topic name maps to an ID that was already supplied.';
      refuse(name, topic.id, refused(E.INVALID_REQUEST, message));
    } else {
      byId.set(topic.id, { topic, name });
    }
  }
  for (const [topicId, { topic, name }] of byId) {
    decided.push({ result: { name, topicId, ...OK }, mutation: deletion(topic) });
  }
  return decided;
}

interface Split {
  readonly once: Set<string>;
  readonly twice: Set<string>;
}

/** Splits names and ids into those given once and those given more often, and refuses what is neither or both. */
function sortReferences(
  references: readonly TopicReference[],
  refuse: (name: string | null, topicId: Uuid, reason: ItemResult) => void,
): { names: Split; ids: Split } {
  const names: Split = { once: new Set(), twice: new Set() };
  const ids: Split = { once: new Set(), twice: new Set() };
  for (const { name, topicId } of references) {
    const hasId = topicId !== ZERO_UUID;
    if (name === null && !hasId) {
      refuse(null, ZERO_UUID, refused(E.INVALID_REQUEST, 'Neither topic name nor id were specified.'));
    } else if (name !== null && hasId) {
      refuse(name, topicId, refused(E.INVALID_REQUEST, 'You may not specify both topic name and topic id.'));
    } else if (name === null) {
      note(ids, topicId);
    } else {
      note(names, name);
    }
  }
  for (const name of names.twice) refuse(name, ZERO_UUID, refused(E.INVALID_REQUEST, 'Duplicate topic name.'));
  for (const id of ids.twice) refuse(null, id, refused(E.INVALID_REQUEST, 'Duplicate topic id.'));
  return { names, ids };
}

function note(split: Split, value: string): void {
  if (split.twice.has(value)) return;
  if (!split.once.has(value)) {
    split.once.add(value);
    return;
  }
  split.once.delete(value);
  split.twice.add(value);
}

/** The topic goes at once; a note stays until its files and partition records are gone too. */
function deletion({ name, id, partitions }: TopicImage): Mutation {
  const brokers = [...new Set(partitions.flatMap(({ replicas }) => replicas))].toSorted((left, right) => left - right);
  return {
    staged: [],
    commit: [
      { type: 'delete', key: storeKeys.topic(name) },
      { type: 'delete', key: storeKeys.config({ type: 'topic', name }) },
      putRecord(storeKeys.deletedTopic(id), { name, partitions: partitions.length, brokers }),
    ],
  };
}

/**
 * Removes partition records of creations and enlargements that never came to be. Looks at every topic: for a new
 * controller, before it begins anything of the kind itself.
 */
export function decideTidyUp(image: ClusterImage): Mutation {
  const staged: StoreOp[] = [];
  for (const [topicId, slots] of image.partitions.entries()) {
    const count = image.topicById(topicId)?.partitions.length ?? 0;
    const isDeleted = image.deletedTopics.has(topicId);
    if (slots.length > count && !isDeleted) staged.push(...partitionDeletes(image, topicId, count));
  }
  return { staged, commit: [] };
}
