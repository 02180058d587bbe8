import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A record's way from one producer through the broker to one consumer. Records fall due at fixed points in time and the way
 * of each counts from its due time, so that whatever holds up the sender is charged to the records it held up. Both
 * clients live in this process and read one clock.
 * Arguments: bootstrap, topic (one partition, empty), records per second, seconds, seconds before that without measuring, bytes per record.
 * Prints microseconds: p50 p90 p99 p99.9 max.
 */
public final class Latency {
    private static final long SPIN_NANOS = 150_000;
    private static final long LOSS_NANOS = 30_000_000_000L;

    public static void main(String[] args) throws Exception {
        String bootstrap = args[0];
        TopicPartition partition = new TopicPartition(args[1], 0);
        int perSecond = Integer.parseInt(args[2]);
        int warmUp = perSecond * Integer.parseInt(args[4]);
        int total = warmUp + perSecond * Integer.parseInt(args[3]);
        int bytes = Integer.parseInt(args[5]);
        long[] wayNanos = new long[total];
        AtomicReference<Throwable> failure = new AtomicReference<>();

        try (KafkaConsumer<byte[], byte[]> consumer = consumer(bootstrap);
                KafkaProducer<byte[], byte[]> producer = producer(bootstrap)) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            consumer.position(partition);
            Thread receiver = new Thread(() -> receive(consumer, wayNanos, failure));
            receiver.start();
            send(producer, partition, total, perSecond, bytes, failure);
            producer.flush();
            receiver.join();
        }
        if (failure.get() != null) throw new IllegalStateException(failure.get());

        long[] sorted = Arrays.copyOfRange(wayNanos, warmUp, total);
        Arrays.sort(sorted);
        System.out.printf("%d %d %d %d %d%n", micros(sorted, 0.5), micros(sorted, 0.9), micros(sorted, 0.99),
                micros(sorted, 0.999), micros(sorted, 1));
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, TopicPartition partition, int total, int perSecond,
            int bytes, AtomicReference<Throwable> failure) {
        long start = System.nanoTime();
        for (int index = 0; index < total && failure.get() == null; index++) {
            long due = start + index * 1_000_000_000L / perSecond;
            for (long left; (left = due - System.nanoTime()) > 0; ) {
                if (left > SPIN_NANOS) LockSupport.parkNanos(left - SPIN_NANOS);
                else Thread.onSpinWait();
            }
            byte[] value = new byte[bytes];
            ByteBuffer.wrap(value).putInt(index).putLong(due);
            producer.send(new ProducerRecord<>(partition.topic(), partition.partition(), null, value), (metadata, error) -> {
                if (error != null) failure.compareAndSet(null, error);
            });
        }
    }

    /** Every index has to come once and in order. */
    private static void receive(KafkaConsumer<byte[], byte[]> consumer, long[] wayNanos, AtomicReference<Throwable> failure) {
        int next = 0;
        long lastArrival = System.nanoTime();
        while (next < wayNanos.length && failure.get() == null) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                long now = System.nanoTime();
                ByteBuffer value = ByteBuffer.wrap(record.value());
                int index = value.getInt();
                if (index != next) failure.compareAndSet(null, new IllegalStateException("record " + index + ", not " + next));
                wayNanos[next++] = now - value.getLong();
                lastArrival = now;
            }
            if (System.nanoTime() - lastArrival > LOSS_NANOS) {
                failure.compareAndSet(null, new IllegalStateException("record " + next + " did not arrive"));
            }
        }
    }

    private static KafkaConsumer<byte[], byte[]> consumer(String bootstrap) {
        return new KafkaConsumer<>(Map.of("bootstrap.servers", bootstrap, "enable.auto.commit", "false"),
                new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static KafkaProducer<byte[], byte[]> producer(String bootstrap) {
        return new KafkaProducer<>(Map.of("bootstrap.servers", bootstrap, "acks", "1", "linger.ms", "0"),
                new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static long micros(long[] sorted, double quantile) {
        return sorted[Math.min(sorted.length - 1, (int) (sorted.length * quantile))] / 1000;
    }
}
