import { Malformed } from '../base/malformed.ts';
import type { MapDraft } from '../base/persistent-map.ts';
import type { Uuid } from '../base/uuid.ts';
import { BrokersDraft } from './brokers-draft.ts';
import {
  ClusterImage,
  hasCollidingCharacters,
  unifyCollidingName,
  type ConfigTexts,
  type PartitionImage,
  type TopicImage,
} from './cluster-image.ts';
import { numberInKey } from './store-keys.ts';
import type { StoreEntry, StoreEvent } from './metadata-store.ts';
import {
  parseRecord,
  type ConfigRecord,
  type ControllerRecord,
  type DeletedTopicRecord,
  type DirectoriesRecord,
  type MetaRecord,
  type PartitionRecord,
  type ProducerIdsRecord,
  type QuotaRecord,
  type ScramRecord,
  type TopicRecord,
} from './records.ts';

/** What a batch of events touched; the names say only that something may differ. */
export interface Touched {
  readonly topics: ReadonlySet<string>;
  readonly configs: ReadonlySet<string>;
}

type PartitionSlots = (PartitionImage | undefined)[];

/**
 * Makes the next image from an image and a batch of store events. What a batch does not touch is shared; a topic's
 * partitions are copied once per batch. A topic counts as existing while its `t/` entry does, whatever the order in
 * which the entries came.
 *
 * Throws {@link Malformed} for entries that no Posthorn wrote.
 */
export class ImageBuilder {
  readonly #before: ClusterImage;
  #clusterId: Uuid | undefined;
  #store: ClusterImage['store'];
  #features: ReadonlyMap<string, number>;
  #controller: ClusterImage['controller'];
  #nextProducerId: number;
  readonly #brokers: BrokersDraft;
  readonly #slots = new Map<Uuid, PartitionSlots>();
  readonly #topicRecords = new Map<string, TopicRecord | undefined>();
  readonly #configs: MapDraft<ConfigTexts>;
  readonly #touchedConfigs = new Set<string>();
  readonly #touchedTopics = new Set<string>();
  readonly #directories: MapDraft<DirectoriesRecord>;
  readonly #deletedTopics: MapDraft<DeletedTopicRecord>;
  readonly #quotas: MapDraft<QuotaRecord>;
  readonly #scram: MapDraft<ScramRecord>;
  readonly #acls: MapDraft<string>;

  constructor(before: ClusterImage) {
    this.#before = before;
    this.#clusterId = before.clusterId;
    this.#store = before.store;
    this.#features = before.features;
    this.#controller = before.controller;
    this.#nextProducerId = before.nextProducerId;
    this.#brokers = new BrokersDraft(before);
    this.#configs = before.configs.draft();
    this.#directories = before.directories.draft();
    this.#deletedTopics = before.deletedTopics.draft();
    this.#quotas = before.quotas.draft();
    this.#scram = before.scram.draft();
    this.#acls = before.acls.draft();
  }

