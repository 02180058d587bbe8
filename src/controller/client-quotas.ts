import type { ClusterImage } from '../metadata/cluster-image.ts';
import type { QuotaEntityPart, QuotaRecord } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { E } from '../protocol/errors.ts';
import { OK, putRecord, refused, single, type Decided, type ItemResult, type Mutation } from './decision.ts';

/** What is quoted: a user, a client id, both, or an address; a null name is the default of its type. */
export type QuotaEntity = readonly { readonly entityType: string; readonly entityName: string | null }[];

export interface QuotaAlteration {
  readonly entity: QuotaEntity;
  readonly ops: readonly { readonly key: string; readonly value: number; readonly remove: boolean }[];
}

export interface QuotaChange extends ItemResult {
  readonly entity: QuotaEntity;
}

const CLIENT_KEYS: ReadonlyMap<string, NumberKind> = new Map([
  ['producer_byte_rate', 'LONG'],
  ['consumer_byte_rate', 'LONG'],
  ['request_percentage', 'DOUBLE'],
  ['controller_mutation_rate', 'DOUBLE'],
]);
const ADDRESS_KEYS: ReadonlyMap<string, NumberKind> = new Map([['connection_creation_rate', 'INT']]);
type NumberKind = 'INT' | 'LONG' | 'DOUBLE';

const INT_MAX = 2_147_483_647;
const LONG_MAX = 2 ** 63;
const WHOLE_EPSILON = 1e-6;
/** A host name or an address, by its looks: a name is not resolved. */
const HOST = /^(?:[0-9a-fA-F:.]+|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)$/;

