import { MetricRegistry } from '../metrics/metric-registry.ts';
import type { Counter } from '../metrics/metric.ts';
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import { apiTable } from '../protocol/api-table.ts';
import type { LogCleaner } from '../log/cleaning/log-cleaner.ts';
import type { LogDirectories } from '../log/directories/log-directories.ts';
import type { Partitions } from './replicas/partitions.ts';

/** What is asked at exposition; nothing of it is kept up to date meanwhile. */
export interface Measured {
  readonly partitions: Partitions;
  readonly logDirectories: LogDirectories;
  readonly logCleaner: LogCleaner;
  readonly groups: GroupCoordinator;
  readonly connectionCount: () => number;
  readonly uncleanElections: () => number;
}

/** A broker's metrics. Counting a request is an addition; everything else is worked out when somebody asks. */
export class BrokerMetrics {
  readonly #registry = new MetricRegistry();
  readonly #requests = new Map<number, Counter>();

  constructor({ partitions, logDirectories, logCleaner, groups, connectionCount, uncleanElections }: Measured) {
    const registry = this.#registry;
    const requests = registry.counters({
      name: 'posthorn_requests_total',
      help: 'Requests taken up, by API.',
      labels: ['api'],
    });
    for (const { key, name } of apiTable.values()) this.#requests.set(key, requests.of(name));
    const gauge = (name: string, help: string, value: () => number): void =>
      registry.computed({ name, help }, () => [{ labelValues: [], value: value() }]);
    gauge('posthorn_connections', 'Open client connections.', connectionCount);
    gauge(
      'posthorn_unclean_elections',
      'Elections by this broker, as controller, of replicas that may lack records.',
      uncleanElections,
    );
    gauge('posthorn_partitions', 'Partitions on this broker.', () => count(partitions.all()));
    gauge('posthorn_partitions_offline', 'Partitions whose log is offline.', () =>
      count([...partitions.all()].filter(({ log }) => log.isOffline)),
    );
    gauge(
      'posthorn_cleaner_max_dirty_percent',
      'Dirty share of the dirtiest compacted log when the cleaner looked last.',
      () => logCleaner.maxDirtyPercent,
    );
    gauge('posthorn_cleaner_read_bytes', 'Bytes that cleanings read since the start.', () => logCleaner.bytesCleaned);
    gauge('posthorn_cleaner_cleanings', 'Cleanings done since the start.', () => logCleaner.cleanings);
    gauge(
      'posthorn_cleaner_uncleanable_partitions',
      'Partitions that are not cleaned any more because it failed.',
      () => logCleaner.uncleanableCount,
    );
    registry.computed({ name: 'posthorn_log_bytes', help: 'Bytes of logs, by topic.', labels: ['topic'] }, () => {
      const bytes = new Map<string, number>();
      for (const { topic, log } of partitions.all()) bytes.set(topic, (bytes.get(topic) ?? 0) + log.sizeBytes);
      return [...bytes].map(([topic, value]) => ({ labelValues: [topic], value }));
    });
    registry.computed(
      { name: 'posthorn_log_directory_online', help: '1 while a data directory is in use.', labels: ['directory'] },
      () =>
        logDirectories.describe().map(({ path, error }) => ({ labelValues: [path], value: error.code === 0 ? 1 : 0 })),
    );
    registry.computed(
      { name: 'posthorn_groups', help: 'Groups coordinated here, by type and state.', labels: ['type', 'state'] },
      () => groups.groupCounts().map(({ type, state, count: value }) => ({ labelValues: [type, state], value })),
    );
    registry.computed(
      { name: 'posthorn_group_rebalances', help: 'Rebalances since the start, by type of group.', labels: ['type'] },
      () => [
        { labelValues: ['classic'], value: groups.counters.classicRebalances },
        { labelValues: ['consumer'], value: groups.counters.consumerRebalances },
      ],
    );
  }

  /** One more request of an API that is served. */
  requestTaken(apiKey: number): void {
    this.#requests.get(apiKey)!.value++;
  }

  /** Prometheus' text format. */
  expose(): string {
    return this.#registry.expose();
  }
}

function count(items: Iterable<unknown>): number {
  let total = 0;
  for (const _ of items) total++;
  return total;
}
