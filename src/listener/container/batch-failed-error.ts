/** Thrown by a batch listener to say which record failed: those before it are done, it alone is tried again and given up. */
export class BatchListenerFailedError extends Error {
  override name = 'BatchListenerFailedError';
  /** Its place in the batch that the listener was given. */
  readonly index: number;

  constructor(message: string, index: number, options?: ErrorOptions) {
    super(message, options);
    this.index = index;
  }
}
