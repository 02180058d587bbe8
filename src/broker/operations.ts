/** Operations of an access rule, by their number on the wire (AclOperation). */
export const Operation = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const;
export type Operation = (typeof Operation)[keyof typeof Operation];

/** What a response says when the operations were not asked for. */
export const OPERATIONS_NOT_ASKED = -0x8000_0000;

function bits(...operations: Operation[]): number {
  return operations.reduce((sum, operation) => sum | (1 << operation), 0);
}

const { read, write, create, alter, describe, clusterAction, describeConfigs, alterConfigs, idempotentWrite } =
  Operation;

/** All that can be done with a topic, a group, the cluster: what everybody may do while there is no authorizer. */
export const TOPIC_OPERATIONS = bits(
  read,
  write,
  create,
  describe,
  Operation.delete,
  alter,
  describeConfigs,
  alterConfigs,
);
export const GROUP_OPERATIONS = bits(read, describe, Operation.delete, describeConfigs, alterConfigs);
export const CLUSTER_OPERATIONS = bits(
  create,
  clusterAction,
  describeConfigs,
  alterConfigs,
  idempotentWrite,
  alter,
  describe,
);
