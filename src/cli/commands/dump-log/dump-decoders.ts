/** The text of a key or a value. */
export type PartDecoder = (bytes: Uint8Array) => string;

const PACKAGE = 'org.apache.kafka.tools.api.';
export const STRING_DECODER = `${PACKAGE}StringDecoder`;

const decoders: Readonly<Record<string, PartDecoder>> = {
  [STRING_DECODER]: (bytes) => Buffer.from(bytes).toString('utf8'),
  // Java prints the array's address; the bytes are of more use.
  [`${PACKAGE}DefaultDecoder`]: (bytes) => Buffer.from(bytes).toString('hex'),
  [`${PACKAGE}IntegerDecoder`]: (bytes) => String(Buffer.from(bytes).readInt32BE()),
  [`${PACKAGE}LongDecoder`]: (bytes) => String(Buffer.from(bytes).readBigInt64BE()),
};

/** One of Kafka's decoders by its class; undefined when it is none of them. */
export function decoderNamed(name: string): PartDecoder | undefined {
  return Object.hasOwn(decoders, name) ? decoders[name] : undefined;
}
