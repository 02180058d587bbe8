import type { InternalTopic } from '../../controller/internal-topics.ts';

/** Topics that coordinators keep their state in. */
export const OFFSETS_TOPIC: InternalTopic = '__consumer_offsets';
export const TRANSACTIONS_TOPIC: InternalTopic = '__transaction_state';
export const SHARE_STATE_TOPIC: InternalTopic = '__share_group_state';
