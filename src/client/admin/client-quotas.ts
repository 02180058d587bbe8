import { describeClientQuotas as describeClientQuotasApi } from '../../protocol/messages/048-describe-client-quotas.ts';
import { alterClientQuotas as alterClientQuotasApi } from '../../protocol/messages/049-alter-client-quotas.ts';
import type { AdminCalls } from './admin-calls.ts';
import { checkUnique, invalid } from './arguments.ts';
import type { ValidateOptions } from './create-topics.ts';
import { throwTold, toldError, type Results } from './results.ts';

const MATCH = { exact: 0, default: 1, any: 2 } as const;

export type QuotaEntityType = 'user' | 'client-id' | 'ip';

/** Whom a quota is for: a name of each type, null standing for the default of the type (KIP-546). */
export type QuotaEntity = Readonly<Partial<Record<QuotaEntityType, string | null>>>;

export interface QuotaFilterPart {
  readonly type: QuotaEntityType;
  /** A name, the default, or every one that has a quota. */
  readonly match: { readonly name: string } | 'default' | 'any';
}

export interface DescribeQuotasOptions {
  /** Only entities of exactly the types that the filter names; false. */
  readonly strict?: boolean;
}

export interface ClientQuota {
  readonly entity: QuotaEntity;
  /** By the name of the quota, like `producer_byte_rate`, in its unit (bytes per second, percent, ...). */
  readonly quotas: ReadonlyMap<string, number>;
}

export interface QuotaAlteration {
  readonly entity: QuotaEntity;
  /** The quotas to set, by name; null takes one away. */
  readonly quotas: Readonly<Record<string, number | null>>;
}

/** An empty filter matches every entity. */
export async function describeClientQuotas(
  calls: AdminCalls,
  filter: readonly QuotaFilterPart[],
  { strict = false }: DescribeQuotasOptions,
): Promise<readonly ClientQuota[]> {
  const components = filter.map(({ type, match }) => ({
    entityType: type,
    matchType: typeof match === 'string' ? MATCH[match] : MATCH.exact,
    match: typeof match === 'string' ? null : match.name,
  }));
  const about = 'describe client quotas';
  return calls.atAny(about, async (connection) => {
    const answer = await calls.ask(connection, describeClientQuotasApi, { components, strict });
    throwTold(about, answer.errorCode, answer.errorMessage);
    return (answer.entries ?? []).map(({ entity, values }) => ({
      entity: Object.fromEntries(entity.map(({ entityType, entityName }) => [entityType, entityName])),
      quotas: new Map(values.map(({ key, value }) => [key, value])),
    }));
  });
}

/** The key of an entity in results: `user=alice,client-id=shop`; `<default>` stands for the default. */
export function quotaEntityKey(entity: QuotaEntity): string {
  return partsOf(entity)
    .map(({ entityType, entityName }) => `${entityType}=${entityName ?? '<default>'}`)
    .toSorted()
    .join(',');
}

export async function alterClientQuotas(
  calls: AdminCalls,
  alterations: readonly QuotaAlteration[],
  { validateOnly = false }: ValidateOptions,
): Promise<Results<undefined>> {
  const items = new Map(alterations.map((alteration) => [quotaEntityKey(alteration.entity), alteration]));
  checkUnique(
    alterations.map(({ entity }) => quotaEntityKey(entity)),
    'entity',
  );
  if (items.has('')) throw invalid('a quota is for nobody; name a user, client-id or ip');
  const about = 'alter client quotas';
  return calls.each(about, 'broker', items, async (open) => {
    const answer = await calls.ask(await calls.cluster.anyBroker(), alterClientQuotasApi, {
      entries: [...open.values()].map(({ entity, quotas }) => ({
        entity: partsOf(entity),
        ops: Object.entries(quotas).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
      })),
      validateOnly,
    });
    return new Map(
      answer.entries.map(({ entity, errorCode, errorMessage }) => {
        const key = quotaEntityKey(
          Object.fromEntries(entity.map(({ entityType, entityName }) => [entityType, entityName])),
        );
        return [key, toldError(`${about} of ${key}`, errorCode, errorMessage)];
      }),
    );
  });
}

function partsOf(entity: QuotaEntity): { readonly entityType: string; readonly entityName: string | null }[] {
  return Object.entries(entity).flatMap(([entityType, entityName]) =>
    entityName === undefined ? [] : [{ entityType, entityName }],
  );
}
