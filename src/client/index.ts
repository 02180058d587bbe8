export {
  BrokerError,
  ConnectionError,
  FencedError,
  KafkaError,
  TimeoutError,
  type ClientErrorCode,
} from './client-error.ts';
export type { ClientOptions } from './client-options.ts';
export { Kafka, type KafkaOptions } from './kafka.ts';
export type { PartitionChoice, Partitioner } from './producer/partitioner.ts';
export type { Compression, ProducerOptions } from './producer/producer-options.ts';
export type { ProducerHeaders, ProducerRecord, RecordMetadata } from './producer/producer-record.ts';
export type { Producer, SendOptions } from './producer/producer.ts';
export {
  bytes,
  float64,
  int32,
  int64,
  json,
  string,
  uuid,
  type Deserializer,
  type Serde,
  type SerdeContext,
  type Serializer,
} from './serializers.ts';
