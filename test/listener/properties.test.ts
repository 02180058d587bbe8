import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadProperties, type PropertiesOptions } from '../../src/listener/config/load-properties.ts';
import { replacePlaceholders } from '../../src/listener/config/placeholders.ts';
import { durationMs, sizeBytes, truth } from '../../src/listener/config/units.ts';
import { ConfigurationError } from '../../src/listener/configuration-error.ts';
import { filesWorld } from './properties-world.ts';

function load(
  files: Readonly<Record<string, string>>,
  options: PropertiesOptions = {},
  environment: Readonly<Record<string, string>> = {},
) {
  return loadProperties(options, filesWorld(files, environment));
}

test('a name means the same in every spelling', () => {
  const properties = load({ 'application.yml': 'spring:\n  kafka:\n    bootstrapServers: a:1\n    client_id: shop' });
  assert.equal(properties.get('spring.kafka.bootstrap-servers'), 'a:1');
  assert.equal(properties.get('spring.kafka.clientId'), 'shop');
});

test('values stay as they are written; lists have commas between; nothing is an empty text', () => {
  const yaml = 'version: 1.10\noctal: 0123\nservers:\n  - a:1\n  - b:2\nempty:\nquoted: "1.10"\n"[dotted.key]": x';
  const properties = load({ 'application.yml': yaml });
  assert.equal(properties.get('version'), '1.10');
  assert.equal(properties.get('octal'), '0123');
  assert.equal(properties.get('servers'), 'a:1,b:2');
  assert.equal(properties.get('empty'), '');
  assert.equal(properties.get('quoted'), '1.10');
  assert.equal(properties.get('dotted.key'), 'x');
  assert.equal(properties.get('nobody'), undefined);
});

test('a profile wins over the file of all, config/ over both, the environment over files, and code over everything', () => {
  const files = {
    'application.yml': 'a: 1\nb: 1\nc: 1\nd: 1\ne: 1',
    'config/application.yml': 'b: 2\nc: 2\nd: 2\ne: 2',
    'application-test.yml': 'c: 3\nd: 3\ne: 3',
  };
  const options = { profiles: ['test'], properties: { e: 5 } };
  const properties = load(files, options, { D: '4', E: '4' });
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'e'].map((key) => properties.get(key)),
    ['1', '2', '3', '4', '5'],
  );
});

test('profiles come from a variable, from the file itself, and sections of one file belong to profiles', () => {
  const yaml =
    'spring.profiles.active: dev\nx: all\n---\nspring.config.activate.on-profile: dev\nx: dev\n---\nspring.config.activate.on-profile: "!dev"\nx: not dev';
  assert.equal(load({ 'application.yml': yaml }).get('x'), 'dev');
  assert.equal(load({ 'application.yml': yaml }, {}, { SPRING_PROFILES_ACTIVE: 'prod' }).get('x'), 'not dev');
});

test('a list takes the place of a text of a weaker file, and a text that of a list', () => {
  const files = { 'application.yml': 'a: [x, y]\nb: z', 'application-p.yml': 'a: q\nb: [v, w]' };
  const properties = load(files, { profiles: ['p'] });
  assert.equal(properties.get('a'), 'q');
  assert.equal(properties.get('b'), 'v,w');
});

test('variables stand for keys with their dashes left out or as underscores', () => {
  assert.equal(load({}, {}, { SPRING_KAFKA_BOOTSTRAPSERVERS: 'a:1' }).get('spring.kafka.bootstrap-servers'), 'a:1');
  assert.equal(load({}, {}, { SPRING_KAFKA_BOOTSTRAP_SERVERS: 'b:1' }).get('spring.kafka.bootstrap-servers'), 'b:1');
  const maps = load({}, {}, { SPRING_KAFKA_PROPERTIES_SECURITY_PROTOCOL: 'SSL' });
  assert.equal(maps.under('spring.kafka.properties').get('security.protocol')?.value, 'SSL');
});

test('what is below a prefix comes without it, wherever it was set', () => {
  const yaml = 'spring.kafka:\n  properties:\n    max.poll.records: 5\n    "[a.b]": 6';
  const under = load({ 'application.yml': yaml }, { properties: { 'spring.kafka.properties.c.d': 7 } }).under(
    'spring.kafka.properties',
  );
  assert.deepEqual(
    [...under].map(([key, { value }]) => [key, value]),
    [
      ['max.poll.records', '5'],
      ['a.b', '6'],
      ['c.d', '7'],
    ],
  );
});

