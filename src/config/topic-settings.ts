import type { Setting, ValueOf } from './setting.ts';
import { KAFKA_TOPIC_SETTINGS } from './settings/topic-settings.ts';

/** Every setting that a topic may have of its own: all of Kafka 4.3, and Posthorn's own. */
export const TOPIC_SETTINGS = {
  ...KAFKA_TOPIC_SETTINGS,
  'posthorn.batch.validation': {
    kind: 'string',
    default: 'records',
    check: { oneOf: ['records', 'headers'] },
    importance: 'medium',
    synonyms: [{ name: 'posthorn.batch.validation' }],
    own: true,
    doc: 'How compressed batches of this topic are checked: records unpacks them and looks at each record, as Kafka does; headers trusts checksum, header and producer. No difference where the topic is compacted.',
  },
  'posthorn.flush.policy': {
    kind: 'string',
    default: 'os',
    check: { oneOf: ['os', 'group'] },
    importance: 'medium',
    synonyms: [{ name: 'posthorn.flush.policy' }],
    own: true,
    doc: 'When a record of this topic counts as written: os as soon as the operating system has it, as in Kafka; group after one sync shared by all who wait.',
  },
} as const;

/** The name of a topic setting. */
export type TopicKey = keyof typeof TOPIC_SETTINGS;

/** The TypeScript type of a topic setting's value. */
export type TopicValue<K extends TopicKey> = ValueOf<(typeof TOPIC_SETTINGS)[K]>;

/** The declaration of a topic setting, if there is one of that name. */
export function topicSetting(name: string): Setting | undefined {
  return Object.hasOwn(TOPIC_SETTINGS, name) ? TOPIC_SETTINGS[name as TopicKey] : undefined;
}
