import { fitted, painted, shownSafely, type Screen } from '../../tools/screen.ts';
import { ratesBetween, type Sample } from './top-sample.ts';

const NUMBER_LETTERS = 11;
const STATE_LETTERS = 19;
const NAME_LETTERS_MIN = 8;
/** Title, two headings, two lines between. */
const ROWS_AROUND = 5;

interface Column {
  readonly title: string;
  readonly letters: number;
}

const TOPIC_COLUMNS: readonly Column[] = [
  { title: 'RECORDS/S', letters: NUMBER_LETTERS },
  { title: 'RECORDS', letters: NUMBER_LETTERS },
  { title: 'PARTITIONS', letters: NUMBER_LETTERS },
];
const GROUP_COLUMNS: readonly Column[] = [
  { title: 'LAG', letters: NUMBER_LETTERS },
  { title: 'MEMBERS', letters: NUMBER_LETTERS },
  { title: 'STATE', letters: STATE_LETTERS },
];

/** The lines of `posthorn top`: the busiest topics and the groups that are furthest behind, as many as there is room for. */
export function topLines(before: Sample, now: Sample, about: string, screen: Screen): string[] {
  const width = screen.isTerminal ? screen.columns() : Number.POSITIVE_INFINITY;
  const room = screen.isTerminal ? Math.max(2, screen.rows() - ROWS_AROUND - 1) : Number.POSITIVE_INFINITY;
  const rates = ratesBetween(before, now);
  const topics = [...now.topics]
    .map(([name, { records, partitions }]) => ({ name, rate: rates.get(name) ?? 0, records, partitions }))
    .toSorted((a, b) => b.rate - a.rate || b.records - a.records || compare(a.name, b.name));
  const groups = [...now.groups]
    .map(([name, group]) => ({ name, ...group }))
    .toSorted((a, b) => b.lag - a.lag || compare(a.name, b.name));
  const groupRoom = Math.min(groups.length, Math.max(Math.floor(room / 2), room - topics.length));
  const total = topics.reduce((sum, { rate }) => sum + rate, 0);
  const title = `${about}  ${topics.length} topics, ${groups.length} groups, ${shownNumber(total)} records/s`;
  return [
    painted(screen, 'bold', fitted(title, width)),
    '',
    heading('TOPIC', TOPIC_COLUMNS, width, screen),
    ...topics.slice(0, room - groupRoom).map(({ name, rate, records, partitions }) => {
      const line = row(name, [shownNumber(rate), shownNumber(records), String(partitions)], TOPIC_COLUMNS, width);
      return rate > 0 ? painted(screen, 'green', line) : line;
    }),
    '',
    heading('GROUP', GROUP_COLUMNS, width, screen),
    ...groups.slice(0, groupRoom).map(({ name, lag, members, state }) => {
      const line = row(name, [shownNumber(lag), String(members), state], GROUP_COLUMNS, width);
      return lag > 0 ? painted(screen, 'yellow', line) : line;
    }),
  ];
}

/** The same for programs. */
export function topJson(before: Sample, now: Sample, timestamp: number): string {
  const rates = ratesBetween(before, now);
  return JSON.stringify({
    timestamp,
    topics: [...now.topics].map(([topic, { partitions, records, written }]) => ({
      topic,
      partitions,
      records,
      written,
      recordsPerSecond: Math.round((rates.get(topic) ?? 0) * 10) / 10,
    })),
    groups: [...now.groups].map(([group, sample]) => ({ group, ...sample })),
  });
}

/** Thousands apart up to seven figures, then in short. */
export function shownNumber(value: number): string {
  if (value >= 1e10) return `${(value / 1e9).toFixed(1)}G`;
  if (value >= 1e7) return `${(value / 1e6).toFixed(1)}M`;
  const rounded = value < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
  return rounded.replaceAll(/\B(?=(?:\d{3})+$)/g, ' ');
}

function heading(title: string, columns: readonly Column[], width: number, screen: Screen): string {
  const titles = columns.map((column) => column.title);
  return painted(screen, 'dim', row(title, titles, columns, width));
}

/** A name and its figures; columns that a narrow terminal has no room for are left out, the last first. */
function row(name: string, texts: readonly string[], columns: readonly Column[], width: number): string {
  let shown = columns;
  const lettersOf = (some: readonly Column[]): number => some.reduce((sum, { letters }) => sum + letters, 0);
  while (shown.length > 1 && width - lettersOf(shown) < NAME_LETTERS_MIN) shown = shown.slice(0, -1);
  const nameLetters = Math.max(NAME_LETTERS_MIN, Math.min(40, width - lettersOf(shown)));
  const figures = shown.map(({ letters }, index) => ` ${(texts[index] ?? '').padStart(letters - 1)}`);
  return fitted(`${fitted(shownSafely(name), nameLetters).padEnd(nameLetters)}${figures.join('')}`, width);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : 1;
}
