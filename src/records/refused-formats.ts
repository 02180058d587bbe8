import { BATCH_HEADER_BYTES, Codec, LOG_OVERHEAD_BYTES, MAGIC_V2, batchLength, codecId, magic } from './batch.ts';

/**
 * Where the records of one partition of a Produce request are refused for their format alone, before anything of them
 * is believed (Kafka 4's ProduceRequest.validateRecords and ByteBufferLogInputStream). Magic 0 and 1 still exist on
 * paper, but no Produce version that Kafka 4 serves may carry them.
 */
export interface ProducedFormat {
  /** Kafka's error code; 0 when the format is accepted. */
  readonly errorCode: 0 | typeof CORRUPT_MESSAGE | typeof UNSUPPORTED_COMPRESSION_TYPE | typeof INVALID_RECORD;
  /** What Kafka says with it, which is mostly nothing. */
  readonly errorMessage: string | null;
  /**
   * Bytes of the one batch at the start; 0 when refused. Fewer than 17 bytes after it are dropped in silence, as
   * Kafka drops them.
   */
  readonly size: number;
}

const CORRUPT_MESSAGE = 2;
const UNSUPPORTED_COMPRESSION_TYPE = 76;
const INVALID_RECORD = 87;

const HEADER_UP_TO_MAGIC_BYTES = 17;
/** The overhead of a magic 0 record: no length may be smaller, whatever the magic. */
const LENGTH_MIN = 14;
const ZSTD_SINCE_VERSION = 7;

const Damage = { none: 0, end: 1, length: 2, magic: 3 } as const;
type Damage = (typeof Damage)[keyof typeof Damage];

/** @param version the version of the Produce request: zstd needs 7. */
export function checkProducedFormat(view: DataView, position: number, end: number, version: number): ProducedFormat {
  switch (damageAt(view, position, end)) {
    case Damage.none:
      break;
    case Damage.end:
      return refused(INVALID_RECORD, null);
    case Damage.length: {
      const length = batchLength(view, position);
      return refused(CORRUPT_MESSAGE, `Record size ${length} is less than the minimum record overhead (${LENGTH_MIN})`);
    }
    case Damage.magic:
      return refused(CORRUPT_MESSAGE, `Invalid magic found in record: ${magic(view, position)}`);
  }
  if (magic(view, position) !== MAGIC_V2) return refused(INVALID_RECORD, null);
  const size = batchLength(view, position) + LOG_OVERHEAD_BYTES;
  if (size < BATCH_HEADER_BYTES) return refused(CORRUPT_MESSAGE, null);
  if (codecId(view, position) === Codec.zstd && version < ZSTD_SINCE_VERSION) {
    return refused(UNSUPPORTED_COMPRESSION_TYPE, null);
  }
  const after = damageAt(view, position + size, end);
  if (after === Damage.end) return { errorCode: 0, errorMessage: null, size };
  return refused(after === Damage.none ? INVALID_RECORD : CORRUPT_MESSAGE, null);
}

function refused(errorCode: ProducedFormat['errorCode'], errorMessage: string | null): ProducedFormat {
  return { errorCode, errorMessage, size: 0 };
}

/** Whether a batch of any magic lies at `position`: `end` when nothing whole does. */
function damageAt(view: DataView, position: number, end: number): Damage {
  const available = end - position;
  if (available < HEADER_UP_TO_MAGIC_BYTES) return Damage.end;
  const length = batchLength(view, position);
  if (length < LENGTH_MIN) return Damage.length;
  const found = magic(view, position);
  if (found < 0 || found > MAGIC_V2) return Damage.magic;
  return length + LOG_OVERHEAD_BYTES > available ? Damage.end : Damage.none;
}
