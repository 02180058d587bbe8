/** Bytes that a peer or a file gave us are not what they claim to be. Never a fault of this program. */
export class Malformed extends Error {
  override name = 'Malformed';
}
