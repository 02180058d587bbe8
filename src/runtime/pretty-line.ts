const LEVEL_NAMES: Record<number, string> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' };

/** SGR codes: grey, green, yellow, red. */
const LEVEL_COLOURS: Record<number, number> = { 20: 90, 30: 32, 40: 33, 50: 31 };
const GREY = 90;

interface Entry extends Record<string, unknown> {
  readonly level: number;
  readonly time: number;
  readonly msg: string;
}

/** One of pino's JSON lines as a person reads it: time of day, level, message, facts; a stack on lines of its own. */
export function prettyLine(json: string, coloured: boolean): string {
  const { level, time, msg, error, ...facts } = JSON.parse(json) as Entry;
  const paint = (text: string, code: number): string => (coloured ? `\u001b[${code}m${text}\u001b[39m` : text);
  const parts = [
    paint(timeOfDay(time), GREY),
    paint((LEVEL_NAMES[level] ?? String(level)).padEnd(5), LEVEL_COLOURS[level] ?? GREY),
    msg,
  ];
  for (const [name, value] of Object.entries(facts)) parts.push(paint(`${name}=${plain(value)}`, GREY));
  return `${parts.join(' ')}\n${error === undefined ? '' : indented(error)}`;
}

function timeOfDay(time: number): string {
  const date = new Date(time);
  const millis = digits(date.getMilliseconds(), 3);
  return `${digits(date.getHours(), 2)}:${digits(date.getMinutes(), 2)}:${digits(date.getSeconds(), 2)}.${millis}`;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}

function plain(value: unknown): string {
  return typeof value === 'string' && !/[\s="]/.test(value) ? value : JSON.stringify(value);
}

function indented(error: unknown): string {
  const { stack } = error as { stack?: string };
  const text = stack ?? plain(error);
  return `  ${text.replaceAll('\n', '\n  ')}\n`;
}
