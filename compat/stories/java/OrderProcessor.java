import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/** One consumer of order-processing-group. */
public final class OrderProcessor {
  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    String name = args[1];
    Properties settings = Story.consumerSettings(bootstrap, "order-processing-group");
    KafkaProducer<String, String> producer = Story.producer(bootstrap);
    KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings);
    Story.stopWith(consumer);
    consumer.subscribe(List.of("orders"), new ConsumerRebalanceListener() {
      @Override
      public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> System.out.println("+" + partition.partition()));
      }

      @Override
      public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> System.out.println("-" + partition.partition()));
      }
    });
    try {
      while (true) {
        for (ConsumerRecord<String, String> order : consumer.poll(Duration.ofMillis(500))) {
          String orderId = Story.JSON.readTree(order.value()).get("orderId").asText();
          String shipment = Story.JSON.writeValueAsString(Map.of("orderId", orderId, "userId", order.key(), "packedBy", name));
          producer.send(new ProducerRecord<>("shipping", orderId, shipment)).get();
          System.out.println("shipped " + orderId);
          TopicPartition partition = new TopicPartition(order.topic(), order.partition());
          consumer.commitSync(Map.of(partition, new OffsetAndMetadata(order.offset() + 1)));
        }
      }
    } catch (WakeupException e) {
      // SIGTERM.
    } finally {
      consumer.close();
      producer.close();
    }
  }
}
