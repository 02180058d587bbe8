import { describeConfigs as describeConfigsApi } from '../../protocol/messages/032-describe-configs.ts';
import { incrementalAlterConfigs } from '../../protocol/messages/044-incremental-alter-configs.ts';
import { listConfigResources as listConfigResourcesApi } from '../../protocol/messages/074-list-config-resources.ts';
import type { BrokerConnection } from '../broker-connection.ts';
import { asKafkaError, KafkaError } from '../client-error.ts';
import type { AdminCalls, Items } from './admin-calls.ts';
import { checkName, checkUnique, invalid } from './arguments.ts';
import { Codes } from './codes.ts';
import { configEntry, type ConfigEntry } from './config-entry.ts';
import type { ValidateOptions } from './create-topics.ts';
import { throwTold, toldError, type Outcome, type Results } from './results.ts';

export type ConfigResourceType = 'topic' | 'broker' | 'broker-logger' | 'client-metrics' | 'group';
export type ConfigOperation = 'set' | 'delete' | 'append' | 'subtract';

const RESOURCE_TYPES = new Codes<ConfigResourceType>('resource type', {
  topic: 2,
  broker: 4,
  'broker-logger': 8,
  'client-metrics': 16,
  group: 32,
});
const OPERATIONS = new Codes<ConfigOperation>('operation', { set: 0, delete: 1, append: 2, subtract: 3 });
const ANY_TYPE_VERSION = 1;

export interface ConfigResource {
  readonly type: ConfigResourceType;
  /** A broker's is its id as text; empty for the defaults of all brokers. */
  readonly name: string;
}

export interface DescribeConfigsOptions {
  /** Only these settings; all when left out. */
  readonly keys?: readonly string[];
  readonly includeSynonyms?: boolean;
  readonly includeDocumentation?: boolean;
}

export interface ConfigChange {
  readonly name: string;
  /** `append` and `subtract` are for lists. */
  readonly operation: ConfigOperation;
  /** Not for `delete`. */
  readonly value?: string;
}

export interface ConfigAlteration extends ConfigResource {
  readonly changes: readonly ConfigChange[];
}

/** The key of a resource in results: `topic:orders`, `broker:1`, and `broker:` for the defaults. */
export function configResourceKey({ type, name }: ConfigResource): string {
  return `${type}:${name}`;
}

export async function describeConfigs(
  calls: AdminCalls,
  resources: readonly ConfigResource[],
  { keys, includeSynonyms = false, includeDocumentation = false }: DescribeConfigsOptions,
): Promise<Results<ReadonlyMap<string, ConfigEntry>>> {
  return atOwners(calls, 'describe the configuration', resources, async (connection, items) => {
    const answer = await calls.ask(connection, describeConfigsApi, (version) => ({
      resources: [...items.values()].map(({ type, name }) => ({
        resourceType: RESOURCE_TYPES.code(type),
        resourceName: name,
        configurationKeys: keys ?? null,
      })),
      includeSynonyms,
      includeDocumentation: includeDocumentation && version >= 3,
    }));
    return new Map(
      answer.results.map((told): [string, Outcome<ReadonlyMap<string, ConfigEntry>>] => {
        const key = `${RESOURCE_TYPES.name(told.resourceType)}:${told.resourceName}`;
        return [
          key,
          toldError(`describe the configuration of ${key}`, told.errorCode, told.errorMessage) ??
            new Map(told.configs.map((entry) => [entry.name, configEntry(entry)])),
        ];
      }),
    );
  });
}

export async function alterConfigs(
  calls: AdminCalls,
  alterations: readonly ConfigAlteration[],
  { validateOnly = false }: ValidateOptions,
): Promise<Results<undefined>> {
  for (const alteration of alterations) checkChanges(alteration);
  return atOwners(calls, 'alter the configuration', alterations, async (connection, items) => {
    const answer = await calls.ask(connection, incrementalAlterConfigs, {
      resources: [...items.values()].map(({ type, name, changes }) => ({
        resourceType: RESOURCE_TYPES.code(type),
        resourceName: name,
        configs: changes.map((change) => ({
          name: change.name,
          configOperation: OPERATIONS.code(change.operation),
          value: change.value ?? null,
        })),
      })),
      validateOnly,
    });
    return new Map(
      answer.responses.map(({ resourceType, resourceName, errorCode, errorMessage }) => {
        const key = `${RESOURCE_TYPES.name(resourceType)}:${resourceName}`;
        return [key, toldError(`alter the configuration of ${key}`, errorCode, errorMessage)];
      }),
    );
  });
}

/** No types: all that the broker knows. Brokers before 4.1 know of client metrics alone. */
export async function listConfigResources(
  calls: AdminCalls,
  types: readonly ConfigResourceType[],
): Promise<readonly ConfigResource[]> {
  const resourceTypes = types.map((type) => RESOURCE_TYPES.code(type));
  return calls.atAny('list resources that have configuration', async (connection) => {
    const answer = await calls.ask(connection, listConfigResourcesApi, (version) => {
      if (version >= ANY_TYPE_VERSION) return { resourceTypes };
      if (types.length === 1 && types[0] === 'client-metrics') return { resourceTypes: [] };
      throw new KafkaError('UNSUPPORTED', 'the broker lists client metrics resources alone');
    });
    throwTold('list resources that have configuration', answer.errorCode);
    return answer.configResources.flatMap(({ resourceName: name, resourceType }) => {
      const type = RESOURCE_TYPES.name(resourceType);
      return type === 'unknown' ? [] : [{ type, name }];
    });
  });
}

/** What belongs to one broker is asked of that broker, all else of any (KafkaAdminClient.nodeFor). */
async function atOwners<R extends ConfigResource, V>(
  calls: AdminCalls,
  about: string,
  resources: readonly R[],
  attempt: (connection: BrokerConnection, items: Items<R>) => Promise<Map<string, Outcome<V>>>,
): Promise<Results<V>> {
  checkUnique(resources.map(configResourceKey), 'resource');
  for (const { type, name } of resources) {
    RESOURCE_TYPES.code(type);
    if (type !== 'broker') checkName(name, type);
    if (ownerOf({ type, name }) === undefined && name !== '' && type.startsWith('broker')) {
      throw invalid(`${type} is "${name}"; the id of a broker is needed`);
    }
  }
  const items = new Map(resources.map((resource) => [configResourceKey(resource), resource]));
  const place = async (open: Items<R>): Promise<Map<string, Outcome<BrokerConnection>>> => {
    const any = await calls.cluster.anyBroker();
    const entries = [...open].map(async ([key, resource]): Promise<[string, Outcome<BrokerConnection>]> => {
      const owner = ownerOf(resource);
      if (owner === undefined) return [key, any];
      return [key, await calls.brokerOf(owner).catch((error: unknown) => asKafkaError(error, about))];
    });
    return new Map(await Promise.all(entries));
  };
  return calls.eachPlaced(about, 'broker', items, { place, attempt });
}

function ownerOf({ type, name }: ConfigResource): number | undefined {
  return (type === 'broker' || type === 'broker-logger') && /^\d+$/.test(name) ? Number(name) : undefined;
}

function checkChanges(alteration: ConfigAlteration): void {
  const key = configResourceKey(alteration);
  for (const { name, operation, value } of alteration.changes) {
    checkName(name, `setting of ${key}`);
    OPERATIONS.code(operation);
    if (operation === 'delete' && value !== undefined) throw invalid(`${name} of ${key} is deleted and has a value`);
    if (operation !== 'delete' && value === undefined) throw invalid(`${operation} ${name} of ${key} needs a value`);
  }
}