  apply({ key, entry }: Pick<StoreEvent, 'key' | 'entry'>): void {
    const slash = key.indexOf('/');
    const kind = slash < 0 ? key : key.slice(0, slash);
    const rest = key.slice(slash + 1);
    switch (kind) {
      case 't':
        this.#topicRecords.set(rest, entry && (parseRecord(key, entry.value) as TopicRecord));
        return;
      case 'p':
        return this.#applyPartition(rest, entry);
      case 'c':
        return this.#applyConfig(rest, entry);
      case 'b':
      case 'live':
      case 'bs':
      case 'sus':
        return this.#brokers.apply(kind, rest, entry);
      case 'dirs':
        return put(this.#directories, rest, entry && (parseRecord(key, entry.value) as DirectoriesRecord));
      case 'del':
        return put(this.#deletedTopics, rest, entry && (parseRecord(key, entry.value) as DeletedTopicRecord));
      case 'q':
        return put(this.#quotas, rest, entry && (parseRecord(key, entry.value) as QuotaRecord));
      case 'scram':
        return put(this.#scram, rest, entry && (parseRecord(key, entry.value) as ScramRecord));
      case 'acl':
        return put(this.#acls, rest, entry?.value);
      default:
        return this.#applySingle(kind, entry);
    }
  }

  /** The image as of `revision`. The builder is not used after it. */
  finish(revision: number): { image: ClusterImage; touched: Touched } {
    const partitions = this.#before.partitions.draft();
    for (const [topicId, slots] of this.#slots) {
      put(partitions, topicId, slots.some((slot) => slot !== undefined) ? slots : undefined);
    }
    const topics = this.#finishTopics(partitions);
    const image = new ClusterImage({
      revision,
      clusterId: this.#clusterId,
      store: this.#store,
      features: this.#features,
      controller: this.#controller,
      ...this.#brokers.finish(),
      directories: this.#directories.finish(),
      ...topics,
      partitions: partitions.finish(),
      deletedTopics: this.#deletedTopics.finish(),
      configs: this.#configs.finish(),
      quotas: this.#quotas.finish(),
      scram: this.#scram.finish(),
      acls: this.#acls.finish(),
      nextProducerId: this.#nextProducerId,
    });
    return { image, touched: { topics: this.#touchedTopics, configs: this.#touchedConfigs } };
  }

  #applySingle(kind: string, entry: StoreEntry | undefined): void {
    switch (kind) {
      case 'meta': {
        const meta = entry && (parseRecord(kind, entry.value) as MetaRecord);
        this.#clusterId = meta?.clusterId;
        this.#store = meta?.store;
        this.#features = new Map(Object.entries(meta?.features ?? {}));
        return;
      }
      case 'ctl': {
        const record = entry && (parseRecord(kind, entry.value) as ControllerRecord);
        this.#controller = record && { brokerId: record.brokerId, epoch: entry.createRevision };
        return;
      }
      case 'pid':
        this.#nextProducerId = entry ? (parseRecord(kind, entry.value) as ProducerIdsRecord).next : 0;
        return;
      case 'exp':
        // A matter between the brokers that expel one: nobody else looks at it.
        return;
      case 'importing':
        if (entry === undefined) return;
        throw new Malformed(
          "an import into the metadata store was not finished: run 'posthorn metadata import' again with --force",
        );
      default:
        throw new Malformed(`unknown metadata entry ${kind}`);
    }
  }

  #applyPartition(rest: string, entry: StoreEntry | undefined): void {
    const slash = rest.indexOf('/');
    const topicId = rest.slice(0, slash);
    const index = numberInKey(rest, rest.slice(slash + 1));
    let slots = this.#slots.get(topicId);
    if (slots === undefined) {
      slots = [...(this.#before.partitions.get(topicId) ?? [])];
      this.#slots.set(topicId, slots);
    }
    while (slots.length <= index) slots.push(undefined);
    slots[index] =
      entry &&
      Object.assign(parseRecord(entry.key, entry.value) as PartitionRecord, { modRevision: entry.modRevision });
  }

  #applyConfig(id: string, entry: StoreEntry | undefined): void {
    this.#touchedConfigs.add(id);
    const record = entry && (parseRecord(entry.key, entry.value) as ConfigRecord);
    put(this.#configs, id, record && new Map(Object.entries(record)));
  }

  #finishTopics(partitions: MapDraft<readonly (PartitionImage | undefined)[]>): TopicMaps {
    const before = this.#before;
    const maps = draftTopics(before);
    for (const topicId of this.#slots.keys()) {
      const name = before.topicNamesById.get(topicId);
      if (name !== undefined && !this.#topicRecords.has(name)) {
        this.#topicRecords.set(name, { id: topicId, partitions: before.topics.get(name)!.partitions.length });
      }
    }
    for (const [name, record] of this.#topicRecords) {
      this.#touchedTopics.add(name);
      const former = before.topics.get(name);
      if (former !== undefined && former.id !== record?.id) maps.topicNamesById.delete(former.id);
      if (record !== undefined) {
        maps.topics.set(name, topicOf(name, record, partitions.get(record.id) ?? []));
        maps.topicNamesById.set(record.id, name);
      } else {
        maps.topics.delete(name);
      }
      if ((former === undefined) !== (record === undefined))
        noteCollision(maps.collidingNames, name, record !== undefined);
    }
    return {
      topics: maps.topics.finish(),
      topicNamesById: maps.topicNamesById.finish(),
      collidingNames: maps.collidingNames.finish(),
    };
  }
}

type TopicMaps = Pick<ClusterImage, 'topics' | 'topicNamesById' | 'collidingNames'>;

function draftTopics(image: ClusterImage): { [K in keyof TopicMaps]: ReturnType<TopicMaps[K]['draft']> } {
  return {
    topics: image.topics.draft(),
    topicNamesById: image.topicNamesById.draft(),
    collidingNames: image.collidingNames.draft(),
  };
}

function topicOf(name: string, record: TopicRecord, slots: readonly (PartitionImage | undefined)[]): TopicImage {
  const partitions = slots.length > record.partitions ? slots.slice(0, record.partitions) : slots;
  if (partitions.length < record.partitions || partitions.includes(undefined)) {
    throw new Malformed(`topic ${name} lacks partition records`);
  }
  return { name, id: record.id, partitions: partitions as readonly PartitionImage[] };
}

function noteCollision(names: MapDraft<readonly string[]>, name: string, exists: boolean): void {
  if (!hasCollidingCharacters(name)) return;
  const unified = unifyCollidingName(name);
  const others = (names.get(unified) ?? []).filter((other) => other !== name);
  const left = exists ? [...others, name] : others;
  put(names, unified, left.length === 0 ? undefined : left);
}

function put<V>(draft: MapDraft<V>, key: string, value: V | undefined): void {
  if (value === undefined) draft.delete(key);
  else draft.set(key, value);
}

/** The image of a whole store. */
export function buildImage(entries: readonly StoreEntry[], revision: number): ClusterImage {
  const builder = new ImageBuilder(ClusterImage.empty);
  for (const entry of entries) builder.apply({ key: entry.key, entry });
  return builder.finish(revision).image;
}
