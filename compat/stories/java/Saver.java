import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** Saves readings in tens; ends when it has caught up, or dies at the given offset. */
public final class Saver {
  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    boolean isRight = args[1].equals("right");
    Path file = Path.of(args[2]);
    long diesAt = args.length > 3 ? Long.parseLong(args[3]) : -1;
    TopicPartition readings = new TopicPartition("readings-" + args[1], 0);
    Properties settings = Story.consumerSettings(bootstrap, readings.topic());
    settings.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, readings.topic());
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
    // Wrong: each poll commits what the polls before it gave, saved or not.
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, !isRight);
    settings.put(ConsumerConfig.AUTO_COMMIT_INTERVAL_MS_CONFIG, 0);
    try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings)) {
      consumer.subscribe(List.of(readings.topic()));
      long end = consumer.endOffsets(Set.of(readings)).get(readings);
      List<String> unsaved = new ArrayList<>();
      long offset = -1;
      while (offset + 1 < end) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(500))) {
          offset = record.offset();
          if (offset == diesAt) {
            // The commits are on their way; their arrival is waited for only to have the same numbers each time.
            while (!isRight && consumer.committed(Set.of(readings)).get(readings).offset() < diesAt) Thread.onSpinWait();
            Story.die();
          }
          unsaved.add(record.value());
          if (unsaved.size() < 10 && offset + 1 < end) continue;
          Files.write(file, unsaved, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
          unsaved.clear();
          if (isRight) consumer.commitSync(Map.of(readings, new OffsetAndMetadata(offset + 1)));
        }
      }
    }
  }
}
