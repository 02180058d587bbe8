import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BinaryOperator;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;

/** Story 5: the four mistakes that beginners make, each wrong and right. */
public final class Mistakes {
  private static final List<String> LIFE = List.of("opened", "paid in", "closed");
  private static final int ACCOUNTS = 20;
  private static final int READINGS = 50;
  private static final int MAILS = 7;

  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      Story.freshTopics(admin, Map.of("accounts-wrong", 3, "accounts-right", 3, "readings-wrong", 1, "readings-right", 1));
      Story.freshTopics(admin, Map.of("mails-wrong", 2, "mails-right", 2, "sales-wrong", 1, "sales-right", 1));
    }
    Story.check(outOfOrder(bootstrap, "accounts-wrong", (account, what) -> account + "/" + what) > 0, "keys, wrong");
    Story.same(0, outOfOrder(bootstrap, "accounts-right", (account, what) -> account), "keys, right");
    System.out.println("keys: the id of the event breaks order, the id of the account keeps it");

    Story.same(READINGS - 4, saved(bootstrap, "wrong"), "commits, wrong");
    Story.same(READINGS, saved(bootstrap, "right"), "commits, right");
    System.out.println("commits: auto commit loses four readings, a commit after saving none");

    // Those of the partition that went over, and those of the other as well where it was taken away and given back.
    Story.check(sentTwice(bootstrap, "mails-wrong", false) >= MAILS, "rebalance, wrong");
    Story.same(0, sentTwice(bootstrap, "mails-right", true), "rebalance, right");
    System.out.println("rebalance: mails sent twice, none with a commit when partitions are revoked");

    schema(bootstrap);
    System.out.println("schema: a renamed field stops the reader, an added one does not");
  }

  /** Accounts processed out of order when the consumer of the last partition is the quickest. */
  private static int outOfOrder(String bootstrap, String topic, BinaryOperator<String> keyOf) {
    try (KafkaProducer<String, String> producer = Story.producer(bootstrap)) {
      for (String what : LIFE) {
        for (int index = 0; index < ACCOUNTS; index++) {
          String account = "account-" + index;
          producer.send(new ProducerRecord<>(topic, keyOf.apply(account, what), account + "/" + what));
        }
      }
    }
    List<ConsumerRecord<String, String>> records = Story.readAll(bootstrap, topic, "read_uncommitted");
    records.sort(Comparator.comparing((ConsumerRecord<String, String> record) -> -record.partition()));
    Map<String, Integer> next = new HashMap<>();
    Set<String> wrong = new HashSet<>();
    for (ConsumerRecord<String, String> record : records) {
      String[] parts = record.value().split("/");
      if (LIFE.indexOf(parts[1]) != next.getOrDefault(parts[0], 0)) wrong.add(parts[0]);
      next.merge(parts[0], 1, Integer::sum);
    }
    return wrong.size();
  }

  /** How many readings are saved when one saver dies in the middle and another one does the rest. */
  private static int saved(String bootstrap, String how) throws Exception {
    try (KafkaProducer<String, String> producer = Story.producer(bootstrap)) {
      for (int index = 0; index < READINGS; index++) producer.send(new ProducerRecord<>("readings-" + how, "reading " + index));
    }
    Path file = Files.createTempDirectory("readings").resolve("saved");
    Story.same(137, new Story.Worker(Saver.class, line -> {}, bootstrap, how, file.toString(), "24").ended(), "it dies");
    Story.same(0, new Story.Worker(Saver.class, line -> {}, bootstrap, how, file.toString()).ended(), "the other does the rest");
    return new HashSet<>(Files.readAllLines(file)).size();
  }

  /** How many mails are sent twice when a second consumer comes before the first has reached its next commit. */
  private static int sentTwice(String bootstrap, String topic, boolean isRight) throws Exception {
    try (KafkaProducer<String, String> producer = Story.producer(bootstrap)) {
      for (int index = 0; index < 2 * MAILS; index++) producer.send(new ProducerRecord<>(topic, index % 2, null, "mail " + index));
    }
    List<String> sent = new CopyOnWriteArrayList<>();
    Sender first = new Sender(bootstrap, topic, isRight, sent);
    first.start();
    Story.until("the first has sent all", () -> sent.size() == 2 * MAILS);
    Sender second = new Sender(bootstrap, topic, isRight, sent);
    second.start();
    Story.until("they share", () -> first.owned == 1 && second.owned == 1 && second.hasCaughtUp);
    for (Sender one : List.of(first, second)) one.end();
    return sent.size() - new HashSet<>(sent).size();
  }

  private static final class Sender extends Thread {
    private final Properties settings;
    private final String topic;
    private final boolean isRight;
    private final List<String> sent;
    private final AtomicBoolean isEnding = new AtomicBoolean();
    volatile int owned;
    volatile boolean hasCaughtUp;

    Sender(String bootstrap, String topic, boolean isRight, List<String> sent) {
      this.settings = Story.consumerSettings(bootstrap, topic + "-sender");
      this.topic = topic;
      this.isRight = isRight;
      this.sent = sent;
    }

    @Override
    public void run() {
      try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings)) {
        consumer.subscribe(List.of(topic), new ConsumerRebalanceListener() {
          @Override
          public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}

          @Override
          public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            if (isRight) consumer.commitSync();
          }
        });
        while (!isEnding.get()) {
          for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
            sent.add(record.value());
            if (sent.size() % 20 == 0) consumer.commitSync();
          }
          Set<TopicPartition> assigned = consumer.assignment();
          hasCaughtUp = assigned.stream().allMatch(partition -> consumer.position(partition) == MAILS);
          owned = assigned.size();
        }
      }
    }

    void end() throws Exception {
      isEnding.set(true);
      join();
    }
  }

  private static void schema(String bootstrap) throws Exception {
    String old = "{\"saleId\":\"s-1\",\"cents\":500}";
    String last = "{\"saleId\":\"s-3\",\"cents\":100}";
    write(bootstrap, "sales-wrong", old, "{\"saleId\":\"s-2\",\"amount\":7.5,\"currency\":\"EUR\"}", last);
    for (int attempt = 0; attempt < 2; attempt++) Story.same("stuck at 1", total(bootstrap, "sales-wrong"), "schema, wrong");
    write(bootstrap, "sales-right", old, "{\"saleId\":\"s-2\",\"cents\":750,\"currency\":\"EUR\"}", last);
    Story.same("1350", total(bootstrap, "sales-right"), "schema, right");
  }

  private static void write(String bootstrap, String topic, String... values) {
    try (KafkaProducer<String, String> producer = Story.producer(bootstrap)) {
      for (String value : values) producer.send(new ProducerRecord<>(topic, value));
    }
  }

  /** Reads cents, and refuses what has none. */
  public static final class SaleDeserializer implements Deserializer<Integer> {
    @Override
    public Integer deserialize(String topic, byte[] data) {
      try {
        JsonNode cents = Story.JSON.readTree(data).get("cents");
        if (cents != null && cents.isInt()) return cents.asInt();
      } catch (java.io.IOException e) {
        throw new SerializationException(e);
      }
      throw new SerializationException("no sale");
    }
  }

  private static String total(String bootstrap, String topic) {
    Properties settings = Story.consumerSettings(bootstrap, topic + "-accounts");
    settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, SaleDeserializer.class);
    int cents = 0;
    try (KafkaConsumer<String, Integer> consumer = new KafkaConsumer<>(settings)) {
      consumer.subscribe(List.of(topic));
      for (int count = 0; count < 3; ) {
        for (ConsumerRecord<String, Integer> record : consumer.poll(Duration.ofMillis(500))) {
          cents += record.value();
          count++;
        }
        consumer.commitSync();
      }
      return String.valueOf(cents);
    } catch (RecordDeserializationException e) {
      return "stuck at " + e.offset();
    }
  }
}
