import { javaMessage } from '../../tools/java-error.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';

/** Does something for `kafka-transactions`; what it throws ends the command with Kafka's words. */
export async function orFail<T>(about: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw transactionsFailure(about, error);
  }
}

/** What could not be done, and why. */
export function transactionsFailure(about: string, error: unknown): ToolFailure {
  return new ToolFailure(`${about}: ${javaMessage(error)}. Enable debug logging for additional detail.`);
}
