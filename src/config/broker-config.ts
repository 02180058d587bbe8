import { assert } from '../base/assert.ts';
import { type BrokerKey, type BrokerValue, brokerSetting } from './broker-settings.ts';
import { readValue } from './check.ts';
import { baseNameOf } from './listener-prefix.ts';
import type { Setting, SettingValue } from './setting.ts';

/** Texts of settings by name. */
export type SettingTexts = ReadonlyMap<string, string>;

/** What is set at which place, strongest first. `fallback` is the profile: defaults of ours over those of Kafka. */
export interface BrokerLayers {
  readonly dynamicBroker: SettingTexts;
  readonly dynamicDefault: SettingTexts;
  readonly static: SettingTexts;
  readonly fallback: SettingTexts;
}

/** Settings that stand in for one another, the first that is set winning (Kafka's broker synonyms). */
const BROKER_SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  'log.flush.interval.ms': ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'],
  'log.retention.hours': ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
  'log.retention.minutes': ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
  'log.retention.ms': ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
  'log.roll.hours': ['log.roll.ms', 'log.roll.hours'],
  'log.roll.jitter.hours': ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  'log.roll.jitter.ms': ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  'log.roll.ms': ['log.roll.ms', 'log.roll.hours'],
};

/** The names under which a broker setting is looked up, strongest first. */
export function brokerSynonyms(name: string): readonly string[] {
  const base = baseNameOf(name);
  if (base !== null) return [name, base];
  return BROKER_SYNONYMS[name] ?? [name];
}

/** Called after a change at run time with the names whose effective value changed. */
export type ConfigListener = (changed: ReadonlySet<string>) => void;

interface Effective {
  readonly value: SettingValue;
  readonly text: string | null;
}

const NOTHING: SettingTexts = new Map();

/**
 * The configuration of one broker. Reads are typed by the name of the setting and always see the latest change; whoever
 * must act on a change subscribes. Values were checked before they came here, so reading never fails.
 */
export class BrokerConfig {
  #layers: BrokerLayers;
  readonly #effective = new Map<string, Effective>();
  readonly #listeners = new Set<ConfigListener>();
  #revision = 0;

  constructor(given: Pick<BrokerLayers, 'static'> & Partial<BrokerLayers>) {
    this.#layers = { dynamicBroker: NOTHING, dynamicDefault: NOTHING, fallback: NOTHING, ...given };
  }

  /** Counts the changes at run time; whoever derives something from the configuration can cache it by this. */
  get revision(): number {
    return this.#revision;
  }

  /** The effective value. 64-bit integers beyond 2^53 - 1 read as 2^53 - 1. */
  get<K extends BrokerKey>(key: K): BrokerValue<K> {
    return this.#read(key).value as BrokerValue<K>;
  }

  /** The effective value as Kafka prints it, exact also for 64-bit integers; null where there is none. */
  text(name: string): string | null {
    return this.#read(name).text;
  }

  /** What is set where; for descriptions. */
  layers(): BrokerLayers {
    return this.#layers;
  }

  /** Replaces what is set at run time, for this broker and for all, and tells the listeners what that changed. */
  setDynamic(dynamic: { readonly broker: SettingTexts; readonly clusterDefault: SettingTexts }): void {
    const before = this.#layers;
    const names = new Set([
      ...before.dynamicBroker.keys(),
      ...before.dynamicDefault.keys(),
      ...dynamic.broker.keys(),
      ...dynamic.clusterDefault.keys(),
    ]);
    const old = new Map([...names].map((name) => [name, this.#raw(name)]));
    this.#layers = { ...before, dynamicBroker: dynamic.broker, dynamicDefault: dynamic.clusterDefault };
    const changed = new Set([...names].filter((name) => old.get(name) !== this.#raw(name)));
    if (changed.size === 0) return;
    for (const name of changed) this.#effective.delete(name);
    this.#revision += 1;
    for (const listener of this.#listeners) listener(changed);
  }

  /** A copy with other settings at run time and no listeners, to judge a change before it is made. */
  withDynamic(dynamic: { readonly broker: SettingTexts; readonly clusterDefault: SettingTexts }): BrokerConfig {
    return new BrokerConfig({
      ...this.#layers,
      dynamicBroker: dynamic.broker,
      dynamicDefault: dynamic.clusterDefault,
    });
  }

  /** Calls `listener` after each change at run time until the returned function is called. */
  subscribe(listener: ConfigListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #raw(name: string): string | undefined {
    const layers = this.#layers;
    return (
      layers.dynamicBroker.get(name) ??
      layers.dynamicDefault.get(name) ??
      layers.static.get(name) ??
      layers.fallback.get(name)
    );
  }

  #read(name: string): Effective {
    let effective = this.#effective.get(name);
    if (effective === undefined) {
      effective = parseEffective(name, settingOf(name), this.#raw(name));
      this.#effective.set(name, effective);
    }
    return effective;
  }
}

function settingOf(name: string): Setting | undefined {
  return brokerSetting(name) ?? brokerSetting(baseNameOf(name) ?? name);
}

function parseEffective(name: string, setting: Setting | undefined, raw: string | undefined): Effective {
  const text = raw ?? setting?.default ?? null;
  if (text === null || setting === undefined) return { value: text, text };
  const parsed = readValue(name, setting, text);
  assert(parsed.ok, 'a setting was stored without having been checked');
  return parsed;
}
