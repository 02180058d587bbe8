import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/** Counts seats by concert; dies while it processes the given offset of the given partition. */
public final class RankingService {
  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    Path file = Path.of(args[1]);
    int diesInPartition = args.length > 2 ? Integer.parseInt(args[2]) : -1;
    long diesAtOffset = args.length > 2 ? Long.parseLong(args[3]) : -1;
    Map<String, Integer> seats = load(file);
    Properties settings = Story.consumerSettings(bootstrap, "ranking-service");
    settings.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, "ranking-1");
    KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings);
    Story.stopWith(consumer);
    consumer.subscribe(List.of(Concert.TOPIC));
    try {
      while (true) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(500))) {
          System.out.println("processing " + record.partition() + " " + record.offset());
          if (record.partition() == diesInPartition && record.offset() == diesAtOffset) {
            System.out.flush();
            Story.die();
          }
          // The file says up to where it counted: a record that comes twice is counted once.
          String next = "next of " + record.partition();
          if (record.offset() >= seats.getOrDefault(next, 0)) {
            int sold = seats.merge(record.key(), Integer.parseInt(record.value()), Integer::sum);
            Story.check(sold >= 0, "out of order: " + record.key());
            seats.put(next, (int) record.offset() + 1);
            save(file, seats);
          }
          TopicPartition partition = new TopicPartition(record.topic(), record.partition());
          consumer.commitSync(Map.of(partition, new OffsetAndMetadata(record.offset() + 1)));
          System.out.println("committed " + record.partition() + " " + record.offset());
        }
      }
    } catch (WakeupException e) {
      // SIGTERM.
    } finally {
      consumer.close();
    }
  }

  static Map<String, Integer> load(Path file) throws Exception {
    Map<String, Integer> seats = new TreeMap<>();
    if (Files.exists(file)) Story.JSON.readTree(file.toFile()).properties().forEach(e -> seats.put(e.getKey(), e.getValue().asInt()));
    return seats;
  }

  private static void save(Path file, Map<String, Integer> seats) throws Exception {
    Path unfinished = Path.of(file + ".new");
    Files.writeString(unfinished, Story.JSON.writeValueAsString(seats));
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
