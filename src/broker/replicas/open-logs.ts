import type { BrokerConfig } from '../../config/broker-config.ts';
import { isCordoned, logDirectoryPaths } from '../../config/log-directories.ts';
import { LogDirectories } from '../../log/directories/log-directories.ts';
import { LOG_LIMITS_DEFAULT, LogShared, type LogLimits } from '../../log/log-shared.ts';
import type { ClusterImage } from '../../metadata/cluster-image.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { logSettings } from './log-settings.ts';
import type { Partitions } from './partitions.ts';
import type { Turn } from '../turn.ts';

/** Fewer would only be opened and closed all the time. */
const OPEN_LOG_FILES_MIN = 32;

export interface OpenLogsParts {
  readonly config: BrokerConfig;
  readonly runtime: Runtime;
  readonly image: ClusterImage;
  readonly partitions: Partitions;
  readonly turn: Turn;
  /** So many of the logs in a directory are open. */
  opening(path: string, done: number, total: number): void;
  /** A log directory has failed; its logs are offline. */
  directoryFailed(): void;
  /** Every log directory has failed. */
  failed(reason: string): void;
}

/** Of what the process may have open, logs keep half; the rest is for clients, and for files that are open for a moment. */
function limitsFor(openFilesMax: number | undefined): LogLimits {
  if (openFilesMax === undefined) return LOG_LIMITS_DEFAULT;
  const share = Math.max(OPEN_LOG_FILES_MIN, Math.floor(openFilesMax / 2));
  return { ...LOG_LIMITS_DEFAULT, openFilesMax: Math.min(LOG_LIMITS_DEFAULT.openFilesMax, share) };
}

/** Opens the log directories of a broker. Rejects with LogDirectoryUnusable. */
export async function openLogs(parts: OpenLogsParts): Promise<LogDirectories> {
  const { config, runtime, image, partitions, turn } = parts;
  const { disk, logger, random, clock, timers } = runtime;
  let directories: LogDirectories | undefined;
  directories = await LogDirectories.open({
    shared: new LogShared({ disk, logger, limits: limitsFor(runtime.openFilesMax?.()) }),
    random,
    paths: logDirectoryPaths(config),
    nodeId: config.get('node.id') ?? 1,
    ...(image.clusterId === undefined ? {} : { clusterId: image.clusterId }),
    nowMs: clock.nowMs(),
    configOf: (topic) => logSettings(topic, image.config({ type: 'topic', name: topic }), config),
    opening: (path, done, total) => parts.opening(path, done, total),
    isCordoned: (path) => isCordoned(path, config.get('cordoned.log.dirs')),
    directoryFailed: (path, reason) => {
      turn.run(() => {
        for (const partition of partitions.all()) if (partition.log.isOffline) partition.announceFailure();
      });
      parts.directoryFailed();
      if (directories === undefined || directories.isAnyOnline) return;
      // After the answers that say so.
      timers.soon(() => parts.failed(`every log directory has failed, the last one was ${path}: ${reason.message}`));
    },
  });
  return directories;
}
