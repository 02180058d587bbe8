/** A closed segment as a cleaning sees it. */
export interface ClosedSegment {
  readonly baseOffset: number;
  /** Bytes of its log file. */
  readonly size: number;
  readonly createdMs: number;
}

/** Sizes of the index files of a segment. */
export interface IndexSizes {
  readonly offsetIndex: number;
  readonly timeIndex: number;
}

export interface GroupLimits {
  readonly segmentBytesMax: number;
  readonly indexBytesMax: number;
  /** Where the last of the segments ends. */
  readonly endOffset: number;
}

const OFFSETS_PER_SEGMENT_MAX = 0x7fff_ffff;

/** Puts neighbours together that fit into one segment, however little is removed from them (Cleaner.groupSegmentsBySize). */
export function groupSegments(
  segments: readonly ClosedSegment[],
  indexesOf: (segment: ClosedSegment) => IndexSizes,
  limits: GroupLimits,
): ClosedSegment[][] {
  const groups: ClosedSegment[][] = [];
  let group: ClosedSegment[] = [];
  let bytes = 0;
  let offsetIndex = 0;
  let timeIndex = 0;
  for (const [index, segment] of segments.entries()) {
    const indexes = indexesOf(segment);
    const lastOffset = (segments[index + 1]?.baseOffset ?? limits.endOffset) - 1;
    const fits =
      group.length > 0 &&
      bytes + segment.size <= limits.segmentBytesMax &&
      offsetIndex + indexes.offsetIndex <= limits.indexBytesMax &&
      timeIndex + indexes.timeIndex <= limits.indexBytesMax &&
      (segment.size === 0 || lastOffset - group[0]!.baseOffset <= OFFSETS_PER_SEGMENT_MAX);
    if (!fits) {
      group = [];
      groups.push(group);
      bytes = 0;
      offsetIndex = 0;
      timeIndex = 0;
    }
    group.push(segment);
    bytes += segment.size;
    offsetIndex += indexes.offsetIndex;
    timeIndex += indexes.timeIndex;
  }
  return groups;
}
