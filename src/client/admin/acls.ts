import { describeAcls as describeAclsApi } from '../../protocol/messages/029-describe-acls.ts';
import { createAcls as createAclsApi } from '../../protocol/messages/030-create-acls.ts';
import { deleteAcls as deleteAclsApi } from '../../protocol/messages/031-delete-acls.ts';
import { KafkaError } from '../client-error.ts';
import {
  ACL_OPERATIONS,
  ACL_PATTERN_TYPES,
  ACL_PERMISSIONS,
  ACL_RESOURCE_TYPES,
  type AclOperation,
  type AclPatternType,
  type AclPermission,
  type AclResourceType,
} from './acl-codes.ts';
import type { AdminCalls } from './admin-calls.ts';
import { checkName, invalid } from './arguments.ts';
import { throwTold, toldError, type Outcome } from './results.ts';

const ANY_HOST = '*';

/** One access rule: who may, or may not, do what, with which resource, from where. */
export interface AclBinding {
  readonly resourceType: AclResourceType | 'unknown';
  readonly resourceName: string;
  readonly patternType: AclPatternType | 'unknown';
  /** `User:alice`, or `User:*` for all. */
  readonly principal: string;
  /** An address, or `*` for all. */
  readonly host: string;
  readonly operation: AclOperation | 'unknown';
  readonly permission: AclPermission | 'unknown';
}

export interface NewAcl {
  readonly resourceType: Exclude<AclResourceType, 'any'>;
  readonly resourceName: string;
  /** `literal` when left out (KIP-290). */
  readonly patternType?: 'literal' | 'prefixed';
  readonly principal: string;
  /** `*` when left out. */
  readonly host?: string;
  readonly operation: Exclude<AclOperation, 'any'>;
  readonly permission: 'allow' | 'deny';
}

/** What is left out matches everything. */
export interface AclFilter {
  readonly resourceType?: AclResourceType;
  readonly resourceName?: string;
  /** `match` finds what applies to a name: literal, prefixed and `*`. `any` when left out. */
  readonly patternType?: AclPatternType;
  readonly principal?: string;
  readonly host?: string;
  readonly operation?: AclOperation;
  readonly permission?: AclPermission;
}

export async function describeAcls(calls: AdminCalls, filter: AclFilter): Promise<readonly AclBinding[]> {
  const body = wireFilter(filter);
  return calls.atAny('describe ACLs', async (connection) => {
    const answer = await calls.ask(connection, describeAclsApi, body);
    throwTold('describe ACLs', answer.errorCode, answer.errorMessage);
    return answer.resources.flatMap(({ acls, ...resource }) => acls.map((acl) => binding({ ...resource, ...acl })));
  });
}

/** Outcomes in the order of the rules. A rule that is there already is no error. */
export async function createAcls(calls: AdminCalls, acls: readonly NewAcl[]): Promise<Outcome<undefined>[]> {
  const items = new Map(acls.map((acl, index) => [String(index), wireAcl(acl)]));
  const outcomes = await calls.each('create ACL', 'broker', items, async (open) => {
    const creations = [...open.values()];
    const answer = await calls.ask(await calls.cluster.anyBroker(), createAclsApi, { creations });
    return inOrder(open.keys(), answer.results, ({ errorCode, errorMessage }) =>
      toldError('create ACL', errorCode, errorMessage),
    );
  });
  return [...items.keys()].map((key) => outcomes.get(key));
}

/** For each filter, in order, the rules that were deleted. */
export async function deleteAcls(
  calls: AdminCalls,
  filters: readonly AclFilter[],
): Promise<Outcome<readonly Outcome<AclBinding>[]>[]> {
  const items = new Map(filters.map((filter, index) => [String(index), wireFilter(filter)]));
  const outcomes = await calls.each('delete ACLs', 'broker', items, async (open) => {
    const body = { filters: [...open.values()] };
    const answer = await calls.ask(await calls.cluster.anyBroker(), deleteAclsApi, body);
    return inOrder(
      open.keys(),
      answer.filterResults,
      ({ errorCode, errorMessage, matchingAcls }): Outcome<readonly Outcome<AclBinding>[]> =>
        toldError('delete ACLs', errorCode, errorMessage) ??
        matchingAcls.map((acl) => toldError('delete ACL', acl.errorCode, acl.errorMessage) ?? binding(acl)),
    );
  });
  return [...items.keys()].map(
    (key) => outcomes.get(key) ?? new KafkaError('MALFORMED', 'delete ACLs: the answer leaves out a filter'),
  );
}

/** Brokers tell results without names, in the order of what was asked. */
function inOrder<T, V>(
  keys: Iterable<string>,
  results: readonly T[],
  read: (result: T) => Outcome<V>,
): Map<string, Outcome<V>> {
  const outcomes = new Map<string, Outcome<V>>();
  let next = 0;
  for (const key of keys) {
    const result = results[next++];
    if (result !== undefined) outcomes.set(key, read(result));
  }
  return outcomes;
}

interface ToldAcl {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

function binding(told: ToldAcl): AclBinding {
  return {
    resourceType: ACL_RESOURCE_TYPES.name(told.resourceType),
    resourceName: told.resourceName,
    patternType: ACL_PATTERN_TYPES.name(told.patternType),
    principal: told.principal,
    host: told.host,
    operation: ACL_OPERATIONS.name(told.operation),
    permission: ACL_PERMISSIONS.name(told.permissionType),
  };
}

function wireAcl(acl: NewAcl) {
  checkName(acl.resourceName, 'resourceName');
  if (!/^[^:]+:./.test(acl.principal))
    throw invalid(`principal is "${acl.principal}"; type:name is needed, like User:alice`);
  return {
    resourceType: ACL_RESOURCE_TYPES.code(acl.resourceType),
    resourceName: acl.resourceName,
    resourcePatternType: ACL_PATTERN_TYPES.code(acl.patternType ?? 'literal'),
    principal: acl.principal,
    host: acl.host ?? ANY_HOST,
    operation: ACL_OPERATIONS.code(acl.operation),
    permissionType: ACL_PERMISSIONS.code(acl.permission),
  };
}

function wireFilter(filter: AclFilter) {
  return {
    resourceTypeFilter: ACL_RESOURCE_TYPES.code(filter.resourceType ?? 'any'),
    resourceNameFilter: filter.resourceName ?? null,
    patternTypeFilter: ACL_PATTERN_TYPES.code(filter.patternType ?? 'any'),
    principalFilter: filter.principal ?? null,
    hostFilter: filter.host ?? null,
    operation: ACL_OPERATIONS.code(filter.operation ?? 'any'),
    permissionType: ACL_PERMISSIONS.code(filter.permission ?? 'any'),
  };
}
