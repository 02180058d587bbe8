import { ConfigurationError } from '../configuration-error.ts';
import { PlaceholderError, replacePlaceholders } from './placeholders.ts';
import { canonicalName, variableNames } from './property-name.ts';
import type { Property } from './property.ts';

/** Variables of the environment by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where settings come from, weakest first within `layers`; the environment wins over them, `overrides` over everything. */
export interface PropertyLayers {
  readonly layers: readonly (readonly Property[])[];
  readonly environment: Environment;
  readonly overrides: Readonly<Record<string, string | number | boolean>>;
}

/**
 * The settings of an application as Spring's Environment gives them: the strongest source wins, however the name is spelled, and
 * placeholders are replaced when a value is read.
 */
export class ApplicationProperties {
  readonly #properties = new Map<string, Property>();
  readonly #lists = new Map<string, Property>();
  readonly #environment: Environment;
  readonly #overrides = new Map<string, Property>();

  constructor({ layers, environment, overrides }: PropertyLayers) {
    for (const layer of layers) this.#addLayer(layer);
    this.#environment = environment;
    for (const [key, value] of Object.entries(overrides)) {
      this.#overrides.set(canonicalName(key), { key, value: String(value), origin: 'properties given in code' });
    }
  }

  /** A property with its placeholders replaced; the items of a list with commas between. Throws {@link ConfigurationError}. */
  property(key: string): Property | undefined {
    const found = this.#raw(key);
    return found === undefined ? undefined : { ...found, value: this.#replaced(found) };
  }

  get(key: string): string | undefined {
    return this.property(key)?.value;
  }

  /** Replaces the placeholders of a text that stands in code. Throws {@link ConfigurationError} naming `where`. */
  replace(text: string, where: string): string {
    return this.#replaced({ key: where, value: text, origin: where });
  }

  /** Everything whose name begins so, in any spelling, by what follows the prefix and a dot. Placeholders are replaced. */
  under(prefix: string): Map<string, Property> {
    const start = `${canonicalName(prefix)}.`;
    const found = new Map<string, Property>();
    for (const source of [this.#properties, this.#lists]) {
      for (const [name, property] of source) {
        if (name.startsWith(start)) found.set(rest(property.key, start), property);
      }
    }
    const variable = `${variableNames(prefix)[0]}_`;
    for (const [name, value] of Object.entries(this.#environment)) {
      if (!name.startsWith(variable) || value === undefined) continue;
      const key = name.slice(variable.length).toLowerCase().replaceAll('_', '.');
      found.set(key, { key: `${prefix}.${key}`, value, origin: `variable ${name}` });
    }
    for (const [name, property] of this.#overrides) {
      if (name.startsWith(start)) found.set(rest(property.key, start), property);
    }
    return new Map([...found].map(([key, property]) => [key, { ...property, value: this.#replaced(property) }]));
  }

  #raw(key: string): Property | undefined {
    const name = canonicalName(key);
    const override = this.#overrides.get(name);
    if (override !== undefined) return override;
    for (const variable of [...variableNames(key), key]) {
      const value = this.#environment[variable];
      if (value !== undefined) return { key, value, origin: `variable ${variable}` };
    }
    return this.#properties.get(name) ?? this.#lists.get(name);
  }

  /** A layer's list takes the place of a weaker layer's text, and the other way round. */
  #addLayer(layer: readonly Property[]): void {
    const lists = new Map<string, Property[]>();
    for (const property of layer) {
      const list = /^(.*)\[(\d+)\]$/.exec(property.key);
      const name = canonicalName(list?.[1] ?? property.key);
      if (list === null) {
        this.#lists.delete(name);
        this.#properties.set(name, property);
        continue;
      }
      const items = lists.get(name) ?? [];
      items[Number(list[2])] = property;
      lists.set(name, items);
    }
    for (const [name, items] of lists) {
      const given = items.filter((item) => item !== undefined);
      const [first] = given;
      if (first === undefined) continue;
      this.#properties.delete(name);
      const key = first.key.replace(/\[\d+\]$/, '');
      this.#lists.set(name, { key, value: given.map(({ value }) => value).join(','), origin: first.origin });
    }
  }

  #replaced({ key, value, origin }: Property): string {
    try {
      return replacePlaceholders(value, (name) => this.#raw(name)?.value);
    } catch (error) {
      if (error instanceof PlaceholderError) throw new ConfigurationError(origin, `${key}: ${error.message}`);
      throw error;
    }
  }
}

/** What follows a canonical prefix in a name as it is written. */
function rest(key: string, start: string): string {
  for (let length = 1; length < key.length; length++) {
    if (`${canonicalName(key.slice(0, length))}.` === start && /[.[]/.test(key[length]!)) {
      return key.slice(length).replaceAll(/^\.|[[\]]/g, '');
    }
  }
  return key;
}
