import { apiVersions } from '../../protocol/messages/018-api-versions.ts';
import { updateFeatures as updateFeaturesApi } from '../../protocol/messages/057-update-features.ts';
import { describeCluster as describeClusterApi } from '../../protocol/messages/060-describe-cluster.ts';
import { unregisterBroker as unregisterBrokerApi } from '../../protocol/messages/064-unregister-broker.ts';
import { KafkaError } from '../client-error.ts';
import { operationsOf, type AclOperation } from './acl-codes.ts';
import type { BrokerConnection } from '../broker-connection.ts';
import type { AdminCalls } from './admin-calls.ts';
import { checkInteger, checkNames } from './arguments.ts';
import { Codes } from './codes.ts';
import type { ValidateOptions } from './create-topics.ts';
import { throwTold, toldError, type Outcome, type Results } from './results.ts';

const CONTROLLERS_VERSION = 1;
const FENCED_BROKERS_VERSION = 2;
/** Kinds of what is told. */
const BROKERS = 1;
const CONTROLLERS = 2;
const UPGRADE_TYPE_VERSION = 1;
const ONE_RESULT_VERSION = 2;
const SOFTWARE = { clientSoftwareName: 'posthorn', clientSoftwareVersion: '1' };

export interface BrokerDescription {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
  /** Registered, but not serving (KIP-1073). */
  readonly isFenced: boolean;
}

export interface ClusterDescription {
  readonly clusterId: string;
  /** With KRaft any broker, which passes on what is for the controller; -1 when there is none. */
  readonly controllerId: number;
  readonly brokers: readonly BrokerDescription[];
  /** What the caller may do with the cluster; null unless asked for. */
  readonly authorizedOperations: readonly AclOperation[] | null;
}

export interface DescribeClusterOptions {
  readonly includeAuthorizedOperations?: boolean;
  readonly includeFencedBrokers?: boolean;
  /** The bootstrap servers are controllers, and controllers are told in place of brokers (KIP-919). */
  readonly areControllers?: boolean;
}

export async function describeCluster(
  calls: AdminCalls,
  { includeAuthorizedOperations = false, includeFencedBrokers = false, areControllers = false }: DescribeClusterOptions,
): Promise<ClusterDescription> {
  return calls.atAny('describe the cluster', async (connection) => {
    const answer = await calls.ask(connection, describeClusterApi, (version) => {
      if (includeFencedBrokers && version < FENCED_BROKERS_VERSION) {
        throw new KafkaError('UNSUPPORTED', 'the broker does not tell of fenced brokers');
      }
      if (areControllers && version < CONTROLLERS_VERSION)
        throw new KafkaError('UNSUPPORTED', 'the broker does not tell of controllers');
      return {
        includeClusterAuthorizedOperations: includeAuthorizedOperations,
        includeFencedBrokers,
        endpointType: areControllers ? CONTROLLERS : BROKERS,
      };
    });
    throwTold('describe the cluster', answer.errorCode, answer.errorMessage);
    return {
      clusterId: answer.clusterId,
      controllerId: answer.controllerId,
      brokers: answer.brokers.map(({ brokerId, host, port, rack, isFenced }) => ({
        nodeId: brokerId,
        host,
        port,
        rack,
        isFenced,
      })),
      authorizedOperations: operationsOf(answer.clusterAuthorizedOperations),
    };
  });
}

/** The lowest and highest versions of the requests that a broker serves, by API key. */
export async function describeApiVersions(
  calls: AdminCalls,
  brokerId: number,
): Promise<ReadonlyMap<number, { readonly min: number; readonly max: number }>> {
  checkInteger(brokerId, 'brokerId');
  return calls.atBroker(
    brokerId,
    `ask broker ${brokerId} for its versions`,
    async (connection) => connection.abilities.versions,
  );
}

/** Takes a broker that is gone for good off the cluster (KIP-631). */
export async function unregisterBroker(calls: AdminCalls, brokerId: number): Promise<void> {
  checkInteger(brokerId, 'brokerId');
  const about = `unregister broker ${brokerId}`;
  await calls.atAny(about, async (connection) => {
    const answer = await calls.ask(connection, unregisterBrokerApi, { brokerId });
    throwTold(about, answer.errorCode, answer.errorMessage);
  });
}

