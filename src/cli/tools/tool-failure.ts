/** Ends a command: what goes to standard error, and the exit code. Raised by whoever finds out, caught where it started. */
export class ToolFailure extends Error {
  override name = 'ToolFailure';
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
