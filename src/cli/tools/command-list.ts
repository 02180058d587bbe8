/** A command of `posthorn`, and what it does in one line. */
export interface CommandLine {
  readonly name: string;
  readonly about: string;
}

/** What Posthorn has beside Kafka's commands. */
export const ownCommands: readonly CommandLine[] = [
  { name: 'start', about: 'starts a broker; so does posthorn alone' },
  { name: 'demo', about: 'starts a broker in memory with a small shop that lives, to look around in' },
  { name: 'brokers', about: 'shows the brokers of this process, stops, kills and starts them' },
  { name: 'rebalance', about: 'spreads replicas over the brokers; drains and retires one' },
  { name: 'tail', about: 'shows records as they come: by topic, key, partition, JSON field' },
  { name: 'top', about: 'shows live rates of topics and lag of groups' },
  { name: 'completion', about: 'prints the completion of commands and options for bash, zsh or fish' },
  { name: 'help', about: 'prints this' },
];

/** What Kafka's commands do, without `kafka-`: those that are there are listed. */
export const kafkaCommands: readonly CommandLine[] = [
  { name: 'acls', about: 'shows and changes who may do what' },
  { name: 'broker-api-versions', about: 'shows which requests brokers speak' },
  { name: 'client-metrics', about: 'shows and changes what clients tell of themselves' },
  { name: 'cluster', about: "shows the cluster's id and endpoints" },
  { name: 'configs', about: 'shows and changes settings of topics, brokers, users and groups' },
  { name: 'console-consumer', about: 'reads records to the terminal' },
  { name: 'console-producer', about: 'writes lines as records' },
  { name: 'console-share-consumer', about: 'reads records as a member of a share group' },
  { name: 'consumer-groups', about: 'shows groups and their lag, resets and deletes offsets' },
  { name: 'consumer-perf-test', about: 'measures reading' },
  { name: 'delegation-tokens', about: 'creates, renews and ends delegation tokens' },
  { name: 'delete-records', about: 'deletes the records before an offset' },
  { name: 'dump-log', about: 'shows what is in log files' },
  { name: 'e2e-latency', about: 'measures the time from writing to reading' },
  { name: 'features', about: 'shows and changes feature levels' },
  { name: 'get-offsets', about: 'shows offsets of partitions: first, last, by time' },
  { name: 'groups', about: 'lists groups of every kind' },
  { name: 'leader-election', about: 'elects leaders of partitions' },
  { name: 'log-dirs', about: 'shows log directories and the sizes of partitions' },
  { name: 'metadata-quorum', about: 'shows the quorum of controllers' },
  { name: 'producer-perf-test', about: 'measures writing' },
  { name: 'reassign-partitions', about: 'moves partitions between brokers and directories' },
  { name: 'server-start', about: 'starts a broker with a server.properties file' },
  { name: 'server-stop', about: 'stops the brokers of this machine' },
  { name: 'share-groups', about: 'shows share groups, resets and deletes their offsets' },
  { name: 'storage', about: 'formats and shows data directories' },
  { name: 'streams-groups', about: 'shows groups of stream processors' },
  { name: 'topics', about: 'creates, lists, describes, grows and deletes topics' },
  { name: 'transactions', about: 'shows transactions, finds and aborts hanging ones' },
  { name: 'verifiable-consumer', about: 'reads and tells of it in JSON, for tests' },
  { name: 'verifiable-producer', about: 'writes and tells of it in JSON, for tests' },
  { name: 'verifiable-share-consumer', about: 'reads in a share group and tells of it in JSON, for tests' },
];

const PREFIX = 'kafka-';

/** What each tool does, by the name it is called by after `posthorn`: own ones first, then Kafka's by name. */
export function commandLines(toolNames: readonly string[]): CommandLine[] {
  const abouts = new Map(kafkaCommands.map(({ name, about }) => [name, about]));
  const kafkas = toolNames
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length))
    .toSorted();
  return [...ownCommands, ...kafkas.map((name) => ({ name, about: abouts.get(name) ?? '' }))];
}
