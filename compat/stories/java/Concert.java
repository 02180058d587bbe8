import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Story 3: three services read reservations at their own pace; the ranking dies at offset 1002 and goes on with it. */
public final class Concert {
  static final String TOPIC = "reservation-confirmed";
  private static final int PARTITIONS = 10;
  private static final String HOT = "schedule-7";
  private static final int[] CHANGES = {1, 1, -1};

  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    Path file = Files.createTempDirectory("concert").resolve("ranking.json");
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      Story.freshTopics(admin, Map.of(TOPIC, PARTITIONS));
      Map<String, Integer> expected = new TreeMap<>();
      long start = System.currentTimeMillis() - 3_600_000;
      int total = 0;
      int hot;
      try (KafkaProducer<String, String> producer = Story.producer(bootstrap)) {
        hot = producer.partitionsFor(TOPIC).size() == PARTITIONS
          ? producer.send(new ProducerRecord<>(TOPIC, null, start, HOT, "1")).get().partition()
          : -1;
        expected.put(HOT, 1);
        total++;
        for (int round = 0; round < 1300; round++) {
          int change = CHANGES[round % CHANGES.length];
          for (int schedule = 0; schedule < 20; schedule++) {
            String key = "schedule-" + schedule;
            if (round >= 30 && !key.equals(HOT)) continue;
            producer.send(new ProducerRecord<>(TOPIC, null, start + 1000L * total++, key, String.valueOf(change)));
            expected.merge(key, change, Integer::sum);
          }
        }
      }
      TopicPartition hotPartition = new TopicPartition(TOPIC, hot);
      long end = admin.listOffsets(Map.of(hotPartition, OffsetSpec.latest())).partitionResult(hotPartition).get().offset();

      List<String> first = new CopyOnWriteArrayList<>();
      Story.Worker dying = new Story.Worker(RankingService.class, first::add, bootstrap, file.toString(), "" + hot, "1002");
      Story.same(137, dying.ended(), "it dies");
      Story.same("processing " + hot + " 1002", first.get(first.size() - 1), "its last words");
      Story.check(first.contains("committed " + hot + " 1001"), "1001 is committed");

      Story.same(total, readAs(bootstrap, "notification-service", total).size(), "the notification service has read all");
      try (KafkaConsumer<String, String> platform = new KafkaConsumer<>(Story.consumerSettings(bootstrap, "data-platform"))) {
        platform.subscribe(List.of(TOPIC));
        boolean isLoaded = false;
        while (!isLoaded) {
          for (ConsumerRecord<String, String> record : platform.poll(Duration.ofMillis(500))) {
            isLoaded |= record.partition() == hot && record.offset() == 399;
          }
        }
        platform.commitSync(Map.of(hotPartition, new OffsetAndMetadata(400)));
      }
      Story.same(1002L, committed(admin, "ranking-service").get(hotPartition), "the ranking goes on");
      Story.same(end, committed(admin, "notification-service").get(hotPartition), "the notifications go on");
      Story.same(400L, committed(admin, "data-platform").get(hotPartition), "the data platform goes on");
      System.out.println("ranking-service at 1002, notification-service at " + end + ", data-platform at 400");

      List<String> second = new CopyOnWriteArrayList<>();
      Story.Worker ranking = new Story.Worker(RankingService.class, second::add, bootstrap, file.toString());
      int all = total;
      Story.until("the ranking has read all", () -> committed(admin, "ranking-service").values().stream().mapToLong(one -> one).sum() == all);
      ranking.stop();
      String next = second.stream().filter(line -> line.startsWith("processing " + hot + " ")).findFirst().orElse("");
      Story.same("processing " + hot + " 1002", next, "it goes on where it died");
      Map<String, Integer> counted = RankingService.load(file);
      counted.keySet().removeIf(key -> key.startsWith("next of "));
      Story.same(expected, counted, "the ranking");
      System.out.println("the ranking service went on with 1002, and the ranking is right");

      Map<String, Integer> replayed = new TreeMap<>();
      for (ConsumerRecord<String, String> record : readAs(bootstrap, "audit-" + System.nanoTime(), total)) {
        int seats = replayed.merge(record.key(), Integer.parseInt(record.value()), Integer::sum);
        Story.check(seats >= 0, "out of order: " + record.key());
      }
      Story.same(expected, replayed, "the ranking of a new group");

      long since = start + 1000L * (total / 2);
      reset(admin, "notification-service", since);
      List<ConsumerRecord<String, String>> again = readAs(bootstrap, "notification-service", total - total / 2);
      Story.check(again.stream().allMatch(record -> record.timestamp() >= since), "only what came since");
      System.out.println("a new group replayed " + total + " records, another went back in time and read " + again.size());
    }
  }

  /** Reads so many records as a member of a group, and commits. */
  private static List<ConsumerRecord<String, String>> readAs(String bootstrap, String group, int count) {
    List<ConsumerRecord<String, String>> records = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(Story.consumerSettings(bootstrap, group))) {
      consumer.subscribe(List.of(TOPIC));
      while (records.size() < count) consumer.poll(Duration.ofMillis(500)).forEach(records::add);
      consumer.commitSync();
    }
    Story.same(count, records.size(), "read by " + group);
    return records;
  }

  private static Map<TopicPartition, Long> committed(Admin admin, String group) throws Exception {
    Map<TopicPartition, Long> offsets = new HashMap<>();
    admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().forEach((key, value) -> offsets.put(key, value.offset()));
    return offsets;
  }

  /** As kafka-consumer-groups --reset-offsets --to-datetime does it. */
  private static void reset(Admin admin, String group, long since) throws Exception {
    Map<TopicPartition, OffsetSpec> times = new HashMap<>();
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    IntStream.range(0, PARTITIONS).mapToObj(index -> new TopicPartition(TOPIC, index)).forEach(partition -> {
      times.put(partition, OffsetSpec.forTimestamp(since));
      ends.put(partition, OffsetSpec.latest());
    });
    var found = admin.listOffsets(times).all().get();
    var last = admin.listOffsets(ends).all().get();
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    found.forEach((partition, one) ->
      offsets.put(partition, new OffsetAndMetadata(one.offset() >= 0 ? one.offset() : last.get(partition).offset()))
    );
    admin.alterConsumerGroupOffsets(group, offsets).all().get();
  }
}
