package posthorn.payment;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.springframework.boot.CommandLineRunner;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.stereotype.Component;

/** What the program is told on its standard input, a command a line. */
@Component
public class Commands implements CommandLineRunner {
  private final KafkaTemplate<String, Object> template;
  private final PaymentService payments;
  private final KafkaListenerEndpointRegistry registry;

  public Commands(KafkaTemplate<String, Object> template, PaymentService payments, KafkaListenerEndpointRegistry registry) {
    this.template = template;
    this.payments = payments;
    this.registry = registry;
  }

  @Override
  public void run(String... args) throws Exception {
    Say.line("ready");
    try (var lines = new BufferedReader(new InputStreamReader(System.in))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ");
        switch (words[0]) {
          case "send" -> {
            var sent = template.send(words[1], words[2], payment(words[2], words[3])).get().getRecordMetadata();
            Say.line("sent " + words[2] + " " + sent.partition() + " " + sent.offset());
          }
          case "transaction" -> Say.line(transaction(words[1], words[2], words[3].equals("commit")));
          case "books" -> Say.line("books " + payments.books());
          case "assigned" -> Say.line("assigned " + registry.getListenerContainers().stream()
              .mapToInt(container -> container.getAssignedPartitions().size()).sum());
          case "stop" -> {
            System.exit(0);
          }
          default -> throw new IllegalArgumentException(line);
        }
      }
    }
    System.exit(0);
  }

  private String transaction(String topic, String key, boolean commits) {
    try {
      template.executeInTransaction(operations -> {
        for (int i = 0; i < 3; i++) operations.send(topic, key + "-" + i, payment(key + "-" + i, "horn"));
        if (!commits) throw new IllegalStateException("no, after all");
        return null;
      });
      return "committed " + key;
    } catch (IllegalStateException error) {
      return "aborted " + key;
    }
  }

  private static PaymentCompleted payment(String id, String product) {
    return new PaymentCompleted(id, product, 1, 100);
  }
}
