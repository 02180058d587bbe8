import { listGroups as listGroupsApi } from '../../protocol/messages/016-list-groups.ts';
import { KafkaError } from '../client-error.ts';
import type { AdminCalls } from './admin-calls.ts';
import { throwTold } from './results.ts';

export type GroupType = 'classic' | 'consumer' | 'share' | 'streams';

export interface GroupListing {
  readonly groupId: string;
  /** `unknown` from brokers before KIP-848. */
  readonly type: GroupType | 'unknown';
  /** Kafka's name for it, like `Stable` or `Empty`; empty from brokers before KIP-518. */
  readonly state: string;
  /** `consumer` for consumers; empty for groups that only hold offsets. */
  readonly protocolType: string;
}

export interface ListGroupsOptions {
  /** Kafka's names of states; all when left out (KIP-518). */
  readonly states?: readonly string[];
  /** All when left out (KIP-848). */
  readonly types?: readonly GroupType[];
}

const STATES_VERSION = 4;
const TYPES_VERSION = 5;
const GROUP_TYPES: ReadonlySet<string> = new Set<GroupType>(['classic', 'consumer', 'share', 'streams']);

/** Every broker tells the groups that it coordinates. */
export async function listGroups(
  calls: AdminCalls,
  { states = [], types = [] }: ListGroupsOptions,
): Promise<readonly GroupListing[]> {
  const listings = await calls.atEveryBroker('list groups', async (connection) => {
    const answer = await calls.ask(connection, listGroupsApi, (version) => {
      if (states.length > 0 && version < STATES_VERSION) throw tooOld('states');
      if (types.length > 0 && version < TYPES_VERSION) throw tooOld('types');
      return { statesFilter: states, typesFilter: types };
    });
    throwTold('list groups', answer.errorCode);
    return answer.groups.map(({ groupId, groupType, groupState, protocolType }) => ({
      groupId,
      type: groupTypeOf(groupType),
      state: groupState,
      protocolType,
    }));
  });
  return listings.flat();
}

/** Brokers write types in any case: `Consumer`. */
function groupTypeOf(told: string): GroupType | 'unknown' {
  const type = told.toLowerCase();
  return GROUP_TYPES.has(type) ? (type as GroupType) : 'unknown';
}

function tooOld(what: string): KafkaError {
  return new KafkaError('UNSUPPORTED', `the broker does not filter groups by ${what}`);
}
