import {
  applyIncremental,
  applyReplacement,
  type Altered,
  type Alteration,
  type AlteredTable,
  type Rejection,
} from '../config/alteration.ts';
import { brokerTable, validateBrokerSettings } from '../config/broker-alteration.ts';
import { CLIENT_METRICS_TABLE, validateClientMetricsSettings } from '../config/client-metrics-config.ts';
import { groupTable, validateGroupSettings } from '../config/group-config.ts';
import { topicTable, validateTopicSettings } from '../config/topic-alteration.ts';
import type { ClusterImage, ConfigTexts } from '../metadata/cluster-image.ts';
import { withoutEligible } from '../metadata/partition-transition.ts';
import { storeKeys, type ConfigResource, type ConfigType } from '../metadata/store-keys.ts';
import { E } from '../protocol/errors.ts';
import {
  OK,
  partitionChange,
  putRecord,
  refused,
  single,
  type Decided,
  type DecisionContext,
  type ItemResult,
  type Mutation,
} from './decision.ts';
import type { PartitionChange } from './partition-writes.ts';
import { topicNameProblem } from './topic-name.ts';

/** Numbers of resource types on the wire (ConfigResource.Type). */
const TYPES: ReadonlyMap<number, ConfigType> = new Map([
  [2, 'topic'],
  [4, 'broker'],
  [16, 'client-metrics'],
  [32, 'group'],
]);
/** Longest text that every version of the protocol can carry; appending could make a longer one. */
const VALUE_BYTES_MAX = 32_767;
const MIN_ISR = 'min.insync.replicas';
const OPERATIONS = ['set', 'delete', 'append', 'subtract'] as const;

/** A resource of an IncrementalAlterConfigs request, as on the wire. */
export interface IncrementalResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly {
    readonly name: string;
    /** 0 set, 1 delete, 2 append, 3 subtract. */
    readonly configOperation: number;
    readonly value: string | null;
  }[];
}

/** A resource of an AlterConfigs request, as on the wire: what is not named is reset. */
export interface ReplacedResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

export interface ConfigChange extends ItemResult {
  readonly resourceType: number;
  readonly resourceName: string;
}

/** Decides an IncrementalAlterConfigs request (KIP-339), each resource by itself. Broker loggers are not the controller's. */
export function decideIncrementalAlterConfigs(
  context: DecisionContext & { readonly brokerId: number },
  resources: readonly IncrementalResource[],
): Decided<ConfigChange>[] {
  return decideResources(context, resources, ({ configs }, current, table) => {
    const alterations: Alteration[] = [];
    for (const { name, configOperation, value } of configs) {
      const op = OPERATIONS[configOperation];
      if (op === undefined) return refused(E.UNKNOWN_SERVER_ERROR, null);
      alterations.push({ op, name, value });
    }
    return applyIncremental(current, alterations, table);
  });
}

/** Decides an AlterConfigs request, each resource by itself. */
export function decideAlterConfigs(
  context: DecisionContext & { readonly brokerId: number },
  resources: readonly ReplacedResource[],
): Decided<ConfigChange>[] {
  return decideResources(context, resources, ({ configs }) => applyReplacement(configs));
}

type Apply<R> = (resource: R, current: ConfigTexts, table: AlteredTable) => Altered | ItemResult;

function decideResources<R extends { readonly resourceType: number; readonly resourceName: string }>(
  context: DecisionContext & { readonly brokerId: number },
  resources: readonly R[],
  apply: Apply<R>,
): Decided<ConfigChange>[] {
  const counts = new Map<string, number>();
  const keyOf = ({ resourceType, resourceName }: R): string => `${resourceType}/${resourceName}`;
  for (const resource of resources) counts.set(keyOf(resource), (counts.get(keyOf(resource)) ?? 0) + 1);
  return resources.map((resource) => {
    const { resourceType, resourceName } = resource;
    const decided =
      counts.get(keyOf(resource)) === 1
        ? decideResource(context, resource, apply)
        : { result: refused(E.INVALID_REQUEST, 'Each resource must appear at most once.') };
    return { ...decided, result: { resourceType, resourceName, ...decided.result } };
  });
}

