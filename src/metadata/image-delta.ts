import type { Touched } from './image-builder.ts';
import type { BrokerImage, ClusterImage, TopicImage } from './cluster-image.ts';
import { configOfId, type ConfigResource } from './store-keys.ts';

/** What differs between two images: what a broker has to act on. A topic deleted and made anew is in both lists. */
export interface ImageDelta {
  readonly topicsDeleted: readonly TopicImage[];
  readonly topicsCreated: readonly TopicImage[];
  readonly topicsChanged: readonly { readonly before: TopicImage; readonly after: TopicImage }[];
  readonly configsChanged: readonly ConfigResource[];
  /** Brokers that came, went, moved or were fenced or unfenced. */
  readonly brokersChanged: readonly number[];
  /** Log directories of brokers failed, or are back. */
  readonly directoriesChanged: boolean;
  readonly controllerChanged: boolean;
  readonly featuresChanged: boolean;
  readonly quotasChanged: boolean;
  readonly scramChanged: boolean;
  readonly aclsChanged: boolean;
}

/** Compares what `touched` names, or everything without it. */
export function imageDelta(before: ClusterImage, after: ClusterImage, touched?: Touched): ImageDelta {
  const { topics, configs } = touched ?? everything(before, after);
  const topicsDeleted: TopicImage[] = [];
  const topicsCreated: TopicImage[] = [];
  const topicsChanged: { before: TopicImage; after: TopicImage }[] = [];
  for (const name of topics) {
    const old = before.topics.get(name);
    const now = after.topics.get(name);
    if (old !== undefined && old.id === now?.id) {
      if (old !== now) topicsChanged.push({ before: old, after: now });
      continue;
    }
    if (old !== undefined) topicsDeleted.push(old);
    if (now !== undefined) topicsCreated.push(now);
  }
  return {
    topicsDeleted,
    topicsCreated,
    topicsChanged,
    configsChanged: [...configs].filter((id) => before.configs.get(id) !== after.configs.get(id)).map(configOfId),
    brokersChanged: changedBrokers(before.brokers, after.brokers),
    directoriesChanged: before.directories !== after.directories,
    controllerChanged: before.controller?.epoch !== after.controller?.epoch,
    featuresChanged: before.features !== after.features,
    quotasChanged: before.quotas !== after.quotas,
    scramChanged: before.scram !== after.scram,
    aclsChanged: before.acls !== after.acls,
  };
}

function everything(before: ClusterImage, after: ClusterImage): Touched {
  return {
    topics: new Set([...before.topics.keys(), ...after.topics.keys()]),
    configs: new Set([...before.configs.keys(), ...after.configs.keys()]),
  };
}

function changedBrokers(before: ReadonlyMap<number, BrokerImage>, after: ReadonlyMap<number, BrokerImage>): number[] {
  if (before === after) return [];
  return [...new Set([...before.keys(), ...after.keys()])].filter((id) => before.get(id) !== after.get(id));
}
