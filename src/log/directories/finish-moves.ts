import { LogDirectoryUnusable } from './directory-state.ts';
import type { LogDirectory } from './log-directory.ts';
import type { PartitionLog } from '../partition-log.ts';
import { partitionDirectoryName } from '../segments/segment-names.ts';

/**
 * Puts right, at start, moves between directories that the last process did not finish: of a partition that is in two,
 * the one it came from has everything, and the copy goes. Returns the logs of which only the copy is left while some
 * directory `isMissing`: nobody but that one can say whether the copy is complete, so they are taken out of use. Throws
 * LogDirectoryUnusable for a partition that is in two directories for another reason.
 */
export function finishMoves(directories: readonly LogDirectory[], isMissing: boolean, nowMs: number): PartitionLog[] {
  const places = new Map<string, { directory: LogDirectory; log: PartitionLog }>();
  for (const directory of directories) {
    for (const log of Array.from(directory.logs())) {
      const name = partitionDirectoryName(log.topic, log.partition);
      const other = places.get(name);
      if (other === undefined) {
        places.set(name, { directory, log });
        continue;
      }
      const copy = [{ directory, log }, other].find((each) => each.directory.isMoving(each.log));
      if (copy === undefined) {
        throw new LogDirectoryUnusable(`${name} is in both ${other.directory.path} and ${directory.path}`);
      }
      copy.directory.delete(copy.log, nowMs);
      places.set(name, copy.log === log ? other : { directory, log });
    }
  }
  const unsure: PartitionLog[] = [];
  for (const { directory, log } of places.values()) {
    if (!directory.isMoving(log)) continue;
    if (!isMissing) {
      directory.moved(log);
      continue;
    }
    directory.leave(log);
    unsure.push(log);
  }
  return unsure;
}
