import { KafkaError } from '../../../client/client-error.ts';
import { JavaException, javaError } from '../../tools/java-error.ts';

/**
 * Waits for an answer; an error is told as Java tells it that comes out of a future.
 * @param isWrapped the command's Java wraps the future's exception in another.
 */
export async function answerOf<T>(answer: Promise<T>, isWrapped = false): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw asTold(error, isWrapped);
  }
}

/** An outcome's value; throws its error as {@link answerOf} does. */
export function valueOf<T>(outcome: T | KafkaError, isWrapped = false): T {
  if (outcome instanceof KafkaError) throw asTold(outcome, isWrapped);
  return outcome;
}

function asTold(error: unknown, isWrapped: boolean): unknown {
  if (!(error instanceof KafkaError || error instanceof JavaException)) return error;
  return new Error(`${isWrapped ? 'java.util.concurrent.ExecutionException: ' : ''}${javaError(error)}`, {
    cause: error,
  });
}
