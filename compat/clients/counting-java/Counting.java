import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;

/**
 * A word count (over a repartition topic and a compacted changelog) and a windowed join (changelogs that are compacted and
 * deleted) of Kafka Streams. Every count is put out, none is held back by a cache.
 *
 *   BOOTSTRAP APPLICATION STATEDIR GUARANTEE LINES COUNTS LEFT RIGHT JOINED
 *
 * Prints "running" when it runs; ends when its input ends.
 */
public final class Counting {
    public static void main(String[] args) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", args[0]);
        settings.put("application.id", args[1]);
        settings.put("state.dir", args[2]);
        settings.put("processing.guarantee", args[3]);
        settings.put("default.key.serde", Serdes.StringSerde.class.getName());
        settings.put("default.value.serde", Serdes.StringSerde.class.getName());
        settings.put("statestore.cache.max.bytes", "0");
        settings.put("commit.interval.ms", "100");
        settings.put("num.stream.threads", "2");
        settings.put("replication.factor", "-1");
        settings.put("consumer.auto.offset.reset", "earliest");
        settings.put("consumer.session.timeout.ms", "6000");
        settings.put("consumer.heartbeat.interval.ms", "500");
        settings.put("consumer.max.poll.records", "100");
        settings.put("producer.transaction.timeout.ms", "10000");

        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> lines = builder.stream(args[4]);
        lines
            .flatMapValues(line -> Arrays.asList(line.split(" ")))
            .groupBy((key, word) -> word, Grouped.as("words"))
            .count(Materialized.as("counts"))
            .toStream()
            .mapValues(count -> Long.toString(count))
            .to(args[5]);
        KStream<String, String> left = builder.stream(args[6]);
        KStream<String, String> right = builder.stream(args[7]);
        left.join(right, (one, other) -> one + "+" + other,
            JoinWindows.ofTimeDifferenceAndGrace(Duration.ofSeconds(5), Duration.ofHours(1))).to(args[8]);

        CountDownLatch failed = new CountDownLatch(1);
        try (KafkaStreams streams = new KafkaStreams(builder.build(), settings)) {
            streams.setUncaughtExceptionHandler(error -> {
                error.printStackTrace();
                return StreamThreadExceptionResponse.REPLACE_THREAD;
            });
            streams.setStateListener((state, before) -> {
                System.out.println(state.toString().toLowerCase());
                if (state == KafkaStreams.State.ERROR) failed.countDown();
            });
            streams.start();
            while (failed.getCount() > 0 && System.in.read() >= 0) continue;
            if (!streams.close(Duration.ofSeconds(20))) System.err.println("did not close in time");
        }
        System.exit(failed.getCount() == 0 ? 1 : 0);
    }
}
