import type { CommandCase } from '../case.ts';
import { clusterCases } from './cluster.ts';
import { consumerGroupCases } from './consumer-groups.ts';
import { configCases } from './configs.ts';
import { consoleCases } from './console.ts';
import { dumpCases } from './dump-log.ts';
import { electionCases } from './election.ts';
import { featureCases } from './features.ts';
import { groupCases } from './groups.ts';
import { logDirCases } from './log-dirs.ts';
import { offsetCases } from './offsets.ts';
import { performanceCases } from './performance.ts';
import { reassignCases } from './reassign.ts';
import { storageCases } from './storage.ts';
import { threeBrokerCases } from './three-brokers.ts';
import { topicCases } from './topics.ts';
import { transactionCases } from './transactions.ts';
import { verifiableCases } from './verifiable.ts';

/** Those that list groups come first: in what order a tool lists them depends on how many there are. */
export const allCases: readonly CommandCase[] = [
  ...groupCases,
  ...consumerGroupCases,
  ...topicCases,
  ...consoleCases,
  ...performanceCases,
  ...dumpCases,
  ...storageCases,
  ...verifiableCases,
  ...configCases,
  ...offsetCases,
  ...logDirCases,
  ...clusterCases,
  ...featureCases,
  ...transactionCases,
  ...electionCases,
  ...reassignCases,
  ...threeBrokerCases,
];
