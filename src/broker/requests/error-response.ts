import { ZERO_UUID } from '../../base/uuid.ts';
import type { ErrorSpec } from '../../protocol/errors.ts';
import type { AnyField, Fields, Write } from '../../protocol/schema.ts';
import { inVersions } from '../../protocol/version-range.ts';

const NO_BYTES = new Uint8Array(0);

/**
 * A response that carries nothing but an error: the top-level error code where the response has one, everything else
 * empty. A client that asked for items and gets none treats the answer as failed too.
 */
export function errorResponse(fields: Fields, version: number, error: ErrorSpec): Write<Fields> {
  const response = emptyStruct(fields);
  const { errorCode } = fields;
  if (errorCode !== undefined && inVersions(errorCode.options.versions, version, true)) {
    response['errorCode'] = error.code;
  }
  return response;
}

/** Every field at its default, or empty. */
export function emptyStruct(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, emptyValue(field)]));
}

function emptyValue(field: AnyField): unknown {
  const { kind, options } = field;
  if (options.default !== undefined) return options.default;
  switch (kind) {
    case 'bool':
      return false;
    case 'string':
      return '';
    case 'uuid':
      return ZERO_UUID;
    case 'bytes':
    case 'records':
      return NO_BYTES;
    case 'array':
      return [];
    case 'struct':
      return emptyStruct(field.fields ?? {});
    case 'int8':
    case 'int16':
    case 'uint16':
    case 'int32':
    case 'uint32':
    case 'int64':
    case 'float64':
      return 0;
    case 'bits64':
      return 0n;
    default:
      return kind satisfies never;
  }
}
