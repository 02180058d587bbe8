import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/** Story 1: three consumers share the orders of a shop; one is killed, the others take over, nothing is lost. */
public final class Shop {
  private static final int ORDERS = 600;
  private static final int USERS = 20;
  private static final Map<String, Set<Integer>> partitionsOfUser = new HashMap<>();

  private static final class Processor {
    final String name;
    final Set<Integer> partitions = ConcurrentHashMap.newKeySet();
    final AtomicInteger shipped = new AtomicInteger();
    final Story.Worker worker;

    Processor(String bootstrap, String name) throws Exception {
      this.name = name;
      this.worker = new Story.Worker(OrderProcessor.class, this::told, bootstrap, name);
    }

    private void told(String line) {
      if (line.startsWith("+")) partitions.add(Integer.valueOf(line.substring(1)));
      else if (line.startsWith("-")) partitions.remove(Integer.valueOf(line.substring(1)));
      else shipped.incrementAndGet();
    }
  }

  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
         KafkaProducer<String, String> producer = Story.producer(bootstrap)) {
      Story.freshTopics(admin, Map.of("orders", 3, "shipping", 3));
      List<Processor> processors = new ArrayList<>();
      for (String name : List.of("anna", "berta", "carl")) processors.add(new Processor(bootstrap, name));
      Story.until("each has a partition", () -> processors.stream().allMatch(one -> one.partitions.size() == 1));

      placeOrders(producer, 0, ORDERS / 2);
      partitionsOfUser.forEach((user, partitions) -> Story.same(1, partitions.size(), user));

      Processor berta = processors.get(1);
      Story.until("berta is at work", () -> berta.shipped.get() >= 10);
      berta.worker.kill();
      System.out.println("berta is killed after " + berta.shipped + " orders");

      placeOrders(producer, ORDERS / 2, ORDERS);
      List<Processor> others = List.of(processors.get(0), processors.get(2));
      Story.until("the others have all", () -> others.stream().mapToInt(one -> one.partitions.size()).sum() == 3);
      Story.until("all orders are shipped", () -> shipments(bootstrap).keySet().size() == ORDERS);
      for (Processor one : others) one.worker.stop();

      int shipped = shipments(bootstrap).values().stream().mapToInt(List::size).sum();
      Story.check(shipped <= ORDERS + 1, "at most the one order that berta had in hand comes twice");
      long committed = admin
        .listConsumerGroupOffsets("order-processing-group")
        .partitionsToOffsetAndMetadata()
        .get()
        .entrySet()
        .stream()
        .filter(entry -> entry.getKey().topic().equals("orders"))
        .mapToLong(entry -> entry.getValue().offset())
        .sum();
      Story.same((long) ORDERS, committed, "committed offsets");
      System.out.println(ORDERS + " orders, none lost, " + (shipped - ORDERS) + " shipped twice");
    }
  }

  private static void placeOrders(KafkaProducer<String, String> producer, int from, int to) throws Exception {
    Map<String, List<Future<RecordMetadata>>> sent = new HashMap<>();
    for (int index = from; index < to; index++) {
      String user = "user-" + index % USERS;
      String order = Story.JSON.writeValueAsString(Map.of("orderId", "order-" + index, "item", "a horn"));
      sent.computeIfAbsent(user, any -> new ArrayList<>()).add(producer.send(new ProducerRecord<>("orders", user, order)));
    }
    for (Map.Entry<String, List<Future<RecordMetadata>>> entry : sent.entrySet()) {
      for (Future<RecordMetadata> one : entry.getValue()) {
        partitionsOfUser.computeIfAbsent(entry.getKey(), any -> new HashSet<>()).add(one.get().partition());
      }
    }
  }

  private static Map<String, List<ConsumerRecord<String, String>>> shipments(String bootstrap) {
    return Story.readAll(bootstrap, "shipping", "read_uncommitted").stream().collect(Collectors.groupingBy(ConsumerRecord::key));
  }
}