function decideResource<R extends { readonly resourceType: number; readonly resourceName: string }>(
  context: DecisionContext & { readonly brokerId: number },
  resource: R,
  apply: Apply<R>,
): Decided<ItemResult> {
  const type = TYPES.get(resource.resourceType);
  if (type === undefined) {
    return { result: refused(E.INVALID_REQUEST, `Unknown resource type ${resource.resourceType}`) };
  }
  const target: ConfigResource = { type, name: resource.resourceName };
  const nameProblem = resourceProblem(context, target);
  if (nameProblem !== undefined) return { result: nameProblem };
  const current = context.image.config(target);
  const altered = apply(resource, current, tableOf(context, type));
  if ('error' in altered) return { result: altered };
  if (!altered.ok) return { result: rejected(altered.rejection) };
  const rejection = validate(context, target, altered.texts);
  if (rejection !== null) return { result: rejected(rejection) };
  if ([...altered.texts.values()].some((text) => Buffer.byteLength(text) > VALUE_BYTES_MAX)) {
    const message = `The configuration value cannot be added because it exceeds the maximum value size of ${VALUE_BYTES_MAX} bytes.`;
    return { result: refused(E.INVALID_CONFIG, message) };
  }
  if (type === 'topic' && !context.image.topics.has(target.name)) {
    const message = `The topic '${target.name}' does not exist.`;
    return { result: refused(E.UNKNOWN_TOPIC_OR_PARTITION, message) };
  }
  const mutation = replacement(target, current, altered.texts);
  if (mutation === undefined) return { result: OK };
  const partitions =
    current.get(MIN_ISR) === altered.texts.get(MIN_ISR) ? [] : clearedPartitions(context.image, target);
  return { result: OK, mutation: { ...mutation, partitions } };
}

function resourceProblem(
  context: { readonly image: ClusterImage; readonly brokerId: number },
  { type, name }: ConfigResource,
): ItemResult | undefined {
  switch (type) {
    case 'topic': {
      if (name === '') return refused(E.INVALID_REQUEST, 'Default topic resources are not allowed.');
      const problem = topicNameProblem(name);
      return problem === undefined ? undefined : refused(E.INVALID_TOPIC_EXCEPTION, problem);
    }
    case 'broker':
      return name === '' ? undefined : brokerNameProblem(context, name);
    case 'group':
      return name === '' ? refused(E.INVALID_REQUEST, 'Default group resources are not allowed.') : undefined;
    case 'client-metrics':
      return undefined;
    default:
      return type satisfies never;
  }
}

function brokerNameProblem(
  { image, brokerId }: { readonly image: ClusterImage; readonly brokerId: number },
  name: string,
): ItemResult | undefined {
  if (!/^[+-]?[0-9]+$/.test(name)) {
    return refused(E.INVALID_REQUEST, `Node id must be an integer, but it is: ${name}`);
  }
  if (Number(name) === brokerId || image.brokers.has(Number(name))) return undefined;
  return refused(E.INVALID_REQUEST, `Unexpected broker id, expected ${brokerId}, but received ${name}`);
}

function tableOf({ config }: DecisionContext, type: ConfigType): AlteredTable {
  switch (type) {
    case 'topic':
      return topicTable(config);
    case 'broker':
      return brokerTable(config);
    case 'group':
      return groupTable(config);
    case 'client-metrics':
      return CLIENT_METRICS_TABLE;
    default:
      return type satisfies never;
  }
}

function validate({ config }: DecisionContext, { type, name }: ConfigResource, texts: ConfigTexts): Rejection | null {
  switch (type) {
    case 'topic':
      return validateTopicSettings(texts, config);
    case 'broker':
      return validateBrokerSettings(name === '' ? 'cluster' : 'broker', texts, config);
    case 'group':
      return validateGroupSettings(texts, config);
    case 'client-metrics':
      return validateClientMetricsSettings(name, texts);
    default:
      return type satisfies never;
  }
}

/** Replicas were eligible to lead by the former number of replicas that must be in sync: by another one they may not be. */
function clearedPartitions(image: ClusterImage, { type, name }: ConfigResource): PartitionChange[] {
  const changed = type === 'topic' ? image.topics.get(name) : undefined;
  const topics = type === 'broker' ? image.topics.values() : changed === undefined ? [] : [changed];
  const changes: PartitionChange[] = [];
  for (const topic of topics) {
    for (const index of topic.partitions.keys()) {
      const change = partitionChange(topic, index, withoutEligible);
      if (change !== undefined) changes.push(change);
    }
  }
  return changes;
}

function rejected({ kind, message }: Rejection): ItemResult {
  return refused(kind === 'invalid-config' ? E.INVALID_CONFIG : E.INVALID_REQUEST, message);
}

function replacement(resource: ConfigResource, current: ConfigTexts, texts: ConfigTexts): Mutation | undefined {
  const isSame = current.size === texts.size && [...texts].every(([name, text]) => current.get(name) === text);
  if (isSame) return undefined;
  const key = storeKeys.config(resource);
  return single(texts.size === 0 ? { type: 'delete', key } : putRecord(key, Object.fromEntries(texts)));
}
