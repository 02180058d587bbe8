import { Codes } from './codes.ts';

export type AclResourceType = 'any' | 'topic' | 'group' | 'cluster' | 'transactional-id' | 'delegation-token' | 'user';
export type AclPatternType = 'any' | 'match' | 'literal' | 'prefixed';
export type AclOperation =
  | 'any'
  | 'all'
  | 'read'
  | 'write'
  | 'create'
  | 'delete'
  | 'alter'
  | 'describe'
  | 'cluster-action'
  | 'describe-configs'
  | 'alter-configs'
  | 'idempotent-write'
  | 'create-tokens'
  | 'describe-tokens'
  | 'two-phase-commit';
export type AclPermission = 'any' | 'deny' | 'allow';

export const ACL_RESOURCE_TYPES = new Codes<AclResourceType>('resource type', {
  any: 1,
  topic: 2,
  group: 3,
  cluster: 4,
  'transactional-id': 5,
  'delegation-token': 6,
  user: 7,
});
export const ACL_PATTERN_TYPES = new Codes<AclPatternType>('pattern type', {
  any: 1,
  match: 2,
  literal: 3,
  prefixed: 4,
});
export const ACL_OPERATIONS = new Codes<AclOperation>('operation', {
  any: 1,
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  'cluster-action': 9,
  'describe-configs': 10,
  'alter-configs': 11,
  'idempotent-write': 12,
  'create-tokens': 13,
  'describe-tokens': 14,
  'two-phase-commit': 15,
});
export const ACL_PERMISSIONS = new Codes<AclPermission>('permission', { any: 1, deny: 2, allow: 3 });

/** What stands in place of the bits when the broker does not tell. */
const NOT_TOLD = -0x8000_0000;
const BITS = 31;

/** The operations of a bit field (KIP-430), bit n being the operation with code n; null when the broker did not tell. */
export function operationsOf(bits: number): AclOperation[] | null {
  if (bits === NOT_TOLD) return null;
  const operations: AclOperation[] = [];
  for (let code = 0; code < BITS; code++) {
    const name = ACL_OPERATIONS.name(code);
    if ((bits & (1 << code)) !== 0 && name !== 'unknown') operations.push(name);
  }
  return operations;
}
