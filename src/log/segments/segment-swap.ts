import type { CleanedGroup } from '../cleaning/cleaning-job.ts';
import type { LogShared } from '../log-shared.ts';
import type { SegmentList } from './segment-list.ts';
import { CLEANED_SUFFIX, DELETED_SUFFIX, SEGMENT_SUFFIXES, SWAP_SUFFIX } from './segment-names.ts';
import { Segment } from './segment.ts';

export interface SegmentSwapOptions {
  readonly shared: LogShared;
  readonly directory: string;
  readonly segments: SegmentList;
}

/**
 * Puts a cleaned segment in the place of those it was made of (LocalLog.replaceSegments), in two steps, each to be made
 * durable before what follows. The new log ends in `.swap` before anything old is touched, and loses it last: at the next
 * start a crash in between leaves the old segments or the new one.
 */
export class SegmentSwap {
  readonly #options: SegmentSwapOptions;
  readonly #group: CleanedGroup;
  readonly #segment: Segment;
  readonly #present: readonly string[];

  constructor(options: SegmentSwapOptions, group: CleanedGroup) {
    const { shared, directory } = options;
    this.#options = options;
    this.#group = group;
    this.#segment = new Segment({ files: shared.files, directory, ...group.cleaned, isNew: false });
    this.#present = SEGMENT_SUFFIXES.filter((suffix) => shared.disk.exists(this.#path(suffix, CLEANED_SUFFIX)));
  }

  /** Once this is durable a start completes the swap. Throws DiskError. */
  begin(): void {
    this.#renameAll(CLEANED_SUFFIX, SWAP_SUFFIX);
  }

  /**
   * Takes {@link begin} back, durably when it returns: the log changes in a way that a start would undo when it
   * completed the swap. While any of the names ends in `.cleaned` a start drops all of them. Throws DiskError.
   */
  takeBack(): void {
    const { shared, directory } = this.#options;
    this.#renameAll(SWAP_SUFFIX, CLEANED_SUFFIX);
    shared.disk.syncDirectory(directory);
  }

  /** Exchanges the segments. Returns the paths of the old files, which may go once this is durable. Throws DiskError. */
  finish(): string[] {
    const { shared, segments } = this.#options;
    const { replaced, cleaned } = this.#group;
    const removed: string[] = [];
    for (const old of segments.replace(segments.indexOf(cleaned.baseOffset), replaced.length, this.#segment)) {
      shared.forgetIndex(old);
      old.close();
      for (const suffix of SEGMENT_SUFFIXES) {
        if (!shared.disk.exists(old.path(suffix))) continue;
        shared.disk.rename(old.path(suffix), old.path(suffix) + DELETED_SUFFIX);
        removed.push(old.path(suffix) + DELETED_SUFFIX);
      }
    }
    this.#renameAll(SWAP_SUFFIX, '');
    return removed;
  }

  /** The log is the last one to get its new name. */
  #renameAll(from: string, to: string): void {
    for (const suffix of this.#present) {
      this.#options.shared.disk.rename(this.#path(suffix, from), this.#path(suffix, to));
    }
  }

  #path(suffix: string, state: string): string {
    return this.#segment.path(suffix) + state;
  }
}
