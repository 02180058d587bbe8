/** One login as its dialling end sees it: no socket, no clock; tokens go in and come out. */
export interface SaslClient {
  /** The first token to send. */
  initial(): Uint8Array;
  /**
   * Takes what the other end answered; returns the next token to send, or undefined when the login is complete. Throws
   * {@link SaslError} when the other end refused, or is not who it has to be.
   */
  answer(challenge: Uint8Array): Uint8Array | undefined;
}

/** A login that fails, with the reason in words fit for users. */
export class SaslError extends Error {
  override name = 'SaslError';
}

/** Longer tokens are not taken from anybody; Kafka's `sasl.server.max.receive.size`. */
export const TOKEN_BYTES_MAX = 524_288;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A token as text. Throws {@link SaslError} when it is too long or no UTF-8. */
export function tokenText(token: Uint8Array): string {
  if (token.length > TOKEN_BYTES_MAX) throw new SaslError(`a SASL token of ${token.length} bytes is too long`);
  try {
    return decoder.decode(token);
  } catch {
    throw new SaslError('a SASL token is not UTF-8');
  }
}
