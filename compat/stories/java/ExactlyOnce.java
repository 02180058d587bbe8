import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Story 4: a bookkeeper is killed at each step of a transaction in turn, and each booking is there once. */
public final class ExactlyOnce {
  private static final int TRANSFERS = 200;

  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      Story.freshTopics(admin, Map.of("transfers", 3, "bookings", 3));
    }
    try (KafkaProducer<String, String> producer = Story.producer(bootstrap)) {
      for (int index = 0; index < TRANSFERS; index++) {
        producer.send(new ProducerRecord<>("transfers", "account-" + index % 17, "transfer-" + index));
      }
    }
    for (String step : List.of("read", "process", "write", "offsets", "commit", "committed")) {
      Story.Worker worker = new Story.Worker(Copier.class, line -> {}, bootstrap, step);
      Story.same(137, worker.ended(), "killed at " + step);
      System.out.println("killed at " + step + ": " + bookings(bootstrap, "read_committed").size() + " bookings are there");
    }
    Story.Worker last = new Story.Worker(Copier.class, line -> {}, bootstrap);
    Story.until("all is booked", () -> bookings(bootstrap, "read_committed").size() >= 2 * TRANSFERS);
    last.stop();

    List<String> committed = bookings(bootstrap, "read_committed");
    Set<String> wanted = new HashSet<>();
    IntStream.range(0, TRANSFERS).forEach(index -> wanted.addAll(List.of("transfer-" + index + "/from", "transfer-" + index + "/to")));
    Story.same(wanted.size(), committed.size(), "no booking twice");
    Story.same(wanted, new HashSet<>(committed), "no booking lost");
    int aborted = bookings(bootstrap, "read_uncommitted").size() - committed.size();
    Story.check(aborted > 0, "what was killed on its way had written already");
    System.out.println(committed.size() + " bookings, each once; " + aborted + " more had been written and were aborted");
  }

  private static List<String> bookings(String bootstrap, String isolation) {
    return new ArrayList<>(Story.readAll(bootstrap, "bookings", isolation).stream().map(ConsumerRecord::value).toList());
  }
}
