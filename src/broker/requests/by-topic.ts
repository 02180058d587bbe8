/** Groups items by their topic, in the order in which topics first appear, for answers that nest partitions in topics. */
export function byTopic<T extends { readonly topic: string }, R>(
  items: readonly T[],
  toItem: (item: T) => R,
): { topic: string; items: R[] }[] {
  const topics = new Map<string, R[]>();
  for (const item of items) {
    const found = topics.get(item.topic);
    if (found === undefined) topics.set(item.topic, [toItem(item)]);
    else found.push(toItem(item));
  }
  return [...topics].map(([topic, grouped]) => ({ topic, items: grouped }));
}