test('placeholders stand for keys, variables and defaults, also within each other', () => {
  const yaml =
    'topic:\n  payment-completed: outside.payment.v1.completed\na: ${topic.payment-completed}\nb: ${none:${HOST:local}}:1\nc: ${topic.${which}}\nwhich: paymentCompleted';
  const properties = load({ 'application.yml': yaml }, {}, { HOST: 'h' });
  assert.equal(properties.get('a'), 'outside.payment.v1.completed');
  assert.equal(properties.get('b'), 'h:1');
  assert.equal(properties.get('c'), 'outside.payment.v1.completed');
  assert.equal(properties.replace('x ${which} y', 'test'), 'x paymentCompleted y');
});

function none(): undefined {}

test('a placeholder with a colon in its default, an empty default, an escaped one', () => {
  assert.equal(replacePlaceholders('${servers:localhost:9092}', none), 'localhost:9092');
  assert.equal(replacePlaceholders('${a:}', none), '');
  assert.equal(replacePlaceholders('\\${a} ${open', none), '${a} ${open');
});

test('a placeholder for nothing, or for itself, names the line and the remedy', () => {
  assert.throws(
    () => load({ 'application.yml': 'a: 1\nb: ${nobody}' }).get('b'),
    (error: Error) => {
      assert.ok(error instanceof ConfigurationError);
      assert.match(
        error.message,
        /^application.yml:2: b: \$\{nobody\} stands for nothing: set nobody, or give a default/,
      );
      return true;
    },
  );
  assert.throws(
    () => load({ 'application.yml': 'a: ${b}\nb: ${a}' }).get('a'),
    /application.yml:1: a: .* stands for itself/,
  );
});

test('what is no YAML names file and line', () => {
  assert.throws(
    () => load({ 'application.yml': 'a: 1\nb: [1' }),
    /^ConfigurationError: application.yml:\d+: this is no YAML: /,
  );
  assert.throws(() => load({ 'application.yml': 'a: 1\na: 2' }), /application.yml:2: this is no YAML: /);
  assert.throws(() => load({ 'application.yml': 'just text' }), /application.yml:1: keys and values are needed/);
});

test('aliases are followed, merges give way to what is written, and a bomb of aliases is refused', () => {
  const yaml = 'base: &base\n  x: 1\n  y: 1\na:\n  <<: *base\n  y: 2\nb: *base';
  const properties = load({ 'application.yml': yaml });
  assert.deepEqual(
    ['a.x', 'a.y', 'b.y'].map((key) => properties.get(key)),
    ['1', '2', '1'],
  );
  const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(', ')}]`);
  assert.throws(() => load({ 'application.yml': ['l0: &l0 [x]', ...levels].join('\n') }), /more than 10000 settings/);
});

test('properties files are read as well, and a place that was named has to have a file', () => {
  const location = '/app/conf/application.properties';
  const properties = load({ 'conf/application.properties': 'topic.name = orders' }, { location });
  assert.equal(properties.property('topic.name')?.origin, 'conf/application.properties:1');
  assert.throws(() => load({}, { location: 'conf' }), /no application.yml, .yaml or .properties in conf/);
  assert.equal(load({}).get('x'), undefined);
});

test('units', () => {
  assert.deepEqual(
    ['500', '500ms', '5s', '2m', '1h', '1d', 'PT5S', 'P1DT1.5S', 'PT1M'].map(durationMs),
    [500, 500, 5000, 120_000, 3_600_000, 86_400_000, 5000, 86_401_500, 60_000],
  );
  assert.deepEqual(['', 'x', '5w', '-PT1S', '-1', 'P'].map(durationMs), Array(6).fill(undefined));
  assert.deepEqual(['5', '16KB', '1MB', '2 gb', 'x'].map(sizeBytes), [5, 16_384, 1_048_576, 2_147_483_648, undefined]);
  assert.deepEqual(['true', 'Off', 'yes', 'x'].map(truth), [true, false, true, undefined]);
});
