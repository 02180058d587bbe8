const PACKAGE = 'org.apache.kafka.tools.consumer.';

export const DEFAULT_FORMATTER = `${PACKAGE}DefaultMessageFormatter`;

/** The formatters that Kafka brings along, by their class names. */
export const formatterNames = {
  default: DEFAULT_FORMATTER,
  logging: `${PACKAGE}LoggingMessageFormatter`,
  none: `${PACKAGE}NoOpMessageFormatter`,
  offsets: `${PACKAGE}OffsetsMessageFormatter`,
  groups: `${PACKAGE}GroupMetadataMessageFormatter`,
  shareGroups: `${PACKAGE}ShareGroupMessageFormatter`,
  transactions: `${PACKAGE}TransactionLogMessageFormatter`,
} as const;
