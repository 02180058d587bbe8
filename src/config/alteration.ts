import type { SettingTexts } from './broker-config.ts';
import type { Setting } from './setting.ts';

/** What a client wants done with one setting. `value` may be null: from the wire, and for delete. */
export interface Alteration {
  readonly op: 'set' | 'delete' | 'append' | 'subtract';
  readonly name: string;
  readonly value: string | null;
}

/** Why a change is refused: INVALID_CONFIG (40) or INVALID_REQUEST (42), and the sentence that goes with it. */
export interface Rejection {
  readonly kind: 'invalid-config' | 'invalid-request';
  readonly message: string;
}

/** The settings after a change, or why there is none. */
export type Altered =
  | { readonly ok: true; readonly texts: SettingTexts }
  | { readonly ok: false; readonly rejection: Rejection };

/** A setting's declaration by name, and the text that it has when it is not set, which append and subtract begin from. */
export interface AlteredTable {
  setting(name: string): Setting | undefined;
  inherited(name: string): string | null;
  /** What Kafka says when a setting that is no list gets an append or subtract. */
  notAList(op: 'append' | 'subtract', name: string): string;
}

/** Kafka's own limit for one value. */
export const VALUE_BYTES_MAX = 32_767;

/** Settings that one resource may have. Only brokers come near: names that nobody knows are let in there, as in Kafka. */
export const SETTINGS_MAX = 1_000;

/**
 * Applies the operations of IncrementalAlterConfigs to what is set now. Only the operations themselves are judged: whether
 * the result is valid is asked of the `validate` function of the resource, with what is returned here.
 */
export function applyIncremental(
  current: SettingTexts,
  alterations: readonly Alteration[],
  table: AlteredTable,
): Altered {
  const problem = repeatedOrNull(
    alterations.filter(({ op }) => op !== 'delete'),
    alterations,
  );
  if (problem !== null) return { ok: false, rejection: problem };
  const texts = new Map(current);
  for (const { op, name, value } of alterations) {
    if (op === 'delete') {
      texts.delete(name);
    } else if (op === 'set') {
      texts.set(name, value as string);
    } else if (table.setting(name)?.kind !== 'list') {
      return refused('invalid-config', table.notAList(op, name));
    } else {
      const items = itemsOf(texts.get(name) ?? table.inherited(name) ?? '');
      const given = itemsOf(value as string);
      const result = op === 'append' ? appended(items, given) : items.filter((item) => !given.includes(item));
      texts.set(name, result.join(','));
    }
  }
  return bounded(texts);
}

/** What AlterConfigs sets: the given settings and nothing else. */
export function applyReplacement(
  settings: readonly { readonly name: string; readonly value: string | null }[],
): Altered {
  const problem = repeatedOrNull(settings, settings);
  if (problem !== null) return { ok: false, rejection: problem };
  return bounded(new Map(settings.map(({ name, value }) => [name, value as string])));
}

function bounded(texts: SettingTexts): Altered {
  if (texts.size > SETTINGS_MAX) {
    return refused('invalid-config', `A resource cannot have more than ${SETTINGS_MAX} settings of its own.`);
  }
  for (const text of texts.values()) {
    if (Buffer.byteLength(text) <= VALUE_BYTES_MAX) continue;
    const limit = `it exceeds the maximum value size of ${VALUE_BYTES_MAX} bytes.`;
    return refused('invalid-config', `The configuration value cannot be added because ${limit}`);
  }
  return { ok: true, texts };
}

type Named = readonly { readonly name: string; readonly value: string | null }[];

function repeatedOrNull(withValue: Named, all: Named): Rejection | null {
  if (new Set(all.map(({ name }) => name)).size !== all.length) {
    return { kind: 'invalid-request', message: 'Error due to duplicate config keys' };
  }
  const missing = withValue.filter(({ value }) => value === null).map(({ name }) => name);
  if (missing.length === 0) return null;
  return { kind: 'invalid-request', message: `Null value not supported for : ${missing.join(',')}` };
}

function refused(kind: Rejection['kind'], message: string): Altered {
  return { ok: false, rejection: { kind, message } };
}

function itemsOf(text: string): string[] {
  const trimmed = text.trim();
  return trimmed === '' ? [] : trimmed.split(/\s*,\s*/);
}

function appended(items: readonly string[], given: readonly string[]): readonly string[] {
  return [...items, ...given.filter((item) => !items.includes(item))];
}
