package posthorn.payment;

import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.support.Acknowledgment;
import org.springframework.stereotype.Component;

/** The other kinds of listeners: batches, manual acknowledgement, patterns. */
@Component
public class MoreListeners {
  @KafkaListener(topics = "batches", groupId = "batches", batch = "true")
  public void batch(List<ConsumerRecord<String, PaymentCompleted>> records) {
    for (var record : records) Say.line("batch " + record.key());
  }

  @KafkaListener(topics = "manual", groupId = "manual", containerFactory = "manualFactory")
  public void manual(ConsumerRecord<String, PaymentCompleted> record, Acknowledgment acknowledgment) {
    Say.line("manual " + record.key());
    if (!record.key().startsWith("left")) acknowledgment.acknowledge();
  }

  @KafkaListener(topicPattern = "outside\\.refund\\..*", groupId = "pattern", properties = "metadata.max.age.ms:1000")
  public void pattern(ConsumerRecord<String, PaymentCompleted> record) {
    Say.line("pattern " + record.topic() + " " + record.key());
  }
}
