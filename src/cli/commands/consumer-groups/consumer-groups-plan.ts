import type { TopicPartition } from '../../../client/consumer/topic-partition.ts';

/** An argument of the command that cannot be; told with the table of options. */
export class WrongArgument extends Error {
  override name = 'WrongArgument';
}

/** Where a group is to go on in a partition. */
export interface PlannedOffset extends TopicPartition {
  readonly offset: number;
}

const UNIT_MS = { D: 86_400_000, H: 3_600_000, M: 60_000, S: 1000 } as const;
const DURATION =
  /^(?<sign>[-+]?)P(?:(?<D>[-+]?\d+)D)?(?:(?<time>T)(?:(?<H>[-+]?\d+)H)?(?:(?<M>[-+]?\d+)M)?(?:(?<S>[-+]?\d+(?:[.,]\d{0,9})?)S)?)?$/i;
const DATE_TIME =
  /^(?<year>\d{4,})-(?<month>\d{1,2})-(?<day>\d{1,2})T(?<hour>\d{1,2}):(?<minute>\d{1,2}):(?<second>\d{1,2})\.(?<ms>\d{1,3})(?<zone>Z|[-+]\d{2}(?::?\d{2})?)/;

/** `topic:0,1`: partitions of a topic. Throws {@link WrongArgument}. */
export function partitionsOfTopic(text: string): TopicPartition[] {
  const [topic = '', list, ...more] = text.split(':');
  if (list === undefined || list === '' || more.length > 0) {
    throw new WrongArgument(`Invalid topic arg '${text}', expected topic name and partitions`);
  }
  return list.split(',').map((partition) => {
    if (/^[+-]?\d+$/.test(partition)) return { topic, partition: Number(partition) };
    throw new WrongArgument(`Invalid partition '${partition}' specified in topic arg '${text}''`);
  });
}

/** Milliseconds of an ISO 8601 duration, as Duration.parse of Java reads it. Throws with its words. */
export function durationMs(text: string): number {
  const parts = DURATION.exec(text)?.groups;
  const units = ['D', 'H', 'M', 'S'] as const;
  const isEmpty = units.every((unit) => parts?.[unit] === undefined);
  const isTimeEmpty = parts?.['time'] !== undefined && units.slice(1).every((unit) => parts[unit] === undefined);
  if (parts === undefined || isEmpty || isTimeEmpty) throw new Error('Text cannot be parsed to a Duration');
  const sum = units.reduce((total, unit) => total + Number((parts[unit] ?? '0').replace(',', '.')) * UNIT_MS[unit], 0);
  return parts['sign'] === '-' ? -sum : sum;
}

/** Milliseconds since 1970 of `2026-01-31T23:59:59.000`, in UTC unless it names a zone. Throws with Kafka's words. */
export function dateTimeMs(text: string): number {
  const [, time] = text.split('T');
  if (time === undefined) {
    throw new Error(
      "java.text.ParseException: Error parsing timestamp. It does not contain a 'T' according to ISO8601 format",
    );
  }
  const zoned = /[-+Z]/.test(time) ? text : `${text}Z`;
  const parts = DATE_TIME.exec(zoned)?.groups;
  const number = (name: string): number => Number(parts?.[name]);
  const fields = [
    number('year'),
    number('month') - 1,
    number('day'),
    number('hour'),
    number('minute'),
    number('second'),
  ];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
  const local = new Date(Date.UTC(year, month, day, hour, minute, second, number('ms')));
  const isReal = local.getUTCMonth() === month && local.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (parts === undefined || !isReal) throw new Error(`java.text.ParseException: Unparseable date: "${zoned}"`);
  return local.getTime() - zoneMs(parts['zone'] ?? 'Z');
}

function zoneMs(zone: string): number {
  if (zone === 'Z') return 0;
  const [hours, minutes] = [zone.slice(1, 3), zone.slice(3).replace(':', '')];
  const size = Number(hours) * UNIT_MS.H + Number(minutes) * UNIT_MS.M;
  return zone.startsWith('-') ? -size : size;
}

/**
 * The offsets of a plan by group: lines `topic,partition,offset` when one group is asked for, else `group,topic,partition,offset`.
 * Throws for a line that is neither.
 */
export function resetPlan(text: string, groupIds: readonly string[]): Map<string, PlannedOffset[]> {
  const plan = new Map<string, PlannedOffset[]>();
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  for (const line of lines) {
    const fields = line.split(',').map((field) => field.trim().replaceAll(/^"|"$/g, ''));
    const [only] = groupIds;
    const isOfOne = groupIds.length === 1 && fields.length === 3;
    const [groupId, topic, partition, offset] = isOfOne ? [only, ...fields] : fields;
    const isNumbered = /^\d+$/.test(partition ?? '') && /^-?\d+$/.test(offset ?? '');
    if (groupId === undefined || topic === undefined || fields.length > 4 || !isNumbered) {
      throw new Error(
        `The plan has the line "${line}"; ${groupIds.length === 1 ? '' : 'group,'}topic,partition,offset is needed`,
      );
    }
    const offsets = plan.get(groupId) ?? [];
    offsets.push({ topic, partition: Number(partition), offset: Number(offset) });
    plan.set(groupId, offsets);
  }
  return plan;
}
