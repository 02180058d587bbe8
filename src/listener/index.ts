export type { ApplicationProperties, Environment } from './config/application-properties.ts';
export type { AckMode } from './config/kafka-settings.ts';
export type { PropertiesOptions } from './config/load-properties.ts';
export { ConfigurationError } from './configuration-error.ts';
export type { Acknowledgment } from './container/acknowledgment.ts';
export { exponentialBackOff, fixedBackOff, type BackOff, type ExponentialOptions } from './container/back-off.ts';
export { BatchListenerFailedError } from './container/batch-failed-error.ts';
export { DeadLetterHeader, deadLetterOrigin, type DeadLetterOrigin } from './container/dead-letter-headers.ts';
export type { DeadLetterOptions, ErrorClass, ErrorHandling, UnreadRecord } from './container/error-handling.ts';
export type { ContainerState, ListenerContainer } from './container/listener-container.ts';
export { KafkaApplication, type ApplicationOptions } from './kafka-application.ts';
export { declaresListeners, DltHandler, KafkaListener, listenersOf, type ListenerDecorator } from './kafka-listener.ts';
export {
  listener,
  type BatchHandler,
  type ListenerDefinition,
  type ListenerOptions,
  type RecordHandler,
} from './listener-options.ts';
export {
  KafkaTemplate,
  type KafkaOperations,
  type SendArguments,
  type SendDefaultArguments,
  type SendResult,
  type TransactionOperations,
} from './template/kafka-template.ts';
