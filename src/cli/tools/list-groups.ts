import type { Admin } from '../../client/admin/admin.ts';
import type { GroupListing, ListGroupsOptions } from '../../client/admin/list-groups.ts';
import { KafkaError, TimeoutError } from '../../client/client-error.ts';
import { JavaException } from './java-error.ts';

/** The groups of all brokers; that none was found to ask is told with Kafka's words. */
export async function listGroups(admin: Admin, options: ListGroupsOptions = {}): Promise<readonly GroupListing[]> {
  try {
    return await admin.listGroups(options);
  } catch (error) {
    const isShutOut = error instanceof KafkaError && error.code === 'AUTHENTICATION_FAILED';
    if (!(error instanceof TimeoutError) && !isShutOut) throw error;
    const told = 'Failed to find brokers to send ListGroups';
    throw new JavaException('org.apache.kafka.common.KafkaException', told, { cause: error });
  }
}