/** One key for an entity, whatever the order of its parts. */
export function quotaEntityId(entity: readonly QuotaEntityPart[]): string {
  const parts = entity.map(({ type, name }) => [type, name] as const);
  return JSON.stringify(parts.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** Decides an AlterClientQuotas request (KIP-546), each entity by itself. An entity named twice gets what its first entry asked for, and a refusal. */
export function decideAlterClientQuotas(
  image: ClusterImage,
  alterations: readonly QuotaAlteration[],
): Decided<QuotaChange>[] {
  const decided = new Map<string, Decided<QuotaChange>>();
  for (const { entity, ops } of alterations) {
    // The last of several parts of one type counts.
    const parts = [...new Map(entity.map((part) => [part.entityType, part.entityName]))].map(([type, name]) => ({
      type,
      name,
    }));
    const id = quotaEntityId(parts);
    const isRepeated = decided.has(id) || new Set(ops.map(({ key }) => key)).size < ops.length;
    const answer = parts.map(({ type, name }) => ({ entityType: type, entityName: name }));
    if (isRepeated) {
      const former = decided.get(id)?.mutation;
      const text = `ClientQuotaEntity(entries={${parts.map(({ type, name }) => `${type}=${name}`).join(', ')}})`;
      const result = { entity: answer, ...refused(E.INVALID_REQUEST, `Ignoring duplicate entity ${text}`) };
      decided.set(id, former === undefined ? { result } : { result, mutation: former });
      continue;
    }
    const { result, mutation } = decideEntity(image, parts, ops);
    const full = { entity: answer, ...result };
    decided.set(id, mutation === undefined ? { result: full } : { result: full, mutation });
  }
  return [...decided.values()];
}

function decideEntity(
  image: ClusterImage,
  entity: readonly QuotaEntityPart[],
  ops: QuotaAlteration['ops'],
): Decided<ItemResult> {
  const problem = entityProblem(entity);
  if (problem !== undefined) return { result: refused(E.INVALID_REQUEST, problem) };
  const keys = entity.some(({ type }) => type === 'ip') ? ADDRESS_KEYS : CLIENT_KEYS;
  const id = quotaEntityId(entity);
  const values = new Map(Object.entries(image.quotas.get(id)?.values ?? {}));
  for (const { key, value, remove } of ops) {
    const wrong = remove ? undefined : valueProblem(keys, key, value);
    if (wrong !== undefined) return { result: refused(E.INVALID_REQUEST, wrong) };
    if (remove) values.delete(key);
    else values.set(key, value);
  }
  const mutation = replacement(image, id, { entity, values: Object.fromEntries(values) });
  return mutation === undefined ? { result: OK } : { result: OK, mutation };
}

function replacement(image: ClusterImage, id: string, record: QuotaRecord): Mutation | undefined {
  const key = storeKeys.quota(id);
  if (Object.keys(record.values).length > 0) return single(putRecord(key, record));
  return image.quotas.has(id) ? single({ type: 'delete', key }) : undefined;
}

function entityProblem(entity: readonly QuotaEntityPart[]): string | undefined {
  if (entity.length === 0) return 'Invalid empty client quota entity';
  for (const { type, name } of entity) {
    if (type !== 'user' && type !== 'client-id' && type !== 'ip') return `Unhandled client quota entity type: ${type}`;
    if (name === '') return `Empty ${type} not supported`;
  }
  const address = entity.find(({ type }) => type === 'ip');
  if (address === undefined) return undefined;
  if (entity.length > 1) {
    return 'Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId';
  }
  if (address.name === null || HOST.test(address.name)) return undefined;
  return `${address.name} is not a valid IP or resolvable host.`;
}

function valueProblem(keys: ReadonlyMap<string, NumberKind>, key: string, value: number): string | undefined {
  const kind = keys.get(key);
  if (kind === undefined) return `Invalid configuration key ${key}`;
  if (!(value > 0) || value === Infinity) return `Quota ${key} must be greater than 0`;
  if (kind === 'DOUBLE') return undefined;
  if (value > (kind === 'INT' ? INT_MAX : LONG_MAX))
    return `Proposed value for ${key} is too large for ${kind === 'INT' ? 'an INT' : 'a LONG'}.`;
  if (Math.abs(Math.floor(value + WHOLE_EPSILON) - value) > WHOLE_EPSILON)
    return `${key} cannot be a fractional value.`;
  return undefined;
}

/** One condition of a DescribeClientQuotas request: 0 this name, 1 the default, 2 any name. */
export interface QuotaFilterPart {
  readonly entityType: string;
  readonly matchType: number;
  readonly match: string | null;
}
export type QuotasFound = ItemResult & { readonly quotas: readonly QuotaRecord[] };

/** Finds the quotas that meet every condition; `strict`: and that have no other entity type. */
export function describeClientQuotas(
  image: ClusterImage,
  filter: { readonly components: readonly QuotaFilterPart[]; readonly strict: boolean },
): QuotasFound {
  const problem = filterProblem(filter.components);
  if (problem !== undefined) return { ...problem, quotas: [] };
  const quotas: QuotaRecord[] = [];
  for (const record of image.quotas.values()) {
    if (filter.strict && record.entity.length !== filter.components.length) continue;
    if (filter.components.every((part) => meets(record, part))) quotas.push(record);
  }
  return { ...OK, quotas };
}

function meets({ entity }: QuotaRecord, { entityType, matchType, match }: QuotaFilterPart): boolean {
  const part = entity.find(({ type }) => type === entityType);
  if (part === undefined) return false;
  return matchType === 2 || part.name === (matchType === 0 ? match : null);
}

function filterProblem(components: readonly QuotaFilterPart[]): ItemResult | undefined {
  const types = new Set<string>();
  for (const { entityType, matchType, match } of components) {
    if (entityType === '') return invalidRequest('Invalid empty entity type.');
    if (types.has(entityType))
      return invalidRequest(`Entity type ${entityType} cannot appear more than once in the filter.`);
    if (matchType < 0 || matchType > 2) return invalidRequest(`Unknown match type ${matchType}`);
    if (matchType === 0 && match === null) {
      return invalidRequest('Request specified MATCH_TYPE_EXACT, but set match string to null.');
    }
    if (matchType !== 0 && match !== null) {
      return invalidRequest(
        `Request specified MATCH_TYPE_${matchType === 1 ? 'DEFAULT' : 'SPECIFIED'}, but also specified a match string.`,
      );
    }
    if (!['user', 'client-id', 'ip'].includes(entityType)) {
      return refused(E.UNSUPPORTED_VERSION, `Unsupported entity type ${entityType}`);
    }
    types.add(entityType);
  }
  if (!types.has('ip') || types.size === 1) return undefined;
  return invalidRequest(
    'Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.',
  );
}

function invalidRequest(message: string): ItemResult {
  return refused(E.INVALID_REQUEST, message);
}
