import type { Logger } from '../../runtime/logger.ts';

/** A command tells on its own what went wrong. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
};
