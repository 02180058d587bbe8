import type { ArgumentGrammar, ArgumentSpec } from '../../tools/argument-spec.ts';

const topic: ArgumentSpec = { flags: ['--topic'], isRequired: true, text: 'The topic.' };
const partition: ArgumentSpec = { flags: ['--partition'], type: 'Integer', isRequired: true, text: 'The partition.' };
const NEWER = 'Brokers on versions 3.0 and above';
const OLDER = 'Brokers on versions older than 3.0';

/** The command line of `kafka-transactions`. */
export const transactionsGrammar: ArgumentGrammar = {
  program: 'kafka-transactions.sh',
  about: 'Tells the state of transactions, finds those that hang and ends them.',
  options: [
    { flags: ['-v', '--version'], action: 'version', text: 'Tells which release of Kafka this command follows.' },
    { flags: ['--command-config'], metavar: 'FILE', text: 'A file of settings for the connection.' },
    {
      flags: ['--bootstrap-server'],
      metavar: 'host:port',
      isRequired: true,
      text: 'Any brokers of the cluster, with commas between.',
    },
  ],
  subcommandTitle: { title: 'commands', metavar: 'COMMAND' },
  subcommands: [
    {
      name: 'list',
      text: 'Tells the transactions of all coordinators.',
      options: [
        {
          flags: ['--duration-filter'],
          type: 'Long',
          text: 'Only those that run longer than so many milliseconds; all when below 0.',
        },
        { flags: ['--transactional-id-pattern'], text: 'Only those whose transactional id a regular expression fits.' },
      ],
    },
    {
      name: 'describe',
      text: 'Tells the state of one transactional id.',
      about: 'Tells the state of one transactional id.',
      options: [{ flags: ['--transactional-id'], isRequired: true, text: 'The transactional id.' }],
    },
    {
      name: 'describe-producers',
      text: 'Tells the producers that a partition remembers.',
      options: [
        { flags: ['--broker-id'], type: 'Integer', text: 'Asks this replica in place of the leader.' },
        topic,
        partition,
      ],
    },
    {
      name: 'abort',
      text: 'Ends a transaction that hangs on one partition; for administrators.',
      options: [
        topic,
        partition,
        { flags: ['--start-offset'], type: 'Long', group: NEWER, text: 'The first offset of the transaction.' },
        { flags: ['--producer-id'], type: 'Long', group: OLDER, text: "The producer's id." },
        { flags: ['--producer-epoch'], type: 'Short', group: OLDER, text: "The producer's epoch." },
        { flags: ['--coordinator-epoch'], type: 'Integer', group: OLDER, text: "The coordinator's epoch." },
      ],
      groups: { [NEWER]: 'The first offset is all they need.', [OLDER]: 'They need all of these.' },
    },
    {
      name: 'find-hanging',
      text: 'Finds transactions that no coordinator will end.',
      options: [
        { flags: ['--broker-id'], type: 'Integer', text: 'Looks at the replicas of this broker only.' },
        {
          flags: ['--max-transaction-timeout'],
          type: 'Integer',
          fallback: '15',
          text: 'Passes over transactions that are younger than so many minutes; 15 when left out.',
        },
        { flags: ['--topic'], text: 'Looks at this topic only.' },
        { flags: ['--partition'], type: 'Integer', text: 'Looks at this partition of the topic only.' },
      ],
    },
    {
      name: 'forceTerminateTransaction',
      text: 'Ends what a transactional id has open, by taking its place; for administrators.',
      about: 'Ends what a transactional id has open, by taking its place.',
      options: [{ flags: ['--transactionalId'], isRequired: true, text: 'The transactional id.' }],
    },
  ],
};
