import { parseOptions, type OptionSpec } from '../../tools/option-parser.ts';
import { ownOptions, answersHelp } from '../../tools/own-help.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { TopicPattern } from '../../tools/topic-pattern.ts';
import type { FilterOptions } from './record-filter.ts';

const specs = {
  ...ownOptions,
  'from-beginning': { text: 'Begins with the first record.' },
  last: { argument: 'n', type: 'Integer', text: 'Begins with the last n records of each partition.' },
  since: {
    argument: 'time',
    text: 'Begins with the first record of that time: 15m, 2h, 1d ago, or a date such as 2026-05-01T12:00.',
  },
  'no-follow': { text: 'Ends where the topics end now.' },
  max: { argument: 'n', type: 'Integer', text: 'Ends after n records.' },
  key: { argument: 'text', text: 'Only records with this key; may be repeated.' },
  partition: { argument: 'n', type: 'Integer', separator: ',', text: 'Only this partition; several with commas.' },
  where: {
    argument: 'field=value',
    text: 'Only records whose JSON value has this: customer.id=7, status!=paid, or a field alone; all of several have to hold.',
  },
  json: { text: 'A JSON object on each line.' },
} as const satisfies Record<string, OptionSpec>;

type TailOption = keyof typeof specs;

const ABOUT = `Shows records as they come. Topics are regular expressions for whole names; all topics when none is given.

  posthorn tail orders 'shop\\..*' --since 10m --where status=paid
`;

/** Where each partition is begun. */
export type TailStart =
  | { readonly kind: 'beginning' }
  | { readonly kind: 'end' }
  | { readonly kind: 'last'; readonly count: number }
  | { readonly kind: 'time'; readonly timestampMs: number };

export interface TailOptions {
  readonly bootstrapServers: string;
  readonly configFile: string | undefined;
  readonly fits: (topic: string) => boolean;
  readonly start: TailStart;
  readonly isFollowing: boolean;
  readonly recordsMax: number;
  readonly filter: FilterOptions;
  readonly isJson: boolean;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads the command line of `posthorn tail`; undefined when all is said already. Throws {@link ToolFailure}. */
export function tailOptions(args: readonly string[], world: ToolWorld): TailOptions | undefined {
  const options = parseOptions<TailOption>(specs, args);
  if (answersHelp(options.has('help'), world, { specs, about: ABOUT })) return undefined;
  const recordsMax = options.integer('max') ?? Number.POSITIVE_INFINITY;
  if (recordsMax < 1) throw new ToolFailure('--max takes a number of 1 or more');
  const patterns = options.words.map((word) => new TopicPattern(word));
  return {
    bootstrapServers: options.value('bootstrap-server') ?? '',
    configFile: options.value('command-config'),
    fits: (topic) =>
      patterns.length === 0 ? !topic.startsWith('__') : patterns.some((pattern) => pattern.fits(topic)),
    start: startIn(options, world.runtime.clock.nowMs()),
    isFollowing: !options.has('no-follow'),
    recordsMax,
    filter: {
      keys: options.values('key'),
      partitions: new Set(options.values('partition').map(partitionIn)),
      fields: options.values('where'),
    },
    isJson: options.has('json'),
  };
}

/** Milliseconds since 1970 of a time as people give it. Throws {@link ToolFailure}. */
export function timeIn(text: string, nowMs: number): number {
  const ago = /^(?<count>\d+)(?<unit>[smhd])$/.exec(text)?.groups;
  if (ago !== undefined) return nowMs - Number(ago['count']) * (UNITS[ago['unit'] ?? ''] ?? 0);
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw new ToolFailure(`--since takes 30s, 15m, 2h, 1d or a date such as 2026-05-01T12:00, not '${text}'`);
}

function startIn(options: ReturnType<typeof parseOptions<TailOption>>, nowMs: number): TailStart {
  const given = (['from-beginning', 'last', 'since'] as const).filter((name) => options.has(name));
  if (given.length > 1) throw new ToolFailure(`--${given[0]} and --${given[1]} do not go together`);
  if (options.has('from-beginning')) return { kind: 'beginning' };
  const since = options.value('since');
  if (since !== undefined) return { kind: 'time', timestampMs: timeIn(since, nowMs) };
  const count = options.integer('last');
  if (count === undefined) return { kind: 'end' };
  if (count < 0) throw new ToolFailure('--last takes a number of 0 or more');
  return { kind: 'last', count };
}

function partitionIn(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new ToolFailure(`--partition takes numbers, not '${text}'`);
}
