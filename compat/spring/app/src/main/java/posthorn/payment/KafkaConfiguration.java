package posthorn.payment;

import java.util.HashMap;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.config.TopicBuilder;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.ContainerProperties.AckMode;
import org.springframework.kafka.listener.DeadLetterPublishingRecoverer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.support.serializer.DelegatingByTypeSerializer;
import org.springframework.kafka.support.serializer.JacksonJsonSerializer;
import org.springframework.util.backoff.FixedBackOff;

@Configuration
public class KafkaConfiguration {
  @Bean
  NewTopic payments() {
    return TopicBuilder.name("outside.payment.v1.completed").partitions(3).build();
  }

  @Bean
  NewTopic deadPayments() {
    return TopicBuilder.name("outside.payment.v1.completed-dlt").partitions(3).build();
  }

  @Bean
  NewTopic batches() {
    return TopicBuilder.name("batches").partitions(2).build();
  }

  @Bean
  NewTopic manual() {
    return TopicBuilder.name("manual").partitions(1).build();
  }

  @Bean
  @Primary
  JdbcTransactionManager transactionManager(DataSource dataSource) {
    return new JdbcTransactionManager(dataSource);
  }

  /** Dead letters are what came: text that is no JSON stays that text. */
  @Bean
  KafkaTemplate<String, Object> retryTemplate(KafkaProperties properties) {
    Map<String, Object> settings = new HashMap<>(properties.buildProducerProperties());
    settings.remove(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG);
    var values = new DelegatingByTypeSerializer(
        Map.of(byte[].class, new ByteArraySerializer(), PaymentCompleted.class, new JacksonJsonSerializer<>()));
    return new KafkaTemplate<>(new DefaultKafkaProducerFactory<>(settings, new StringSerializer(), values));
  }

  /** Two more attempts, then the dead letters; nothing for a product that does not exist. */
  @Bean
  DefaultErrorHandler errorHandler(KafkaTemplate<String, Object> retryTemplate) {
    var handler = new DefaultErrorHandler(new DeadLetterPublishingRecoverer(retryTemplate), new FixedBackOff(100, 2));
    handler.addNotRetryableExceptions(UnknownProductException.class);
    return handler;
  }

  @Bean
  ConcurrentKafkaListenerContainerFactory<String, PaymentCompleted> manualFactory(ConsumerFactory<String, PaymentCompleted> consumers) {
    var factory = new ConcurrentKafkaListenerContainerFactory<String, PaymentCompleted>();
    factory.setConsumerFactory(consumers);
    factory.getContainerProperties().setAckMode(AckMode.MANUAL_IMMEDIATE);
    return factory;
  }

  /** The template that the application sends with. */
  @Bean
  @Primary
  KafkaTemplate<String, Object> kafkaTemplate(KafkaProperties properties) {
    var factory = new DefaultKafkaProducerFactory<String, Object>(properties.buildProducerProperties());
    if (properties.getProducer().getTransactionIdPrefix() != null) {
      factory.setTransactionIdPrefix(properties.getProducer().getTransactionIdPrefix());
    }
    return new KafkaTemplate<>(factory);
  }
}
