import { Malformed } from '../../base/malformed.ts';
import type { Disk } from '../../runtime/disk.ts';
import type { Random } from '../../runtime/random.ts';
import {
  randomUuid,
  readDirectoryIdentity,
  writeDirectoryIdentity,
  type DirectoryIdentity,
} from './directory-files.ts';
import { readOffsetCheckpoint } from './offset-checkpoint.ts';

/** A log directory cannot be used. The message is one sentence for the person who starts the broker. */
export class LogDirectoryUnusable extends Error {
  override name = 'LogDirectoryUnusable';
}

/** Its files cannot be read: a matter of this directory, that others can do without. */
export class LogDirectoryBroken extends LogDirectoryUnusable {
  override name = 'LogDirectoryBroken';
}

export interface IdentityOptions {
  readonly disk: Disk;
  readonly path: string;
  readonly nodeId: number;
  readonly clusterId: string | undefined;
  readonly random: Random;
}

/** A damaged checkpoint is for a person to judge: without it, lost records could not be told from a torn tail. */
export function readCheckpoint(disk: Disk, path: string, remedy: string): Map<string, number> {
  try {
    return readOffsetCheckpoint(disk, path);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new LogDirectoryBroken(`${error.message}; ${remedy}`, { cause: error });
  }
}

/** The identity found in a directory, or a new one. Throws {@link LogDirectoryUnusable} for that of another. */
export function settleIdentity({ disk, path, nodeId, clusterId, random }: IdentityOptions): DirectoryIdentity {
  const found = readDirectoryIdentity(disk, path);
  if (found === undefined) {
    const made = { nodeId, clusterId: clusterId ?? randomUuid(random), directoryId: randomUuid(random) };
    writeDirectoryIdentity(disk, path, made);
    return made;
  }
  if (found.nodeId !== nodeId) {
    throw new LogDirectoryUnusable(
      `${path} belongs to node ${found.nodeId}, this broker has node.id ${nodeId}; take the other directory or --override node.id=${found.nodeId}`,
    );
  }
  if (clusterId !== undefined && found.clusterId !== clusterId) {
    throw new LogDirectoryUnusable(
      `${path} belongs to cluster ${found.clusterId}, the metadata to ${clusterId}; one of the two is in the wrong place`,
    );
  }
  if (found.directoryId !== '') return found;
  const named = { ...found, directoryId: randomUuid(random) };
  writeDirectoryIdentity(disk, path, named);
  return named;
}
