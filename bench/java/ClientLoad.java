import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The Java client with its defaults. Arguments and output as in clients/job.ts; ways of working as in clients/run-client.ts. */
public final class ClientLoad {
    private static final int RECORDS_PER_SECOND = 1000;
    private static final int IN_FLIGHT_ONE = 5;
    private static final long SPIN_NANOS = 150_000;

    private final String bootstrap;
    private final String topic;
    private final int records;
    private final int warmUp;
    private final int bytes;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    /** Of {@code latency}. */
    private volatile int arrived;

    private ClientLoad(String[] args) {
        bootstrap = args[1];
        topic = args[2];
        records = Integer.parseInt(args[3]);
        warmUp = Integer.parseInt(args[4]);
        bytes = Integer.parseInt(args[5]);
    }

    public static void main(String[] args) throws Exception {
        ClientLoad load = new ClientLoad(args);
        switch (args[0]) {
            case "produce" -> load.produce();
            case "produce-one" -> load.produceOne();
            case "consume" -> load.consume();
            case "latency" -> load.latency();
            default -> throw new IllegalArgumentException(args[0]);
        }
        System.exit(0);
    }

    private void produce() throws Exception {
        KafkaProducer<byte[], byte[]> producer = producer(Map.of("bootstrap.servers", bootstrap));
        byte[] value = new byte[bytes];
        Callback noted = (metadata, error) -> note(error);
        for (int index = 0; index < warmUp; index++) producer.send(new ProducerRecord<>(topic, value), noted);
        producer.flush();
        Meter meter = new Meter();
        for (int index = 0; index < records; index++) producer.send(new ProducerRecord<>(topic, value), noted);
        producer.flush();
        print(meter.result(records), "");
    }

    private void produceOne() throws Exception {
        KafkaProducer<byte[], byte[]> producer = producer(Map.of("bootstrap.servers", bootstrap, "linger.ms", "0"));
        sendOneByOne(producer, warmUp);
        Meter meter = new Meter();
        sendOneByOne(producer, records);
        print(meter.result(records), "");
    }

    private void sendOneByOne(KafkaProducer<byte[], byte[]> producer, int count) throws InterruptedException {
        Semaphore places = new Semaphore(IN_FLIGHT_ONE);
        byte[] value = new byte[bytes];
        for (int index = 0; index < count; index++) {
            places.acquire();
            producer.send(new ProducerRecord<>(topic, value), (metadata, error) -> {
                note(error);
                places.release();
            });
        }
        places.acquire(IN_FLIGHT_ONE);
    }

    private void consume() throws Exception {
        KafkaConsumer<byte[], byte[]> consumer = consumer();
        int total = warmUp + records;
        int taken = 0;
        Meter meter = null;
        String result = null;
        while (taken < total) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                if (record.value().length != bytes) throw new IllegalStateException("a record of " + record.value().length);
                taken++;
                if (taken == warmUp) meter = new Meter();
                if (taken == total) result = meter.result(records);
            }
        }
        print(result, "");
    }

    private void latency() throws Exception {
        KafkaConsumer<byte[], byte[]> consumer = consumer();
        KafkaProducer<byte[], byte[]> producer = producer(Map.of("bootstrap.servers", bootstrap, "linger.ms", "0"));
        long[] wayNanos = new long[warmUp + records];
        AtomicReference<Meter> meter = new AtomicReference<>();
        Thread receiver = new Thread(() -> receive(consumer, wayNanos, meter));
        receiver.start();
        sendTimed(producer, 0, System.nanoTime());
        while (arrived < 1 && failure.get() == null) Thread.sleep(5);
        long start = System.nanoTime();
        for (int index = 1; index < wayNanos.length && failure.get() == null; index++) {
            long due = start + index * 1_000_000_000L / RECORDS_PER_SECOND;
            for (long left; (left = due - System.nanoTime()) > 0; ) {
                if (left > SPIN_NANOS) LockSupport.parkNanos(left - SPIN_NANOS);
                else Thread.onSpinWait();
            }
            sendTimed(producer, index, due);
        }
        producer.flush();
        receiver.join();
        long[] sorted = Arrays.copyOfRange(wayNanos, warmUp, wayNanos.length);
        Arrays.sort(sorted);
        print(meter.get().result(records), String.format(",\"ways\":{\"p50\":%d,\"p99\":%d,\"p999\":%d}",
                micros(sorted, 0.5), micros(sorted, 0.99), micros(sorted, 0.999)));
    }

    private void sendTimed(KafkaProducer<byte[], byte[]> producer, int index, long due) {
        byte[] value = new byte[bytes];
        ByteBuffer.wrap(value).putInt(index).putLong(due);
        producer.send(new ProducerRecord<>(topic, value), (metadata, error) -> note(error));
    }

    /** Every index has to come once and in order. */
    private void receive(KafkaConsumer<byte[], byte[]> consumer, long[] wayNanos, AtomicReference<Meter> meter) {
        int next = 0;
        while (next < wayNanos.length && failure.get() == null) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                long now = System.nanoTime();
                ByteBuffer value = ByteBuffer.wrap(record.value());
                int index = value.getInt();
                if (index != next) note(new IllegalStateException("record " + index + ", not " + next));
                if (index == warmUp) meter.set(new Meter());
                wayNanos[next++] = now - value.getLong();
                arrived = next;
            }
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        String group = "bench-java-" + topic + "-" + System.nanoTime();
        KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrap, "group.id", group, "auto.offset.reset", "earliest"),
                new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.subscribe(List.of(topic));
        return consumer;
    }

    private static KafkaProducer<byte[], byte[]> producer(Map<String, Object> settings) {
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private void note(Throwable error) {
        if (error != null) failure.compareAndSet(null, error);
    }

    private void print(String result, String more) {
        if (failure.get() != null) throw new IllegalStateException(failure.get());
        System.out.println("{" + result + more + "}");
    }

    private static long micros(long[] sorted, double quantile) {
        return sorted[Math.min(sorted.length - 1, (int) (sorted.length * quantile))] / 1000;
    }

    /** Time and processor time of this process from its making on. */
    private static final class Meter {
        private final long began = System.nanoTime();
        private final long used = cpuNanos();

        String result(int records) {
            return String.format(java.util.Locale.ROOT, "\"records\":%d,\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"residentMaxMb\":%.3f",
                    records, (System.nanoTime() - began) / 1e9, (cpuNanos() - used) / 1e9, residentMaxMb());
        }

        private static long cpuNanos() {
            return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
        }

        private static double residentMaxMb() {
            try {
                for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                    if (line.startsWith("VmHWM:")) return Long.parseLong(line.replaceAll("\\D", "")) * 1024 / 1e6;
                }
            } catch (java.io.IOException error) {
                throw new java.io.UncheckedIOException(error);
            }
            throw new IllegalStateException("no VmHWM");
        }
    }
}
