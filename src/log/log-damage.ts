/** The bytes of a log are not what was written there. Says where, for the operator: nothing is cut or skipped. */
export class LogDamage extends Error {
  override name = 'LogDamage';
  readonly path: string;
  readonly position: number;

  constructor(path: string, position: number, reason: string) {
    super(`${path} is damaged at position ${position}: ${reason}`);
    this.path = path;
    this.position = position;
  }
}
