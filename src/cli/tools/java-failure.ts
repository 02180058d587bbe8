import { BrokerError, KafkaError } from '../../client/client-error.ts';
import { javaError } from './java-error.ts';
import { OptionFailure } from './option-parser.ts';
import { MissingFile } from './properties-file.ts';
import { ToolFailure } from './tool-failure.ts';

/** Ends a command as an exception of Java does that nobody caught: its class and message. */
export function javaFailure(className: string, message: string): ToolFailure {
  return new ToolFailure(`${className}: ${message}`);
}

export const KAFKA_EXCEPTION = 'org.apache.kafka.common.KafkaException';
export const CONFIG_EXCEPTION = 'org.apache.kafka.common.config.ConfigException';
export const ILLEGAL_ARGUMENT = 'java.lang.IllegalArgumentException';

/** Any error with the name of the class that Java has for it, as a stack trace begins. */
export function asJavaFailure(error: unknown): ToolFailure {
  if (error instanceof MissingFile) return javaFailure('java.nio.file.NoSuchFileException', error.message);
  if (error instanceof OptionFailure) return javaFailure(error.exception, error.message);
  if (error instanceof ToolFailure) return error;
  if (error instanceof KafkaError && !(error instanceof BrokerError) && error.code === 'INVALID_ARGUMENT') {
    return javaFailure(CONFIG_EXCEPTION, error.message);
  }
  return new ToolFailure(error instanceof Error ? javaError(error) : String(error));
}

/** An error that nothing caught, as Java ends with it. */
export function uncaught(error: unknown): ToolFailure {
  return new ToolFailure(`Exception in thread "main" ${asJavaFailure(error).message}`);
}
