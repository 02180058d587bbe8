import { describeConfigs } from '../../../src/protocol/messages/032-describe-configs.ts';
import { listConfigResources } from '../../../src/protocol/messages/074-list-config-resources.ts';
import type { Read } from '../../../src/protocol/schema.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic } from '../topics.ts';

type Answer = Read<typeof describeConfigs.response.fields>;
const TOPIC = 2;
const BROKER = 4;
const LOGGER = 8;
const CLIENT_METRICS = 16;
const GROUP = 32;

/** Settings of a broker that say where it runs; their values are each broker's own. */
const OWN_VALUES = /listeners$|log\.dirs?$|quorum|process\.roles|metadata\.log\.dir|controller\.listener|voter/;

/** Settings under their names, so that one missing is one difference. */
function byName(answer: Answer): unknown {
  return answer.results.map(({ configs, ...result }) => ({
    ...result,
    configs: Object.fromEntries(
      configs
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, ...config }) => [
          name,
          OWN_VALUES.test(name) ? { ...config, value: 'own', synonyms: 'own' } : config,
        ]),
    ),
  }));
}

/** As {@link byName} without the texts: the documentation is each project's own, only whether there is one counts. */
function withoutTexts(answer: Answer): unknown {
  return byName({
    ...answer,
    results: answer.results.map((result) => ({
      ...result,
      configs: result.configs.map((config) => ({
        ...config,
        documentation: config.documentation === null ? 'none' : 'some',
      })),
    })),
  });
}

/** DescribeConfigs: names, values, sources, synonyms, types, read-only; ListConfigResources (behaviour 89). */
export const scenario: Scenario = {
  name: '19-describe-configs',
  async run(side: Side) {
    const peer = side.peer();
    const topic = await createTopic(side, 't', {
      configs: { 'retention.ms': '1000', 'cleanup.policy': 'compact,delete', 'max.message.bytes': '5000' },
    });
    for (const version of versionsOf(describeConfigs)) {
      const some = ['retention.ms', 'segment.bytes', 'cleanup.policy', 'foo'];
      await ask(peer, 'some of a topic', version, [[TOPIC, topic.name, some]], true);
      await ask(peer, 'none of a topic', version, [[TOPIC, topic.name, []]]);
      await ask(
        peer,
        'some of a broker',
        version,
        [[BROKER, '1', ['log.retention.ms', 'num.io.threads', 'node.id', 'ssl.keystore.password']]],
        true,
      );
    }
    await ask(peer, 'all of a topic', 4, [[TOPIC, topic.name, null]], true);
    await ask(peer, 'all of a topic without synonyms', 4, [[TOPIC, topic.name, null]]);
    await ask(peer, 'all of the broker', 4, [[BROKER, '1', null]], true);
    await ask(peer, 'all of the cluster default', 4, [[BROKER, '', null]], true);
    await ask(peer, 'all of a group', 4, [[GROUP, side.name('g'), null]], true);
    await wrong(side, peer);
    await listing(side, peer);
  },
};

type Wanted = readonly [type: number, name: string, keys: string[] | null];

async function ask(
  peer: Peer,
  label: string,
  version: number,
  wanted: readonly Wanted[],
  includeSynonyms = false,
): Promise<void> {
  const resources = wanted.map(([resourceType, resourceName, configurationKeys]) => ({
    resourceType,
    resourceName,
    configurationKeys,
  }));
  const includeDocumentation = version >= 3 && includeSynonyms;
  await peer.call(
    label,
    describeConfigs,
    version,
    { resources, includeSynonyms, includeDocumentation },
    { pick: withoutTexts },
  );
}

async function wrong(side: Side, peer: Peer): Promise<void> {
  await ask(peer, 'unknown topic', 4, [[TOPIC, side.name('none'), null]]);
  await ask(peer, 'a wrong name', 4, [[TOPIC, 'a/b', null]]);
  await ask(peer, 'an empty name', 4, [[TOPIC, '', null]]);
  await ask(peer, 'another broker', 4, [[BROKER, '7', null]]);
  await ask(peer, 'no broker', 4, [[BROKER, 'x', null]]);
  await ask(peer, 'unknown type', 4, [[77, 'x', null]]);
  await ask(peer, 'type zero', 4, [[0, 'x', null]]);
  await ask(peer, 'empty group', 4, [[GROUP, '', null]]);
  await ask(peer, 'empty client metrics', 4, [[CLIENT_METRICS, '', null]]);
  await ask(peer, 'client metrics', 4, [[CLIENT_METRICS, side.name('m'), null]]);
  await ask(peer, 'loggers of another broker', 4, [[LOGGER, '7', null]]);
  await ask(peer, 'loggers of no broker', 4, [[LOGGER, 'x', null]]);
  await ask(peer, 'a topic twice', 4, [
    [TOPIC, side.name('t'), ['retention.ms']],
    [TOPIC, side.name('t'), ['segment.ms']],
  ]);
  await ask(peer, 'nothing', 4, []);
}

async function listing(side: Side, peer: Peer): Promise<void> {
  const kept = ({ errorCode, configResources }: Read<typeof listConfigResources.response.fields>): unknown => ({
    errorCode,
    configResources: configResources.filter(
      ({ resourceName, resourceType }) =>
        side.isOwn(resourceName) || resourceType === BROKER || resourceType === LOGGER,
    ),
  });
  await peer.call('client metrics', listConfigResources, 0, { resourceTypes: [] }, { pick: kept });
  for (const resourceTypes of [
    [],
    [TOPIC],
    [BROKER],
    [LOGGER],
    [GROUP],
    [CLIENT_METRICS],
    [TOPIC, BROKER],
    [77],
    [0],
  ]) {
    await peer.call(
      `resources of type ${resourceTypes.join()}`,
      listConfigResources,
      1,
      { resourceTypes },
      { pick: kept },
    );
  }
}
