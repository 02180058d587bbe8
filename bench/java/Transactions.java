import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Transactions of one record each, one after the other, by one producer. Prints how many in all, transactions per
 * second, and the microseconds from begin to the end of commit: p50 p99 p99.9. Arguments: bootstrap, topic, transactional id, seconds, seconds
 * before that without measuring, bytes per record.
 */
public final class Transactions {
    private static final int KEPT_MAX = 1 << 20;

    public static void main(String[] args) throws Exception {
        String topic = args[1];
        long measured = Long.parseLong(args[3]) * 1_000_000_000L;
        long warmUp = Long.parseLong(args[4]) * 1_000_000_000L;
        byte[] value = new byte[Integer.parseInt(args[5])];
        Map<String, Object> settings =
                Map.of("bootstrap.servers", args[0], "transactional.id", args[2], "linger.ms", "0");
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            int before = run(producer, topic, value, warmUp, new long[KEPT_MAX]);
            long[] nanos = new long[KEPT_MAX];
            long start = System.nanoTime();
            int count = run(producer, topic, value, measured, nanos);
            double seconds = (System.nanoTime() - start) / 1e9;
            long[] sorted = java.util.Arrays.copyOf(nanos, Math.min(count, KEPT_MAX));
            java.util.Arrays.sort(sorted);
            System.out.printf("%d %.1f %d %d %d%n", before + count, count / seconds, sorted[sorted.length / 2] / 1000,
                    sorted[(int) (sorted.length * 0.99)] / 1000, sorted[(int) (sorted.length * 0.999)] / 1000);
        }
    }

    private static int run(KafkaProducer<byte[], byte[]> producer, String topic, byte[] value, long nanosLimit, long[] nanos) {
        long end = System.nanoTime() + nanosLimit;
        int count = 0;
        for (long began = System.nanoTime(); began < end; count++) {
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, 0, null, value));
            producer.commitTransaction();
            long now = System.nanoTime();
            if (count < nanos.length) nanos[count] = now - began;
            began = now;
        }
        return count;
    }
}
