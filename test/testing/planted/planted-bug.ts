/** One change of a compiled module. */
export interface Edit {
  /** Path of the compiled module under `dist/src/`. */
  readonly file: string;
  /** What it says; there must be exactly one place that says so. */
  readonly find: string;
  readonly replace: string;
}

/** A bug to be put into the product, so that the simulator can show that it would find it. */
export interface PlantedBug {
  /** A few words to ask for it by. */
  readonly name: string;
  /** The rule that it breaks. */
  readonly rule: string;
  /** Several where the product has several defences, which would each hold alone. */
  readonly edits: readonly Edit[];
}

/** A module's source with the edit in it. Throws where the product no longer says what the edit changes. */
export function edited(source: string, { file, find, replace }: Edit): string {
  const places = source.split(find).length - 1;
  if (places !== 1)
    throw new Error(`${file} says ${places} times, where it should once: ${JSON.stringify(find.trim())}`);
  return source.replace(find, () => replace);
}
