import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import type { Fields, Message, Read, Write } from './schema.ts';

/** Reads one message of `version`. Throws Malformed for bytes that are not one; allocates nothing that the bytes do not back. */
export declare function decode<F extends Fields>(message: Message<F>, version: number, reader: ByteReader): Read<F>;
/** Writes one message of `version`. */
export declare function encode<F extends Fields>(message: Message<F>, version: number, writer: ByteWriter, value: Write<F>): void;
