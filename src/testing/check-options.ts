/** A group, or a client that reads on its own, that has to have got everything of its topics when the history ends. */
export interface FullReader {
  readonly name: string;
  readonly topics: readonly string[];
}

/** Work that makes of each record of one topic one record of another, in transactions with the offsets of a group. */
export interface Pipeline {
  readonly group: string;
  readonly from: string;
  readonly to: string;
  /** A full reader of `to` with read_committed. */
  readonly reader: string;
}

export interface CheckOptions {
  /** At most 30. */
  readonly readers?: readonly FullReader[];
  readonly pipelines?: readonly Pipeline[];
  /** So long may a transaction hold back the last stable offset, or a commit be without an answer (milliseconds). */
  readonly undecidedMsMax?: number;
  /** Beyond so many sends the check throws a RangeError. */
  readonly recordsMax?: number;
}
