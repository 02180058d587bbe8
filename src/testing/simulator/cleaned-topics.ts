import { OFFSETS_TOPIC, TRANSACTIONS_TOPIC } from '../../broker/coordination/coordinator-topics.ts';

/** Topics whose logs are cleaned while a run goes on, by what cleans them. */
export const CLEANED_TOPICS = ['table', 'window', 'journal'] as const;
export type CleanedTopic = (typeof CLEANED_TOPICS)[number];

/** What may go from a partition's log, though it was committed. */
export interface Upkeep {
  readonly compacts: boolean;
  readonly deletes: boolean;
  /** Topics of one name follow each other: producers may go on with the next one where they were. */
  readonly isRemade: boolean;
}

/** Of topics that are made and deleted all the time. */
export const REMADE_TOPIC = 'churn';

const NONE: Upkeep = { compacts: false, deletes: false, isRemade: false };
const COMPACTS: Upkeep = { ...NONE, compacts: true };

const UPKEEP: Readonly<Record<string, Upkeep>> = {
  [OFFSETS_TOPIC]: COMPACTS,
  [TRANSACTIONS_TOPIC]: COMPACTS,
  table: COMPACTS,
  window: { ...NONE, deletes: true },
  journal: { ...COMPACTS, deletes: true },
};
const REMADE: Upkeep = { ...NONE, isRemade: true };

export function upkeepOf(topic: string): Upkeep {
  return UPKEEP[topic] ?? (topic.startsWith(REMADE_TOPIC) ? REMADE : NONE);
}

/** Small segments, and short lives of what is in them. */
const SEGMENT_MS = '500';
const CONFIGS: Readonly<Record<CleanedTopic, Readonly<Record<string, string>>>> = {
  table: { 'cleanup.policy': 'compact' },
  window: { 'cleanup.policy': 'delete', 'retention.ms': '2000' },
  journal: { 'cleanup.policy': 'compact,delete', 'retention.ms': '5000' },
};

/** The settings of a topic as it is made. */
export function configsOf(topic: string): Readonly<Record<string, string>> {
  const own = (CONFIGS as Readonly<Record<string, Readonly<Record<string, string>>>>)[topic];
  if (own === undefined) return {};
  return {
    ...own,
    'segment.ms': SEGMENT_MS,
    'min.cleanable.dirty.ratio': '0.01',
    'delete.retention.ms': '300',
    'file.delete.delay.ms': '500',
  };
}
