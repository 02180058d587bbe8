import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What the stories share: settings, workers in processes of their own, and reading a topic to its end. */
final class Story {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration WAIT = Duration.ofSeconds(120);

  private Story() {}

  static Properties producerSettings(String bootstrap) {
    Properties settings = new Properties();
    settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
    settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
    return settings;
  }

  static KafkaProducer<String, String> producer(String bootstrap) {
    return new KafkaProducer<>(producerSettings(bootstrap));
  }

  static Properties consumerSettings(String bootstrap, String group) {
    Properties settings = new Properties();
    settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    if (group != null) settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
    settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 6000);
    settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 500);
    return settings;
  }

  /** Makes topics; what an earlier run left under these names is deleted. */
  static void freshTopics(Admin admin, Map<String, Integer> topics) throws Exception {
    Set<String> old = admin.listTopics().names().get();
    old.retainAll(topics.keySet());
    admin.deleteTopics(old).all().get();
    until("the old topics are gone", () -> {
      Set<String> left = admin.listTopics().names().get();
      left.retainAll(old);
      return left.isEmpty();
    });
    admin
      .createTopics(topics.entrySet().stream().map(e -> new NewTopic(e.getKey(), e.getValue(), (short) -1)).toList())
      .all()
      .get();
  }

  /** Everything that lies in a topic now, partition by partition in the order of offsets. */
  static List<ConsumerRecord<String, String>> readAll(String bootstrap, String topic, String isolation) {
    Properties settings = consumerSettings(bootstrap, null);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation);
    List<ConsumerRecord<String, String>> all = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings)) {
      List<TopicPartition> partitions = consumer
        .partitionsFor(topic)
        .stream()
        .map(info -> new TopicPartition(topic, info.partition()))
        .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> end = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(partition -> consumer.position(partition) < end.get(partition))) {
        consumer.poll(Duration.ofMillis(100)).forEach(all::add);
      }
    }
    all.sort(Comparator.<ConsumerRecord<String, String>>comparingInt(ConsumerRecord::partition).thenComparingLong(ConsumerRecord::offset));
    return all;
  }

  static void until(String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + WAIT.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > deadline) throw new AssertionError("it did not come about: " + what);
      Thread.sleep(20);
    }
  }

  static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }

  static void same(Object expected, Object actual, String what) {
    check(expected.equals(actual), what + ": expected " + expected + ", not " + actual);
  }

  /** The machine fails here and now: nothing is finished, committed or closed. */
  static void die() {
    Runtime.getRuntime().halt(137);
  }

  static List<String> names(Collection<TopicPartition> partitions) {
    return partitions.stream().map(TopicPartition::toString).sorted().collect(Collectors.toList());
  }

  /** A program in a process of its own; each line that it prints is handed on. */
  static final class Worker {
    private final Process process;
    private final Thread reader;

    Worker(Class<?> program, Consumer<String> line, String... args) throws Exception {
      List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java")));
      command.addAll(List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
      command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=error");
      command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
      command.addAll(List.of(args));
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
      reader = new Thread(() -> new BufferedReader(new InputStreamReader(process.getInputStream())).lines().forEach(line));
      reader.start();
    }

    /** SIGKILL. */
    void kill() throws Exception {
      process.destroyForcibly();
      ended();
    }

    /** SIGTERM: its shutdown hook wakes the consumer up. */
    void stop() throws Exception {
      process.destroy();
      ended();
    }

    int ended() throws Exception {
      int code = process.waitFor();
      reader.join();
      return code;
    }
  }

  /** Has SIGTERM end a poll loop, and waits until it has closed its clients. */
  static void stopWith(KafkaConsumer<?, ?> consumer) {
    Thread main = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(
      new Thread(() -> {
        consumer.wakeup();
        try {
          main.join();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      })
    );
  }
}
