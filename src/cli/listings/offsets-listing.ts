import type { OffsetSpec } from '../../client/admin/list-offsets.ts';
import { partitionValuesOf, valuesOf } from '../../client/admin/results.ts';
import { ToolFailure } from '../tools/tool-failure.ts';
import { TopicPattern } from '../tools/topic-pattern.ts';
import { listingTool } from './listing.ts';

const NAMED: Readonly<Record<string, OffsetSpec>> = {
  '-1': 'latest',
  latest: 'latest',
  '-2': 'earliest',
  earliest: 'earliest',
  '-3': 'max-timestamp',
  'max-timestamp': 'max-timestamp',
};

/** `kafka-get-offsets --json`. */
export const offsetsListing = listingTool({
  name: 'kafka-get-offsets',
  about: 'Tells offsets, those of a partition as a JSON object on each line.\n',
  specs: {
    topic: { argument: 'pattern', text: 'Only topics whose whole name fits this regular expression.' },
    time: {
      argument: 'time',
      fallback: 'latest',
      text: 'latest, earliest, max-timestamp, or milliseconds since 1970: the first record of that time.',
    },
    'exclude-internal-topics': { text: 'Leaves out internal topics.' },
  },
  async list(admin, options) {
    const text = options.value('time') ?? '';
    const at = NAMED[text] ?? (/^\d+$/.test(text) ? Number(text) : undefined);
    if (at === undefined)
      throw new ToolFailure(`--time takes latest, earliest, max-timestamp or milliseconds, not '${text}'`);
    const pattern = new TopicPattern(options.value('topic') ?? '.*');
    const listed = await admin.listTopics({ includeInternal: !options.has('exclude-internal-topics') });
    const names = [...listed.keys()].filter((name) => pattern.fits(name)).toSorted();
    if (names.length === 0) return [];
    const topics = [...valuesOf(await admin.describeTopics(names)).values()];
    const asked = topics.flatMap(({ name: topic, partitions }) =>
      partitions.map(({ partition }) => ({ topic, partition, at })),
    );
    return [...partitionValuesOf(await admin.listOffsets(asked))].flatMap(([topic, partitions]) =>
      [...partitions].map(([partition, { offset, timestamp }]) => ({
        topic,
        partition,
        offset: offset < 0 ? null : offset,
        timestamp: timestamp < 0 ? null : timestamp,
      })),
    );
  },
});
