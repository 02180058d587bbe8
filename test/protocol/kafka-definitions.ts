import { definitionArtifacts, jarOf, readEntries } from './kafka-jars.ts';

/** One field of Kafka's own definitions. */
export interface KafkaField {
  readonly name: string;
  readonly type: string;
  readonly versions?: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly flexibleVersions?: string;
  readonly tag?: number;
  readonly default?: string | number | boolean | null;
  readonly ignorable?: boolean;
  readonly fields?: readonly KafkaField[];
}

export interface KafkaDefinition {
  readonly apiKey?: number;
  readonly type: string;
  readonly name: string;
  readonly validVersions: string;
  readonly flexibleVersions: string;
  readonly latestVersionUnstable?: boolean;
  readonly fields: readonly KafkaField[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly KafkaField[] }[];
}

/** Kafka's definitions by name, read out of its published jars. Throws when those cannot be fetched. */
export function kafkaDefinitions(): Map<string, KafkaDefinition> {
  const found = new Map<string, KafkaDefinition>();
  for (const artifact of definitionArtifacts) {
    for (const [, text] of readEntries(jarOf(artifact), /^(?:common\/)?message\/\w+\.json$/)) {
      const definition = JSON.parse(text.replace(/^\s*\/\/.*$/gm, '')) as KafkaDefinition;
      if (definition.validVersions !== 'none') found.set(definition.name, definition);
    }
  }
  return found;
}
