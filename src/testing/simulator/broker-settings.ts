import type { BrokerConfig } from '../../config/broker-config.ts';
import { loadConfig } from '../../config/load.ts';
import { hostOf } from './machine.ts';
import type { RunOptions } from './options.ts';
import { MIN_IN_SYNC } from './store-checks.ts';

export const BROKER_PORT = 9092;
/** `log.dirs`, as many as a run wants. */
const DIRECTORIES = ['/data', '/more'];
/** A broker may hold as much of requests: what it reserves, and a request beyond that. */
export const REQUEST_BYTES_MAX = 512 * 1024;

/** Settings of brokers that clean logs, internal ones too, all the time and slowly enough to be killed meanwhile. */
const CLEANING = {
  'log.cleaner.backoff.ms': 700,
  'log.cleaner.io.max.bytes.per.second': 20_000,
  'log.retention.check.interval.ms': 500,
  'log.roll.ms': 2500,
};

export function directoriesOf({ directories }: RunOptions): readonly string[] {
  return DIRECTORIES.slice(0, directories);
}

/** The settings of a broker of a run: Kafka's defaults but for what would take too long in a short life. */
export function settingsOf(id: number, options: RunOptions): BrokerConfig {
  const { config } = loadConfig({
    overrides: {
      listeners: `PLAINTEXT://${hostOf(id)}:${BROKER_PORT}`,
      'log.dirs': directoriesOf(options).join(','),
      'node.id': id,
      'broker.rack': `r${id % 3}`,
      'auto.create.topics.enable': false,
      'min.insync.replicas': MIN_IN_SYNC,
      'default.replication.factor': 3,
      'offsets.topic.num.partitions': 2,
      'offsets.topic.replication.factor': 3,
      'transaction.state.log.num.partitions': 2,
      'transaction.state.log.replication.factor': 3,
      'transaction.state.log.min.isr': MIN_IN_SYNC,
      'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1000,
      'replica.lag.time.max.ms': 4000,
      'leader.imbalance.check.interval.seconds': 10,
      'group.initial.rebalance.delay.ms': 200,
      'group.min.session.timeout.ms': 1000,
      'group.consumer.min.session.timeout.ms': 1000,
      'group.consumer.session.timeout.ms': 6000,
      'group.consumer.min.heartbeat.interval.ms': 500,
      'group.consumer.heartbeat.interval.ms': 1000,
      'socket.request.max.bytes': REQUEST_BYTES_MAX / 2,
      'queued.max.request.bytes': REQUEST_BYTES_MAX / 2,
      'log.cleaner.enable': options.cleaned.length > 0,
      'posthorn.flush.policy': options.flush,
      ...(options.cleaned.length > 0 && CLEANING),
    },
  });
  return config;
}
