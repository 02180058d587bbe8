import type { Admin } from '../../client/admin/admin.ts';
import type { TopicDescription, TopicListing } from '../../client/admin/describe-topics.ts';
import { valuesOf } from '../../client/admin/results.ts';

/** All topics, internal ones too, by name. */
export async function listTopics(admin: Admin): Promise<TopicListing[]> {
  return inOrder((await admin.listTopics({ includeInternal: true })).values());
}

/** Topics by name with their partitions by index. */
export async function describeTopics(
  admin: Admin,
  names: readonly string[],
  pagePartitions?: number,
): Promise<TopicDescription[]> {
  const found = await admin.describeTopics(names, pagePartitions === undefined ? {} : { pagePartitions });
  return inOrder(valuesOf(found).values());
}

function inOrder<T extends TopicListing>(topics: Iterable<T>): T[] {
  return [...topics].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
