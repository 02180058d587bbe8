/** Thrown when the program itself is wrong: a broken invariant, never bad input. The owner of the state goes offline. */
export class AssertionFailed extends Error {
  override name = 'AssertionFailed';
}

/** States an invariant; throws {@link AssertionFailed} when it does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message);
}

/** Marks a branch that the types rule out. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`unreachable: ${String(value)}`);
}
