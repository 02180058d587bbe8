import type { Difference } from './difference.ts';

/** A difference that is meant, with its reason. All three patterns must fit. */
export interface Intended {
  readonly scenario: RegExp;
  readonly step: RegExp;
  readonly path: RegExp;
  readonly reason: string;
}

const any = /(?:)/;

export const intendedDifferences: readonly Intended[] = [
  {
    scenario: /^06-produce$/,
    step: /null records/,
    path: any,
    reason: 'Produce with null records: Kafka never answers, Posthorn answers INVALID_RECORD',
  },
  {
    scenario: /^(03|19|20)-/,
    step: any,
    path: /posthorn\.|metadata\.store|\.profile$/,
    reason: 'settings of Posthorn that Kafka does not have',
  },
  {
    scenario: /^01-api-versions$/,
    step: any,
    path: /^apiKeys\.key (?:7[6-9]|8\d|9[0-2])$/,
    reason: 'keys not served: share and streams groups, Raft voters, share group state',
  },
  {
    scenario: /^(?:03|19)-/,
    step: any,
    path: /min\.insync\.replicas/,
    reason: 'Kafka formats a cluster with min.insync.replicas set for all brokers, for its eligible leader replicas',
  },
  {
    scenario: /^03-create-topics$/,
    step: /min\.cleanable\.dirty\.ratio=NaN/,
    path: any,
    reason: 'NaN for a ratio: Kafka takes it and never compacts, Posthorn answers INVALID_CONFIG',
  },
  {
    scenario: /^05-create-partitions$/,
    step: /far too many/,
    path: any,
    reason:
      'too many partitions at once: Kafka answers an unknown error, Posthorn POLICY_VIOLATION as CreateTopics does',
  },
  {
    scenario: /^06-produce$/,
    step: /codec [57]|damaged/,
    path: /errorCode$/,
    reason: 'batches that do not parse: Kafka answers an unknown error, Posthorn INVALID_RECORD',
  },
  {
    scenario: /^29-consumer-group-admin$/,
    step: /fetch: no member, an epoch/,
    path: /errorCode$/,
    reason: 'OffsetFetch with an epoch of no member: Kafka answers an unknown error, Posthorn UNKNOWN_MEMBER_ID',
  },
  {
    scenario: /^30-group-migration$/,
    step: /cannot upgrade garbage/,
    path: /^error/,
    reason:
      'upgrade of a group whose assignments do not parse: Kafka answers an unknown error, Posthorn the error it has for that',
  },
  {
    scenario: /^09-fetch$/,
    step: /a partition twice/,
    path: any,
    reason: 'a partition twice in one fetch: Kafka answers the last, Posthorn both',
  },
  {
    scenario: /^09-fetch$/,
    step: /partition limit -1/,
    path: any,
    reason: 'a negative limit for a partition: Kafka answers an unknown error, Posthorn takes it as 0',
  },
  {
    scenario: /^12-delete-records$/,
    step: /offset of -3/,
    path: any,
    reason: 'the record of the largest timestamp when it has been deleted: Kafka still names it, Posthorn finds none',
  },
  {
    scenario: /^15-group-rebalance$/,
    step: /[ab] joins/,
    path: /^protocolName$|^members\[\d\]\.metadata$/,
    reason: 'as many votes for two protocols: Kafka takes the first in its hash table, Posthorn the one first offered',
  },
  {
    scenario: /^16-static-members$/,
    step: /another subscription/,
    path: /\.clientId$/,
    reason:
      'a static member that another process took over: Kafka still shows the first client id, Posthorn the present one',
  },
  {
    scenario: /^(?:28|29|30)-/,
    step: any,
    path: /^heartbeatIntervalMs$/,
    reason:
      'a member that waits for news: Kafka has it wait out the interval of the group, Posthorn tells it to ask again soon',
  },
  {
    scenario: /^19-describe-configs$/,
    step: /all of the broker/,
    path: /\.(?:advertised\.listeners|controller\.[a-z.]+)\.configSource$/,
    reason: 'settings that Apache Kafka cannot be started without, and Posthorn can',
  },
  {
    scenario: /^22-replicas$/,
    step: /an empty name/,
    path: any,
    reason: 'a topic with an empty name: Kafka answers an unknown error, Posthorn INVALID_TOPIC_EXCEPTION',
  },
  {
    scenario: /^(?:53-reassignments|57-broker-away)$/,
    step: /moved to one|moved without|after the elections|the one away/,
    path: /eligibleLeaderReplicas/,
    reason: 'Kafka goes on to show replicas that a reassignment took away as eligible leaders',
  },
  {
    scenario: /^56-cluster-settings$/,
    step: /by way of another|not there/,
    path: /errorCode|errorMessage/,
    reason: 'the settings of a broker: Kafka takes them only at that broker, Posthorn at any; its controller answers',
  },
];

/** Why a difference is meant, undefined when it is not. */
export function intended(difference: Difference): Intended | undefined {
  return intendedDifferences.find(
    ({ scenario, step, path }) =>
      scenario.test(difference.scenario) && step.test(difference.step) && path.test(difference.path),
  );
}
