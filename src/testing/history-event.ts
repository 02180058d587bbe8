/** When something happened by the machine's clock (milliseconds), and the process that saw it. A restarted process has a new name. */
interface Seen {
  readonly atMs: number;
  readonly client: string;
}

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** A record handed to a producer. `value` is unique in the history; `source` is the value it was made of. */
export interface SendEvent extends Seen {
  readonly type: 'send';
  readonly topic: string;
  readonly key: string | null;
  readonly value: string;
  readonly transaction?: string;
  readonly source?: string;
}

export interface AcknowledgedEvent extends Seen {
  readonly type: 'acknowledged';
  readonly value: string;
  readonly partition: number;
  readonly offset: number;
}

/** A send without an acknowledgement: `unknown` where the record may be in the log all the same. */
export interface UnacknowledgedEvent extends Seen {
  readonly type: 'failed' | 'unknown';
  readonly value: string;
}

/** A step in the life of a transaction, whose name is unique in the history. */
export interface TransactionEvent extends Seen {
  readonly type: 'begin' | 'commitAsked' | 'committed' | 'aborted' | 'undecided';
  readonly transaction: string;
}

export interface PollEvent extends Seen, PartitionOffset {
  readonly type: 'poll';
  /** The group of the member that polled; null for a reader of its own. */
  readonly group: string | null;
  readonly value: string;
  readonly isolation: 'read_committed' | 'read_uncommitted';
}

/** A commit of offsets: `commit` is unique for its client; `epoch` is the member epoch or generation that it was asked with. */
export interface OffsetsAskedEvent extends Seen {
  readonly type: 'offsetsAsked';
  readonly group: string;
  readonly commit: string;
  readonly epoch?: number;
  readonly transaction?: string;
  readonly offsets: readonly PartitionOffset[];
}

export interface OffsetsAnsweredEvent extends Seen {
  readonly type: 'offsetsDone' | 'offsetsFailed' | 'offsetsUnknown';
  readonly commit: string;
}

/** An operator or a deletion moved a group's offsets: they may go back. */
export interface OffsetsResetEvent extends Seen {
  readonly type: 'offsetsReset';
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
}

/** A client asks for the committed offsets of a group; it has one such question open at a time. */
export interface CommittedAskedEvent extends Seen {
  readonly type: 'committedAsked';
  readonly group: string;
}

/** What it was told of one partition: -1 for none. */
export interface CommittedReadEvent extends Seen, PartitionOffset {
  readonly type: 'committedRead';
  readonly group: string;
}

/** A member learns that a partition is or is no more its own; `epoch` is its member epoch or generation then. */
export interface OwnershipEvent extends Seen {
  readonly type: 'gained' | 'revoked' | 'lost';
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly epoch: number;
}

/** What was done to the process `client`. */
export interface ProcessEvent extends Seen {
  readonly type: 'killed' | 'restarted' | 'stopped' | 'resumed';
}

/** A look at the end of a partition: undecided transactions hold the last stable offset below the high watermark. */
export interface StableOffsetEvent extends Seen {
  readonly type: 'stableOffset';
  readonly topic: string;
  readonly partition: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
}

/**
 * What clients saw of a cluster, in the order of time. Each client process writes its events as lines of JSON, a question
 * before it asks and an answer after it came, so that a history ordered by `atMs` never shows an effect before its cause.
 */
export type HistoryEvent =
  | SendEvent
  | AcknowledgedEvent
  | UnacknowledgedEvent
  | TransactionEvent
  | PollEvent
  | OffsetsAskedEvent
  | OffsetsAnsweredEvent
  | OffsetsResetEvent
  | CommittedAskedEvent
  | CommittedReadEvent
  | OwnershipEvent
  | ProcessEvent
  | StableOffsetEvent;

/** What is told of the committed offsets of groups. */
export type OffsetEvent =
  | OffsetsAskedEvent
  | OffsetsAnsweredEvent
  | OffsetsResetEvent
  | CommittedAskedEvent
  | CommittedReadEvent;

export function isOffsetEvent(event: HistoryEvent): event is OffsetEvent {
  return offsetTypes.has(event.type);
}

const offsetTypes: ReadonlySet<HistoryEvent['type']> = new Set<OffsetEvent['type']>([
  'offsetsAsked',
  'offsetsDone',
  'offsetsFailed',
  'offsetsUnknown',
  'offsetsReset',
  'committedAsked',
  'committedRead',
]);

const types: ReadonlySet<string> = new Set<HistoryEvent['type']>([
  ...offsetTypes,
  'send',
  'acknowledged',
  'failed',
  'unknown',
  'begin',
  'commitAsked',
  'committed',
  'aborted',
  'undecided',
  'poll',
  'gained',
  'revoked',
  'lost',
  'killed',
  'restarted',
  'stopped',
  'resumed',
  'stableOffset',
]);

/** One line of JSON as an event; throws a SyntaxError for a line that is none (a killed process may leave half a line). */
export function parseEvent(line: string): HistoryEvent {
  const event = JSON.parse(line) as Partial<HistoryEvent> | null;
  if (typeof event !== 'object' || event === null || !types.has(event.type ?? ''))
    throw new SyntaxError(`not an event of a history: ${line.slice(0, 200)}`);
  if (typeof event.atMs !== 'number' || typeof event.client !== 'string')
    throw new SyntaxError(`an event without time or client: ${line.slice(0, 200)}`);
  return event as HistoryEvent;
}