export interface FeatureRange {
  readonly min: number;
  readonly max: number;
}

export interface Features {
  /** Levels in force for the whole cluster. */
  readonly finalized: ReadonlyMap<string, FeatureRange>;
  /** Rises with each change; -1 when there was none. */
  readonly finalizedEpoch: number;
  /** Levels that the broker which answered can do. */
  readonly supported: ReadonlyMap<string, FeatureRange>;
}

export interface DescribeFeaturesOptions {
  /** Asks this broker in place of any. */
  readonly brokerId?: number;
}

export async function describeFeatures(calls: AdminCalls, { brokerId }: DescribeFeaturesOptions): Promise<Features> {
  const ask = async (connection: BrokerConnection): Promise<Features> => {
    const answer = await calls.ask(connection, apiVersions, SOFTWARE);
    throwTold('describe features', answer.errorCode);
    return {
      finalized: new Map(
        answer.finalizedFeatures.map(({ name, minVersionLevel, maxVersionLevel }) => [
          name,
          { min: minVersionLevel, max: maxVersionLevel },
        ]),
      ),
      finalizedEpoch: answer.finalizedFeaturesEpoch,
      supported: new Map(
        answer.supportedFeatures.map(({ name, minVersion, maxVersion }) => [
          name,
          { min: minVersion, max: maxVersion },
        ]),
      ),
    };
  };
  return brokerId === undefined
    ? calls.atAny('describe features', ask)
    : calls.atBroker(brokerId, 'describe features', ask);
}

export type FeatureUpgradeType = 'upgrade' | 'safe-downgrade' | 'unsafe-downgrade';
const UPGRADE_TYPES = new Codes<FeatureUpgradeType>('kind of feature update', {
  upgrade: 1,
  'safe-downgrade': 2,
  'unsafe-downgrade': 3,
});

export interface FeatureUpdate {
  readonly feature: string;
  /** 0 takes the feature away. */
  readonly level: number;
  /** `upgrade` when left out. */
  readonly type?: FeatureUpgradeType;
}

/** All or none of them are changed (KIP-584, KIP-1022). */
export async function updateFeatures(
  calls: AdminCalls,
  updates: readonly FeatureUpdate[],
  { validateOnly = false }: ValidateOptions,
): Promise<Results<undefined>> {
  checkNames(
    updates.map(({ feature }) => feature),
    'feature',
  );
  for (const { feature, level } of updates) checkInteger(level, `level of ${feature}`, 0, 0x7fff);
  const items = new Map(updates.map((update) => [update.feature, update]));
  return calls.each('update features', 'controller', items, async (open) => {
    const connection = await calls.controller();
    const version = connection.versionFor(updateFeaturesApi);
    if (validateOnly && version < UPGRADE_TYPE_VERSION) {
      throw new KafkaError('UNSUPPORTED', 'the broker does not validate feature updates only');
    }
    const answer = await connection.request(updateFeaturesApi, version, {
      timeoutMs: calls.timeoutMs,
      featureUpdates: [...open.values()].map(({ feature, level, type = 'upgrade' }) => ({
        feature,
        maxVersionLevel: level,
        allowDowngrade: version < UPGRADE_TYPE_VERSION && type !== 'upgrade',
        upgradeType: version < UPGRADE_TYPE_VERSION ? UPGRADE_TYPES.code('upgrade') : UPGRADE_TYPES.code(type),
      })),
      validateOnly,
    });
    const about = 'update features';
    if (version >= ONE_RESULT_VERSION) {
      const error = toldError(about, answer.errorCode, answer.errorMessage);
      return new Map([...open.keys()].map((feature): [string, Outcome<undefined>] => [feature, error]));
    }
    throwTold(about, answer.errorCode, answer.errorMessage);
    return new Map(
      answer.results.map(({ feature, errorCode, errorMessage }) => [
        feature,
        toldError(`${about}: ${feature}`, errorCode, errorMessage),
      ]),
    );
  });
}
