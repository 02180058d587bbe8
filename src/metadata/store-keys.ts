import { Malformed } from '../base/malformed.ts';
import type { Uuid } from '../base/uuid.ts';

/** Resources that have dynamic configuration. The broker named '' stands for all brokers (the cluster-wide default). */
export type ConfigType = 'topic' | 'broker' | 'group' | 'client-metrics';

export interface ConfigResource {
  readonly type: ConfigType;
  readonly name: string;
}

/** One key for a resource, also in the maps of the image. */
export function configId({ type, name }: ConfigResource): string {
  return `${type}/${name}`;
}

export function configOfId(id: string): ConfigResource {
  const slash = id.indexOf('/');
  return { type: id.slice(0, slash) as ConfigType, name: id.slice(slash + 1) };
}

/** Where each kind of cluster state stands in the store. A name that a user chose always comes last in its key. */
export const storeKeys = {
  meta: 'meta',
  /** There while an import is under way: what else is there is not whole. */
  importing: 'importing',
  controller: 'ctl',
  producerIds: 'pid',
  broker: (id: number): string => `b/${id}`,
  brokerState: (id: number): string => `bs/${id}`,
  suspicion: (target: number, reporter: number): string => `sus/${target}/${reporter}`,
  expulsion: (slot: number): string => `exp/${slot}`,
  liveBroker: (id: number): string => `live/${id}`,
  directories: (brokerId: number): string => `dirs/${brokerId}`,
  topic: (name: string): string => `t/${name}`,
  partition: (topicId: Uuid, index: number): string => `p/${topicId}/${index}`,
  deletedTopic: (topicId: Uuid): string => `del/${topicId}`,
  config: (resource: ConfigResource): string => `c/${configId(resource)}`,
  quota: (entityId: string): string => `q/${entityId}`,
  scram: (credentialId: string): string => `scram/${credentialId}`,
  acl: (id: Uuid): string => `acl/${id}`,
} as const;

/** A broker id or partition index in a key. Throws {@link Malformed}. */
export function numberInKey(key: string, text: string): number {
  const number = Number(text);
  if (text === '' || !Number.isSafeInteger(number) || number < 0) {
    throw new Malformed(`bad number in the metadata key ${key}`);
  }
  return number;
}
