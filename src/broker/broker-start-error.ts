/** The broker cannot start; the message is one sentence for a person. */
export class BrokerStartError extends Error {
  override name = 'BrokerStartError';
}
