import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/** Read, process, write, commit; dies at the given step of its second transaction. */
public final class Copier {
  private static int transactions;

  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    String diesAt = args.length > 1 ? args[1] : "";
    Properties writing = Story.producerSettings(bootstrap);
    writing.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "java-bookkeeper-1");
    Properties reading = Story.consumerSettings(bootstrap, "java-bookkeeper");
    reading.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, "java-bookkeeper-1");
    reading.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    reading.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10);
    KafkaProducer<String, String> producer = new KafkaProducer<>(writing);
    producer.initTransactions();
    KafkaConsumer<String, String> consumer = new KafkaConsumer<>(reading);
    Story.stopWith(consumer);
    consumer.subscribe(List.of("transfers"));
    try {
      while (true) {
        ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(500));
        if (records.isEmpty()) continue;
        transactions++;
        reach("read", diesAt);
        producer.beginTransaction();
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (ConsumerRecord<String, String> transfer : records) {
          producer.send(new ProducerRecord<>("bookings", transfer.key(), transfer.value() + "/from"));
          producer.send(new ProducerRecord<>("bookings", transfer.key(), transfer.value() + "/to"));
          TopicPartition partition = new TopicPartition(transfer.topic(), transfer.partition());
          offsets.put(partition, new OffsetAndMetadata(transfer.offset() + 1));
        }
        reach("process", diesAt);
        producer.flush();
        reach("write", diesAt);
        producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        reach("offsets", diesAt);
        if (transactions == 2 && diesAt.equals("commit")) new Thread(Story::die).start();
        producer.commitTransaction();
        reach("committed", diesAt);
      }
    } catch (WakeupException e) {
      // SIGTERM.
    } finally {
      consumer.close();
      producer.close();
    }
  }

  private static void reach(String step, String diesAt) {
    if (transactions == 2 && step.equals(diesAt)) Story.die();
  }
}
