import type { ToolEntry } from '../tools/tool-entry.ts';

/** What takes the place of one of Kafka's commands when `--json` asks for lines that programs read. */
export const jsonListings: readonly ToolEntry[] = [
  { name: 'kafka-configs', load: async () => (await import('./configs-listing.ts')).configsListing },
  { name: 'kafka-consumer-groups', load: async () => (await import('./groups-listing.ts')).consumerGroupsListing },
  { name: 'kafka-get-offsets', load: async () => (await import('./offsets-listing.ts')).offsetsListing },
  { name: 'kafka-groups', load: async () => (await import('./groups-listing.ts')).groupsListing },
  { name: 'kafka-topics', load: async () => (await import('./topics-listing.ts')).topicsListing },
];
