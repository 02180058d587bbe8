import type { ToolName } from '../java-tools/java-tool.ts';

/** One call of a command, made with Kafka's tool and with ours. `{name}` stands for a name of this call's own. */
export interface CommandCase {
  readonly tool: ToolName;
  /** The address of the broker goes before them, unless {@link isBare}. */
  readonly args: readonly string[];
  /** Calls that prepare, made with Kafka's tool for each of the two. */
  readonly before?: readonly {
    readonly tool: ToolName;
    readonly args: readonly string[];
    readonly input?: string;
  }[];
  /** What it reads from its standard input. */
  readonly input?: string;
  /** A program that runs meanwhile; it is waited for until it is a member of the group `{name}`. */
  readonly beside?: { readonly tool: ToolName; readonly args: readonly string[] };
  readonly isBare?: boolean;
  /** Needs three brokers: it is left out unless BROKERS=3 says that there are so many. */
  readonly needsThree?: boolean;
  /** Can be done twice: both are asked about the same things, for the order of what is printed depends on their names. */
  readonly isReading?: boolean;
  /** Texts of files, by the name that stands in the arguments as `{file:name}`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Prints a list whose order is that of a set: the lines count, and not their order. */
  readonly isUnordered?: boolean;
  /** Why the two differ and may. */
  readonly differs?: string;
}
