/**
 * A message cannot be read or written in the version asked for: the version is outside its range, or a value was
 * given that the version has no room for. The counterpart of Kafka's UnsupportedVersionException (error 35).
 */
export class UnsupportedVersion extends Error {
  override name = 'UnsupportedVersion';
}
