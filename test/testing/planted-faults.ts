import type { FindingKind } from '../../src/testing/findings.ts';
import type { HistoryEvent } from '../../src/testing/history-event.ts';

/** The events of one type, whose interface may have others too. */
type Of<Type extends HistoryEvent['type'], Event = HistoryEvent> = Event extends { readonly type: infer Own }
  ? Type extends Own
    ? Event
    : never
  : never;

function find<Type extends HistoryEvent['type']>(
  events: readonly HistoryEvent[],
  type: Type,
  suits: (event: Of<Type>) => boolean = () => true,
): Of<Type> | undefined {
  return events.find((event): event is Of<Type> => event.type === type && suits(event as Of<Type>));
}

/** Puts one fault into a correct history; undefined where the history has no place for it. */
export interface Planter {
  readonly name: string;
  readonly kind: FindingKind;
  readonly plant: (events: readonly HistoryEvent[]) => HistoryEvent[] | undefined;
}

const LATE = 'reader';

function endMs(events: readonly HistoryEvent[]): number {
  return events.at(-1)?.atMs ?? 0;
}

/** What the reader got of B: the outputs of committed transactions. */
function outputs(events: readonly HistoryEvent[]): Of<'poll'>[] {
  return events.filter(
    (event): event is Of<'poll'> => event.type === 'poll' && event.client === LATE && event.topic === 'B',
  );
}

function transactionOf(events: readonly HistoryEvent[], value: string): string | undefined {
  return find(events, 'send', (send) => send.value === value)?.transaction;
}

function without(events: readonly HistoryEvent[], left: (event: HistoryEvent) => boolean): HistoryEvent[] {
  return events.filter((event) => !left(event));
}

function inserted(events: readonly HistoryEvent[], after: HistoryEvent, ...more: HistoryEvent[]): HistoryEvent[] {
  const at = events.indexOf(after) + 1;
  return [...events.slice(0, at), ...more, ...events.slice(at)];
}

