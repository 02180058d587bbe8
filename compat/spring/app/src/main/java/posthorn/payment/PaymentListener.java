package posthorn.payment;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.support.KafkaHeaders;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.stereotype.Component;

@Component
public class PaymentListener {
  private final PaymentService payments;

  public PaymentListener(PaymentService payments) {
    this.payments = payments;
  }

  @KafkaListener(topics = "${topic.payment-completed}")
  public void completed(PaymentCompleted payment) throws InterruptedException {
    boolean isNew = payments.book(payment);
    Say.line((isNew ? "booked " : "repeated ") + payment.paymentId());
    // Between the booking and the commit: long enough to be killed here.
    if (isNew && payment.paymentId().startsWith("slow")) Thread.sleep(30_000);
  }

  @KafkaListener(topics = "${topic.payment-completed}-dlt", groupId = "dead-letters",
      properties = "value.deserializer:org.apache.kafka.common.serialization.ByteArrayDeserializer")
  public void dead(
      ConsumerRecord<String, byte[]> letter,
      @Header(KafkaHeaders.DLT_ORIGINAL_TOPIC) byte[] topic,
      @Header(KafkaHeaders.DLT_ORIGINAL_PARTITION) byte[] partition,
      @Header(KafkaHeaders.DLT_ORIGINAL_OFFSET) byte[] offset,
      @Header(KafkaHeaders.DLT_ORIGINAL_CONSUMER_GROUP) byte[] group,
      @Header(KafkaHeaders.DLT_EXCEPTION_FQCN) byte[] exception) {
    Say.line(String.join(" ", "dead", letter.key(), String.valueOf(letter.partition()),
        new String(topic, StandardCharsets.UTF_8),
        String.valueOf(java.nio.ByteBuffer.wrap(partition).getInt()),
        String.valueOf(java.nio.ByteBuffer.wrap(offset).getLong()),
        new String(group, StandardCharsets.UTF_8),
        new String(exception, StandardCharsets.UTF_8)));
  }
}
