import type { GroupState } from './group-state.ts';
import type { TopicChanges } from './group-topics.ts';

/** Consumer groups that read one of the topics look at them again with their next heartbeat; patterns look at new ones. */
export function followTopics(state: GroupState, { created, changed, deleted }: TopicChanges): void {
  if (created.length > 0) state.newTopicsRevision = state.topics.revision();
  const names = [...created, ...changed, ...deleted.map(({ name }) => name)];
  for (const name of names) state.topicHashes.forget(name);
  for (const group of state.groups.values()) {
    if (group.type === 'consumer' && names.some((name) => group.isSubscribedTo(name))) group.requestRefresh();
  }
}
