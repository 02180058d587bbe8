import type { Alteration, Rejection } from './alteration.ts';

/** The levels that the resource BROKER_LOGGER takes, in Kafka's order. */
export const LOG_LEVELS = ['DEBUG', 'ERROR', 'FATAL', 'INFO', 'TRACE', 'WARN'] as const;

/** Judges changes of log levels (KIP-412); null if they are valid. `loggers` are the names that there are. */
export function validateLoggerLevels(
  alterations: readonly Alteration[],
  loggers: ReadonlySet<string>,
): Rejection | null {
  for (const { op, name, value } of alterations) {
    if (op === 'append' || op === 'subtract') {
      const message = `${op.toUpperCase()} operation is not allowed for the BROKER_LOGGER resource`;
      return { kind: 'invalid-request', message };
    }
    if (!loggers.has(name)) return { kind: 'invalid-config', message: `Logger ${name} does not exist!` };
    if (op === 'delete') {
      if (name !== 'root') continue;
      return { kind: 'invalid-request', message: 'Removing the log level of the root logger is not allowed' };
    }
    if (LOG_LEVELS.some((level) => level === value)) continue;
    const message =
      `Cannot set the log level of ${name} to ${value} as it is not a supported log level. ` +
      `Valid log levels are ${LOG_LEVELS.join(', ')}`;
    return { kind: 'invalid-config', message };
  }
  return null;
}
