import type { ToolWorld } from './tool-world.ts';

/** A line as Kafka's commands log it, to standard error: time, level, text, and who says so. What went wrong follows in a line of its own. */
export function logLine(
  world: ToolWorld,
  level: 'ERROR' | 'WARN',
  said: { readonly text: string; readonly by: string; readonly reason?: string },
): void {
  const { text, by, reason } = said;
  const line = `[${logTime(world.runtime.clock.nowMs())}] ${level} ${text} (${by})`;
  world.err(reason === undefined ? line : `${line}\n${reason}`);
}

/** Local time, as Log4j writes it. */
export function logTime(nowMs: number): string {
  const time = new Date(nowMs);
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const millis = String(time.getMilliseconds()).padStart(3, '0');
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())},${millis}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
