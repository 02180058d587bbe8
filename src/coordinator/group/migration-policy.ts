/** group.consumer.migration.policy: in which directions a group with members may change its protocol. */
export type MigrationPolicy = 'DISABLED' | 'UPGRADE' | 'DOWNGRADE' | 'BIDIRECTIONAL';

export function mayUpgrade(policy: MigrationPolicy): boolean {
  return policy === 'UPGRADE' || policy === 'BIDIRECTIONAL';
}

export function mayDowngrade(policy: MigrationPolicy): boolean {
  return policy === 'DOWNGRADE' || policy === 'BIDIRECTIONAL';
}
