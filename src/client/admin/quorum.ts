import type { Uuid } from '../../base/uuid.ts';
import { describeQuorum as describeQuorumApi } from '../../protocol/messages/055-describe-quorum.ts';
import { addRaftVoter as addRaftVoterApi } from '../../protocol/messages/080-add-raft-voter.ts';
import { removeRaftVoter as removeRaftVoterApi } from '../../protocol/messages/081-remove-raft-voter.ts';
import type { ReadMessage } from '../../protocol/schema.ts';
import { KafkaError } from '../client-error.ts';
import type { AdminCalls } from './admin-calls.ts';
import { checkInteger, checkName } from './arguments.ts';
import { throwTold } from './results.ts';

const METADATA_TOPIC = '__cluster_metadata';

export interface QuorumReplica {
  readonly replicaId: number;
  /** The zero id where it is not known (KIP-853). */
  readonly directoryId: Uuid;
  readonly logEndOffset: number;
  /** Milliseconds of the wall clock; -1 when not known. */
  readonly lastFetchTimestamp: number;
  readonly lastCaughtUpTimestamp: number;
}

export interface Endpoint {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface Quorum {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly highWatermark: number;
  readonly voters: readonly QuorumReplica[];
  readonly observers: readonly QuorumReplica[];
  /** Where the voters listen; empty from brokers before KIP-853. */
  readonly nodes: ReadonlyMap<number, readonly Endpoint[]>;
}

/** A voter of the metadata quorum: a controller and the directory that it has its log in. */
export interface RaftVoter {
  readonly voterId: number;
  readonly directoryId: Uuid;
}

export interface NewRaftVoter extends RaftVoter {
  readonly endpoints: readonly Endpoint[];
}

export async function describeQuorum(calls: AdminCalls): Promise<Quorum> {
  const about = 'describe the metadata quorum';
  return calls.atAny(about, async (connection) => {
    const topics = [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0 }] }];
    const answer = await calls.ask(connection, describeQuorumApi, { topics });
    throwTold(about, answer.errorCode, answer.errorMessage);
    const partition = answer.topics[0]?.partitions[0];
    if (partition === undefined) throw new KafkaError('MALFORMED', `${about}: the answer has no partition`);
    throwTold(about, partition.errorCode, partition.errorMessage);
    const { leaderId, leaderEpoch, highWatermark, currentVoters, observers } = partition;
    return {
      leaderId,
      leaderEpoch,
      highWatermark,
      voters: currentVoters.map(quorumReplica),
      observers: observers.map(quorumReplica),
      nodes: new Map(answer.nodes.map(({ nodeId, listeners }) => [nodeId, listeners])),
    };
  });
}

type ToldReplica = ReadMessage<
  typeof describeQuorumApi.response
>['topics'][number]['partitions'][number]['observers'][number];

function quorumReplica({ replicaDirectoryId, ...rest }: ToldReplica): QuorumReplica {
  return { directoryId: replicaDirectoryId, ...rest };
}

export async function addRaftVoter(
  calls: AdminCalls,
  { voterId, directoryId, endpoints }: NewRaftVoter,
): Promise<void> {
  checkInteger(voterId, 'voterId');
  checkName(directoryId, 'directoryId');
  const about = `add voter ${voterId}`;
  await calls.atAny(about, async (connection) => {
    const answer = await calls.ask(connection, addRaftVoterApi, {
      clusterId: null,
      timeoutMs: calls.timeoutMs,
      voterId,
      voterDirectoryId: directoryId,
      listeners: endpoints,
    });
    throwTold(about, answer.errorCode, answer.errorMessage);
  });
}

export async function removeRaftVoter(calls: AdminCalls, { voterId, directoryId }: RaftVoter): Promise<void> {
  checkInteger(voterId, 'voterId');
  checkName(directoryId, 'directoryId');
  const about = `remove voter ${voterId}`;
  await calls.atAny(about, async (connection) => {
    const body = { clusterId: null, voterId, voterDirectoryId: directoryId };
    const answer = await calls.ask(connection, removeRaftVoterApi, body);
    throwTold(about, answer.errorCode, answer.errorMessage);
  });
}
