/** What a manifest depends on, by kind. */
export interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Each dependency has a line in docs/dependencies.md that says why it is there; one line per fault. */
export function dependencyFaults(manifests: readonly Manifest[], notes: string): string[] {
  const faults: string[] = [];
  for (const manifest of manifests) {
    const names = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].flatMap((kind) =>
      Object.keys(kind ?? {}),
    );
    for (const name of names) {
      if (!notes.includes(`\`${name}\``)) faults.push(`docs/dependencies.md has no line for ${name}`);
    }
  }
  return [...new Set(faults)];
}
