import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;

/**
 * Creates topics of one partition and one replica through the Java admin client, connected beforehand, and prints the
 * milliseconds until all are acknowledged. Arguments: bootstrap, prefix of the names, count, topics per call, calls in flight.
 */
public final class CreateTopics {
    public static void main(String[] args) throws Exception {
        String prefix = args[1];
        int count = Integer.parseInt(args[2]);
        int perCall = Integer.parseInt(args[3]);
        int inFlight = Integer.parseInt(args[4]);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
            admin.listTopics().names().get();
            Semaphore free = new Semaphore(inFlight);
            AtomicReference<Throwable> failure = new AtomicReference<>();
            long start = System.nanoTime();
            for (int first = 0; first < count && failure.get() == null; first += perCall) {
                free.acquire();
                List<NewTopic> topics = IntStream.range(first, Math.min(count, first + perCall))
                        .mapToObj(index -> new NewTopic(prefix + index, 1, (short) 1)).toList();
                KafkaFuture<Void> done = admin.createTopics(topics).all();
                done.whenComplete((nothing, error) -> {
                    if (error != null) failure.compareAndSet(null, error);
                    free.release();
                });
            }
            free.acquire(inFlight);
            long nanos = System.nanoTime() - start;
            if (failure.get() != null) throw new IllegalStateException(failure.get());
            System.out.println(nanos / 1_000_000);
        }
    }
}
