import type { BrokerConfig } from '../../config/broker-config.ts';
import type { LogDirectories } from '../../log/directories/log-directories.ts';
import { SliceRunner } from '../../log/cleaning/cleaning-runner.ts';
import { LogCleaner } from '../../log/cleaning/log-cleaner.ts';
import { ThreadRunner } from '../../log/cleaning/thread-runner.ts';
import type { Runtime } from '../../runtime/runtime.ts';

/** The cleaner of compacted topics: in a thread of its own where the files are on disk. */
export function openCleaner(config: BrokerConfig, runtime: Runtime, logDirectories: LogDirectories): LogCleaner {
  const { disk, clock, timers, logger } = runtime;
  const slices = new SliceRunner({ disk, clock, timers });
  return new LogCleaner({
    disk,
    logger,
    clock,
    runner: disk.threads === undefined ? slices : new ThreadRunner(disk.threads, slices, logger),
    logs: () => logDirectories.all(),
    limits: () => ({
      mapBytesMax: config.get('log.cleaner.dedupe.buffer.size'),
      mapLoadFactor: config.get('log.cleaner.io.buffer.load.factor'),
      bytesPerSecondMax: config.get('log.cleaner.io.max.bytes.per.second'),
    }),
    isEnabled: () => config.get('log.cleaner.enable'),
  });
}
