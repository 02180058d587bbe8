import type { BatchHandler, ListenerDefinition, ListenerOptions, RecordHandler } from './listener-options.ts';

/** A decorator of methods, for the standard decorators and for those of `experimentalDecorators` alike. */
export interface ListenerDecorator<H extends object> {
  (method: H, context: ClassMethodDecoratorContext): void;
  <M extends H>(prototype: object, name: string | symbol, descriptor: TypedPropertyDescriptor<M>): void;
}

type AnyRecordHandler = RecordHandler<never, never>;
type AnyBatchHandler = BatchHandler<never, never>;
type Name = string | symbol;

interface Declared {
  readonly name: Name;
  /** Undefined for the handler of dead letters. */
  readonly options: ListenerOptions | undefined;
}

/** By prototype for legacy decorators, by instance for standard ones: a method is called by its name, so what overrides it counts. */
const declared = new WeakMap<object, Declared[]>();

/**
 * Makes a method of a class a listener, once its instance is given to an application. A method may have several. With `batch: true` it takes
 * a list of records.
 */
export function KafkaListener<K = unknown, V = unknown>(
  options: ListenerOptions<K, V> & { readonly batch: true },
): ListenerDecorator<AnyBatchHandler>;
export function KafkaListener<K = unknown, V = unknown>(
  options: ListenerOptions<K, V> & { readonly batch: false },
): ListenerDecorator<AnyRecordHandler>;
export function KafkaListener<K = unknown, V = unknown>(
  options: ListenerOptions<K, V>,
): ListenerDecorator<AnyRecordHandler | AnyBatchHandler>;
export function KafkaListener<K, V>(
  options: ListenerOptions<K, V>,
): ListenerDecorator<AnyRecordHandler | AnyBatchHandler> {
  return decorator('KafkaListener', options as ListenerOptions);
}

/**
 * The method that gets the dead letters of the class's listeners; in a group of its own,
 * `<group>-dlt`. A key or value that cannot be read comes as its bytes.
 */
export function DltHandler(): ListenerDecorator<AnyRecordHandler> {
  return decorator('DltHandler', undefined);
}

function decorator<H extends object>(label: string, options: ListenerOptions | undefined): ListenerDecorator<H> {
  return (target: object, context: ClassMethodDecoratorContext | Name): void => {
    if (typeof context === 'object') {
      if (context.kind !== 'method' || context.static || context.private) throw misplaced(label, String(context.name));
      const { name } = context;
      context.addInitializer(function (this: unknown) {
        note(this as object, { name, options });
      });
      return;
    }
    // A static method's target is the class itself.
    if (typeof target === 'function') throw misplaced(label, String(context));
    note(target, { name: context, options });
  };
}

function note(target: object, item: Declared): void {
  const items = declared.get(target);
  if (items === undefined) declared.set(target, [item]);
  else items.push(item);
}

/** Whether the class of this prototype declares listeners; of standard decorators only instances tell. */
export function declaresListeners(target: object): boolean {
  for (let each: object | null = target; each !== null; each = Object.getPrototypeOf(each) as object | null) {
    if (declared.has(each)) return true;
  }
  return false;
}

/** The listeners that an object's methods are. Throws TypeError for two handlers of dead letters. */
export function listenersOf(instance: object): ListenerDefinition[] {
  const found: Declared[] = [];
  for (let each: object | null = instance; each !== null; each = Object.getPrototypeOf(each) as object | null) {
    found.unshift(...(declared.get(each) ?? []));
  }
  const methodOf = ({ name }: Declared): ListenerDefinition['handle'] => {
    return (given, acknowledgment) =>
      (instance as Record<Name, ListenerDefinition['handle']>)[name]!(given, acknowledgment);
  };
  const deadLetters = found.filter(({ options }) => options === undefined);
  const className = instance.constructor.name;
  if (deadLetters.length > 1) throw new TypeError(`${className} has ${deadLetters.length} methods with @DltHandler`);
  const onDeadLetter = deadLetters[0] === undefined ? undefined : methodOf(deadLetters[0]);
  return found.flatMap((item) => {
    if (item.options === undefined) return [];
    const options = { ...item.options, id: item.options.id ?? `${className}.${String(item.name)}` };
    // An id that the caller gave is a group as well; one that we made is not.
    const isOwnId = item.options.id === undefined && options.groupId === undefined;
    return [{ options: isOwnId ? { ...options, groupId: '' } : options, handle: methodOf(item), onDeadLetter }];
  });
}

function misplaced(label: string, name: string): TypeError {
  return new TypeError(`@${label} belongs on a public method of instances, and ${name} is none`);
}
