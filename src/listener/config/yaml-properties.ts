import type * as Yaml from 'yaml';
import { lazyPackage } from '../../runtime/packages.ts';
import { ConfigurationError } from '../configuration-error.ts';
import type { Property } from './property.ts';

const loadYaml = lazyPackage('yaml') as () => typeof Yaml;

/** More than any configuration has; what repeats itself by aliases ends here. */
const PROPERTIES_MAX = 10_000;
const DEPTH_MAX = 100;

/**
 * The documents of a YAML file as properties: nested keys joined by dots, items of lists by their index, values as they are written. Throws
 * {@link ConfigurationError} with the line of what is not YAML.
 */
export function yamlProperties(text: string, file: string): Property[][] {
  const yaml = loadYaml();
  const lines = new yaml.LineCounter();
  const documents = yaml.parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const [error] = document.errors;
    if (error !== undefined) {
      throw new ConfigurationError(`${file}:${lines.linePos(error.pos[0]).line}`, `this is no YAML: ${error.message}`);
    }
    const walk = new Walk(yaml, document, (position) => `${file}:${lines.linePos(position).line}`);
    walk.node(document.contents, '', 0);
    return walk.properties;
  });
}

class Walk {
  readonly properties: Property[] = [];
  readonly #yaml: typeof Yaml;
  readonly #document: Yaml.Document;
  readonly #originOf: (position: number) => string;
  #origin: string;

  constructor(yaml: typeof Yaml, document: Yaml.Document, originOf: (position: number) => string) {
    this.#yaml = yaml;
    this.#document = document;
    this.#originOf = originOf;
    this.#origin = originOf(0);
  }

  node(given: unknown, key: string, depth: number): void {
    const yaml = this.#yaml;
    const node = yaml.isAlias(given) ? given.resolve(this.#document) : given;
    if (depth > DEPTH_MAX || this.properties.length > PROPERTIES_MAX) {
      throw new ConfigurationError(
        this.#origin,
        `more than ${PROPERTIES_MAX} settings, or more than ${DEPTH_MAX} deep`,
      );
    }
    if (yaml.isMap(node)) {
      this.#map(node, key, depth);
    } else if (yaml.isSeq(node)) {
      for (const [index, item] of node.items.entries()) this.node(item, `${key}[${index}]`, depth + 1);
    } else if (yaml.isScalar(node) && key !== '') {
      if (node.range) this.#origin = this.#originOf(node.range[0]);
      this.properties.push({ key, value: textOf(node), origin: this.#origin });
    } else if (node !== null && node !== undefined && key === '') {
      throw new ConfigurationError(this.#origin, 'keys and values are needed, like "spring.kafka.client-id: shop"');
    }
  }

  #map(map: Yaml.YAMLMap, key: string, depth: number): void {
    const isMerge = ({ key: name }: Yaml.Pair): boolean => this.#yaml.isScalar(name) && name.value === '<<';
    // What is merged in comes first: the map's own entries win.
    for (const pair of map.items.filter(isMerge)) this.node(pair.value, key, depth + 1);
    for (const pair of map.items) {
      if (isMerge(pair)) continue;
      const name = pair.key;
      if (this.#yaml.isNode(name) && name.range) this.#origin = this.#originOf(name.range[0]);
      const part = this.#yaml.isScalar(name) ? textOf(name) : String(name);
      this.node(pair.value, key === '' ? part : `${key}.${part}`, depth + 1);
    }
  }
}

/** As written, so that 1.10 stays 1.10; nothing is an empty text. */
function textOf(scalar: Yaml.Scalar): string {
  const { value, source, type } = scalar as Yaml.Scalar<string | number | boolean | bigint | null | undefined>;
  if (value === null || value === undefined) return '';
  return type === 'PLAIN' && source !== undefined ? source : String(value);
}
