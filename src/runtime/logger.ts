/** Structured log lines: a message and its facts. */
export interface Logger {
  debug(message: string, facts?: Record<string, unknown>): void;
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
  error(message: string, facts?: Record<string, unknown>): void;
  /** A logger that adds `facts` to each line. */
  child(facts: Record<string, unknown>): Logger;
}