/** One for each kind of fault, and for its different faces. */
export const planters: readonly Planter[] = [
  {
    name: 'an acknowledged record is not read',
    kind: 'lost',
    plant: (events) => {
      const poll = find(
        events,
        'poll',
        ({ client, topic, value }) =>
          client === LATE &&
          topic === 'A' &&
          find(events, 'acknowledged', (each) => each.value === value) !== undefined,
      );
      return poll && without(events, (event) => event.type === 'poll' && event.value === poll.value);
    },
  },
  {
    name: 'a committed transaction is not read at all',
    kind: 'lost',
    plant: (events) => {
      const poll = outputs(events).find(({ value }) =>
        find(events, 'committed', ({ transaction }) => transaction === transactionOf(events, value)),
      );
      const name = poll && transactionOf(events, poll.value);
      return name === undefined
        ? undefined
        : without(events, (event) => event.type === 'poll' && transactionOf(events, event.value) === name);
    },
  },
  {
    name: 'a record is in the log twice',
    kind: 'duplicate',
    plant: (events) => {
      const poll = find(events, 'poll', ({ client, topic }) => client === LATE && topic === 'A');
      return poll && [...events, { ...poll, offset: 1_000_000 }];
    },
  },
  {
    name: 'an input has two outputs',
    kind: 'duplicate',
    plant: (events) => {
      const poll = outputs(events)[0];
      const send = poll && find(events, 'send', ({ value }) => value === poll.value);
      if (poll === undefined || send === undefined) return undefined;
      const { transaction, ...rest } = send;
      return transaction === undefined
        ? undefined
        : [...inserted(events, send, { ...rest, value: 'twin' }), { ...poll, value: 'twin', offset: 1_000_000 }];
    },
  },
  {
    name: 'two records of a producer change places',
    kind: 'reordered',
    plant: (events) => {
      const acks = events.filter((event) => event.type === 'acknowledged');
      const sendOf = (value: string): Of<'send'> | undefined => find(events, 'send', (send) => send.value === value);
      for (const a of acks) {
        for (const b of acks) {
          const [first, second] = [sendOf(a.value), sendOf(b.value)];
          if (
            a.offset >= b.offset ||
            a.partition !== b.partition ||
            first?.client !== second?.client ||
            first?.topic !== 'A' ||
            second?.topic !== 'A'
          )
            continue;
          const swap = (value: string): string => (value === a.value ? b.value : value === b.value ? a.value : value);
          return events.map((event) =>
            event.type === 'acknowledged' || event.type === 'poll' ? { ...event, value: swap(event.value) } : event,
          );
        }
      }
      return undefined;
    },
  },
  {
    name: 'a key is in two partitions',
    kind: 'reordered',
    plant: (events) => {
      const sends = events.filter((event) => event.type === 'send' && event.client === 'producer-0') as Of<'send'>[];
      const acked = sends.filter(({ value }) => find(events, 'acknowledged', (each) => each.value === value));
      const first = acked[0];
      const other = first && acked.find(({ key }) => key !== first.key);
      return first && other && events.map((event) => (event === other ? { ...other, key: first.key } : event));
    },
  },
  {
    name: 'a reader is taken back',
    kind: 'reordered',
    plant: (events) => {
      const poll = find(events, 'poll', ({ client }) => client === LATE);
      return poll && [...events, poll];
    },
  },
  {
    name: 'two values are at one offset',
    kind: 'diverged',
    plant: (events) => {
      const poll = find(events, 'poll', ({ client, topic }) => client === LATE && topic === 'A');
      const send = poll && find(events, 'send', ({ value }) => value === poll.value);
      return (
        poll &&
        send && [
          ...inserted(events, send, { ...send, client: 'other', value: 'twin' }),
          { ...poll, client: 'another', value: 'twin' },
        ]
      );
    },
  },
  {
    name: 'a record is read before its commit',
    kind: 'dirty-read',
    plant: (events) => {
      const poll = outputs(events)[0];
      const send = poll && find(events, 'send', ({ value }) => value === poll.value);
      const asked = send && find(events, 'commitAsked', ({ transaction }) => transaction === send.transaction);
      if (poll === undefined || send === undefined || asked === undefined) return undefined;
      const later = events.map((event, at) =>
        at < events.indexOf(asked) ? event : { ...event, atMs: event.atMs + 5 },
      );
      return inserted(later, send, { ...poll, client: 'another', atMs: send.atMs });
    },
  },
  {
    name: 'a record of an aborted transaction is read',
    kind: 'aborted-read',
    plant: (events) => {
      const aborted = new Set(events.flatMap((event) => (event.type === 'aborted' ? [event.transaction] : [])));
      const send = find(events, 'send', ({ transaction }) => transaction !== undefined && aborted.has(transaction));
      const ack = send && find(events, 'acknowledged', ({ value }) => value === send.value);
      if (send === undefined || ack === undefined) return undefined;
      const { topic, value } = send;
      const { partition, offset } = ack;
      return [
        ...events,
        {
          type: 'poll',
          client: 'another',
          group: null,
          isolation: 'read_committed',
          atMs: endMs(events),
          topic,
          value,
          partition,
          offset,
        },
      ];
    },
  },
  {
    name: 'a part of a transaction is not read',
    kind: 'torn',
    plant: (events) => {
      const all = outputs(events);
      const poll = all.find((each) =>
        all.some((other) => other !== each && transactionOf(events, other.value) === transactionOf(events, each.value)),
      );
      return poll && without(events, (event) => event === poll);
    },
  },
  {
    name: 'the outputs are there and the offsets are not',
    kind: 'torn',
    plant: (events) => {
      return events.map((event) =>
        event.type === 'committedRead' && event.group === 'workers' ? { ...event, offset: 0 } : event,
      );
    },
  },
  {
    name: 'the offsets are there and the outputs are not',
    kind: 'torn',
    plant: (events) => {
      const poll = outputs(events)[0];
      const source = poll && find(events, 'send', ({ value }) => value === poll.value)?.source;
      if (source === undefined || !find(events, 'acknowledged', ({ value }) => value === source)) return undefined;
      return without(events, (event) => event === poll);
    },
  },
  {
    name: 'a commit goes back',
    kind: 'offset-regression',
    plant: (events) => {
      const asked = find(
        events,
        'offsetsAsked',
        ({ client, commit, offsets }) =>
          (offsets[0]?.offset ?? 0) > 0 &&
          find(events, 'offsetsDone', (done) => done.client === client && done.commit === commit) !== undefined,
      );
      if (asked === undefined) return undefined;
      const [offsets, atMs] = [asked.offsets.map((each) => ({ ...each, offset: each.offset - 1 })), endMs(events)];
      return [
        ...events,
        { ...asked, atMs, commit: 'back', offsets },
        { type: 'offsetsDone', atMs, client: asked.client, commit: 'back' },
      ];
    },
  },
  {
    name: 'a committed offset is gone',
    kind: 'offset-regression',
    plant: (events) => {
      const asked = find(
        events,
        'offsetsAsked',
        ({ client, commit }) =>
          find(events, 'offsetsDone', (done) => done.client === client && done.commit === commit) !== undefined,
      );
      const place = asked?.offsets[0];
      if (asked === undefined || place === undefined) return undefined;
      const [atMs, client, group] = [endMs(events), 'admin', asked.group];
      return [
        ...events,
        { type: 'committedAsked', atMs, client, group },
        { type: 'committedRead', atMs, client, group, ...place, offset: -1 },
      ];
    },
  },
  {
    name: 'a partition has two owners in one epoch',
    kind: 'two-owners',
    plant: (events) => {
      const gained = find(events, 'gained', ({ epoch }) => epoch >= 0);
      return gained && inserted(events, gained, { ...gained, client: 'another' });
    },
  },
  {
    name: 'an old epoch commits',
    kind: 'stale-commit',
    plant: (events) => {
      const asked = find(events, 'offsetsAsked', ({ group }) => group === 'members');
      const place = asked?.offsets[0];
      if (asked === undefined || place === undefined) return undefined;
      const [atMs, offsets] = [endMs(events) + 1, [{ ...place, offset: 1_000_000 }]];
      return [
        ...events,
        { ...asked, client: 'another', epoch: 0, atMs, commit: 'old', offsets },
        { type: 'offsetsDone', atMs, client: 'another', commit: 'old' },
      ];
    },
  },
  {
    name: 'the last stable offset stands still',
    kind: 'stuck',
    plant: (events) => {
      const look = {
        type: 'stableOffset',
        client: 'admin',
        topic: 'B',
        partition: 9,
        highWatermark: 5,
        lastStableOffset: 3,
      } as const;
      return [
        ...events,
        { ...look, atMs: endMs(events) },
        { ...look, atMs: endMs(events) + 100_000, highWatermark: 9 },
      ];
    },
  },
  {
    name: 'a commit never ends',
    kind: 'stuck',
    plant: (events) => [
      ...events,
      { type: 'begin', atMs: endMs(events), client: 'another', transaction: 'endless' },
      { type: 'commitAsked', atMs: endMs(events), client: 'another', transaction: 'endless' },
      { type: 'committedAsked', atMs: endMs(events) + 100_000, client: 'admin', group: 'members' },
    ],
  },
  {
    name: 'a reader gets what nobody sent',
    kind: 'unsent',
    plant: (events) => [
      ...events,
      {
        type: 'poll',
        atMs: endMs(events),
        client: 'another',
        group: null,
        isolation: 'read_committed',
        topic: 'A',
        partition: 0,
        offset: 1_000_000,
        value: 'nobody',
      },
    ],
  },
];
