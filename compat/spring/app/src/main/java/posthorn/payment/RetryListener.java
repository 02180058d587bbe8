package posthorn.payment;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.kafka.annotation.BackOff;
import org.springframework.kafka.annotation.DltHandler;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.annotation.RetryableTopic;
import org.springframework.stereotype.Component;

/** Retries that wait in topics of their own, so that they hold nobody up. */
@Component
public class RetryListener {
  @RetryableTopic(attempts = "3", backOff = @BackOff(delay = 200, multiplier = 2), kafkaTemplate = "retryTemplate")
  @KafkaListener(topics = "retried", groupId = "retried")
  public void attempt(ConsumerRecord<String, PaymentCompleted> record) {
    Say.line("attempt " + record.topic() + " " + record.key());
    throw new IllegalStateException("not yet");
  }

  @DltHandler
  public void dead(ConsumerRecord<String, PaymentCompleted> record) {
    Say.line("gave-up " + record.topic() + " " + record.key());
  }
}
