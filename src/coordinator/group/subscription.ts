import { ByteReader } from '../../base/byte-reader.ts';
import { Malformed } from '../../base/malformed.ts';

/** The protocol type of consumers; the metadata of other types means nothing to the broker. */
export const CONSUMER_PROTOCOL_TYPE = 'consumer';

/**
 * The topics that a consumer's join metadata names (KIP-480 and later only add to the end, so all versions start
 * with version and topics); undefined when it is not such metadata.
 */
export function subscribedTopics(metadata: Uint8Array): string[] | undefined {
  try {
    const reader = new ByteReader(metadata);
    if (reader.int16() < 0) return undefined;
    const count = reader.int32();
    const topics: string[] = [];
    for (let index = 0; index < count; index++) topics.push(reader.utf8(reader.int16()));
    return topics;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
