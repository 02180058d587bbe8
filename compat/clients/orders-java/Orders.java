import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The Java client of the matrix. Lines of a file are key, timestamp, headers (k=v,k=v) and value, with tabs between.
 *
 *   produce BOOTSTRAP TOPIC CODEC FILE     writes the lines of a file
 *   serve BOOTSTRAP                        one job per line of input: TOPIC CODEC FILE RATE; answers "done ACKED FAILED"
 *   consume BOOTSTRAP GROUP TOPIC,TOPIC [RACK]
 *                                          prints topic, partition and offset before each record's line, until its input ends
 */
public final class Orders {
    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "produce":
                try (KafkaProducer<byte[], byte[]> producer = producer(args[1], args[3])) {
                    long[] result = send(producer, args[2], args[4], 0);
                    if (result[1] > 0) throw new IllegalStateException(result[1] + " records failed");
                }
                break;
            case "serve":
                serve(args[1]);
                break;
            case "consume":
                consume(args[1], args[2], Arrays.asList(args[3].split(",")), args.length > 4 ? args[4] : "");
                break;
            default:
                throw new IllegalArgumentException(args[0]);
        }
    }

    private static KafkaProducer<byte[], byte[]> producer(String bootstrap, String codec) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("compression.type", codec);
        settings.put("linger.ms", "5");
        settings.put("delivery.timeout.ms", "120000");
        settings.put("request.timeout.ms", "5000");
        settings.put("reconnect.backoff.max.ms", "100");
        settings.put("key.serializer", ByteArraySerializer.class.getName());
        settings.put("value.serializer", ByteArraySerializer.class.getName());
        return new KafkaProducer<>(settings);
    }

    private static long[] send(KafkaProducer<byte[], byte[]> producer, String topic, String file, int rate) throws Exception {
        AtomicLong acked = new AtomicLong(), failed = new AtomicLong();
        long began = System.nanoTime();
        int sent = 0;
        for (String line : Files.readAllLines(Path.of(file), StandardCharsets.UTF_8)) {
            String[] part = line.split("\t", 4);
            ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topic, null, Long.parseLong(part[1]), bytes(part[0]), bytes(part[3]));
            for (String header : part[2].split(",")) {
                int equals = header.indexOf('=');
                record.headers().add(header.substring(0, equals), bytes(header.substring(equals + 1)));
            }
            producer.send(record, (metadata, error) -> (error == null ? acked : failed).incrementAndGet());
            sent++;
            if (rate > 0) {
                long ahead = sent * 1_000_000_000L / rate - (System.nanoTime() - began);
                if (ahead > 2_000_000) Thread.sleep(ahead / 1_000_000);
            }
        }
        producer.flush();
        return new long[] {acked.get(), failed.get()};
    }

    private static void serve(String bootstrap) throws Exception {
        BufferedReader jobs = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println("ready");
        for (String line = jobs.readLine(); line != null; line = jobs.readLine()) {
            String[] job = line.split(" ");
            try (KafkaProducer<byte[], byte[]> producer = producer(bootstrap, job[1])) {
                long[] result = send(producer, job[0], job[2], Integer.parseInt(job[3]));
                System.out.println("done " + result[0] + " " + result[1]);
            }
        }
    }

    private static void consume(String bootstrap, String group, List<String> topics, String rack) throws IOException {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("group.id", group);
        settings.put("client.rack", rack);
        settings.put("auto.offset.reset", "earliest");
        settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
        settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
        OutputStream out = new BufferedOutputStream(System.out, 1 << 16);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
            Thread end = new Thread(() -> {
                try {
                    while (System.in.read() >= 0) continue;
                } catch (IOException ignored) {
                    // The end of the input and its failure mean the same.
                }
                consumer.wakeup();
            });
            end.setDaemon(true);
            end.start();
            consumer.subscribe(topics);
            while (true) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) print(out, record);
                out.flush();
            }
        } catch (WakeupException asked) {
            out.flush();
        }
    }

    private static void print(OutputStream out, ConsumerRecord<byte[], byte[]> record) throws IOException {
        out.write(bytes(record.topic() + "\t" + record.partition() + "\t" + record.offset() + "\t"));
        out.write(record.key());
        out.write(bytes("\t" + record.timestamp() + "\t"));
        boolean first = true;
        for (Header header : record.headers()) {
            if (!first) out.write(',');
            first = false;
            out.write(bytes(header.key() + "="));
            out.write(header.value());
        }
        out.write('\t');
        out.write(record.value());
        out.write('\n');
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
