import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The Java client of the group histories: tells what it sees as events of a history (src/testing/history-event.ts), as lines of
 * JSON, until its input ends.
 *
 *   member BOOTSTRAP GROUP eager|cooperative|consumer NAME TOPIC SESSION_MS [ISOLATION]
 *       reads, and commits after each poll
 *   work BOOTSTRAP GROUP PROTOCOL NAME TOPIC SESSION_MS TRANSACTIONAL_ID TO
 *       makes of each record one record of another topic, in transactions with the offsets; ends with 3 when it was fenced
 */
public final class Members {
    /** So long is a poll worked on before its offsets are committed: room for a kill in between. */
    private static final long WORK_MS = Long.parseLong(System.getenv().getOrDefault("WORK_MS", "40"));
    private static final int REPLACE_ME = 3;
    private static volatile boolean ended = false;

    public static void main(String[] args) throws Exception {
        Thread end = new Thread(() -> {
            try {
                while (System.in.read() >= 0) continue;
            } catch (java.io.IOException ignored) {
                // The end of the input and its failure mean the same.
            }
            ended = true;
        });
        end.setDaemon(true);
        end.start();
        Members self = new Members(args);
        switch (args[0]) {
            case "member" -> self.member();
            case "work" -> self.work(args[7], args[8]);
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private final String bootstrap, group, protocol, name, topic, sessionMs, isolation;

    private Members(String[] args) {
        bootstrap = args[1];
        group = args[2];
        protocol = args[3];
        name = args[4];
        topic = args[5];
        sessionMs = args[6];
        isolation = args[0].equals("work") ? "read_committed" : args.length > 7 ? args[7] : "read_uncommitted";
    }

    private Properties settings() {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("group.id", group);
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        settings.put("isolation.level", isolation);
        settings.put("max.poll.records", "100");
        settings.put("reconnect.backoff.max.ms", "200");
        settings.put("request.timeout.ms", "5000");
        settings.put("default.api.timeout.ms", "10000");
        settings.put("key.deserializer", StringDeserializer.class.getName());
        settings.put("value.deserializer", StringDeserializer.class.getName());
        if (protocol.equals("consumer")) {
            settings.put("group.protocol", "consumer");
            return settings;
        }
        settings.put("session.timeout.ms", sessionMs);
        settings.put("heartbeat.interval.ms", "500");
        String assignor = protocol.equals("eager") ? "RangeAssignor" : "CooperativeStickyAssignor";
        settings.put("partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor);
        return settings;
    }

    private KafkaConsumer<String, String> consumer() {
        KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings());
        consumer.subscribe(List.of(topic), new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                tell("gained", partitions, consumer.groupMetadata().generationId());
            }

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                tell("revoked", partitions, consumer.groupMetadata().generationId());
            }

            @Override
            public void onPartitionsLost(Collection<TopicPartition> partitions) {
                tell("lost", partitions, consumer.groupMetadata().generationId());
            }
        });
        return consumer;
    }

    private void tell(String type, Collection<TopicPartition> partitions, int epoch) {
        for (TopicPartition each : partitions)
            say(type, ",\"group\":\"%s\",\"topic\":\"%s\",\"partition\":%d,\"epoch\":%d", group, each.topic(), each.partition(), epoch);
    }

    /** Tells what a poll gave; returns the offsets after it. */
    private Map<TopicPartition, OffsetAndMetadata> tell(ConsumerRecords<String, String> records) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (ConsumerRecord<String, String> record : records) {
            say("poll", ",\"group\":\"%s\",\"topic\":\"%s\",\"partition\":%d,\"offset\":%d,\"value\":\"%s\",\"isolation\":\"%s\"",
                group, record.topic(), record.partition(), record.offset(), record.value(), isolation);
            offsets.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
        }
        return offsets;
    }

    private static String list(Map<TopicPartition, OffsetAndMetadata> offsets) {
        StringBuilder list = new StringBuilder();
        offsets.forEach((place, next) -> list.append(list.length() == 0 ? "" : ",").append(
            String.format("{\"topic\":\"%s\",\"partition\":%d,\"offset\":%d}", place.topic(), place.partition(), next.offset())));
        return list.toString();
    }

    private void member() throws InterruptedException {
        try (KafkaConsumer<String, String> consumer = consumer()) {
            for (int commit = 0; !ended; commit++) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(100));
                if (records.isEmpty()) continue;
                Map<TopicPartition, OffsetAndMetadata> offsets = tell(records);
                Thread.sleep(WORK_MS);
                commit(consumer, commit, offsets);
            }
        }
    }

    private void commit(KafkaConsumer<String, String> consumer, int commit, Map<TopicPartition, OffsetAndMetadata> offsets) {
        int epoch = consumer.groupMetadata().generationId();
        say("offsetsAsked", ",\"group\":\"%s\",\"commit\":\"%d\",\"epoch\":%d,\"offsets\":[%s]", group, commit, epoch, list(offsets));
        String answer;
        try {
            consumer.commitSync(offsets);
            answer = "offsetsDone";
        } catch (TimeoutException late) {
            answer = "offsetsUnknown";
        } catch (KafkaException refused) {
            answer = "offsetsFailed";
        }
        say(answer, ",\"commit\":\"%d\"", commit);
    }

    private KafkaProducer<String, String> producer(String transactionalId) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("transactional.id", transactionalId);
        settings.put("transaction.timeout.ms", "8000");
        settings.put("linger.ms", "2");
        settings.put("request.timeout.ms", "5000");
        settings.put("max.block.ms", "20000");
        settings.put("delivery.timeout.ms", "20000");
        settings.put("reconnect.backoff.max.ms", "200");
        settings.put("key.serializer", StringSerializer.class.getName());
        settings.put("value.serializer", StringSerializer.class.getName());
        return new KafkaProducer<>(settings);
    }

    private void work(String transactionalId, String to) throws InterruptedException {
        Random random = new Random(name.hashCode());
        try (KafkaConsumer<String, String> consumer = consumer(); KafkaProducer<String, String> producer = producer(transactionalId)) {
            producer.initTransactions();
            for (int number = 0; !ended; number++) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(100));
                if (records.isEmpty()) continue;
                String transaction = name + ":" + number;
                boolean isAsked = false;
                try {
                    producer.beginTransaction();
                    write(producer, transaction, to, records);
                    Map<TopicPartition, OffsetAndMetadata> offsets = tell(records);
                    say("offsetsAsked", ",\"group\":\"%s\",\"commit\":\"%d\",\"transaction\":\"%s\",\"offsets\":[%s]", group, number, transaction, list(offsets));
                    producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                    Thread.sleep(WORK_MS);
                    if (random.nextInt(6) == 0) throw new KafkaException("a change of mind");
                    isAsked = true;
                    say("commitAsked", ",\"transaction\":\"%s\"", transaction);
                    producer.commitTransaction();
                    say("committed", ",\"transaction\":\"%s\"", transaction);
                } catch (KafkaException failed) {
                    giveUp(producer, transaction, isAsked && failed instanceof TimeoutException);
                    rewind(consumer);
                }
            }
        } catch (KafkaException fatal) {
            System.err.println(fatal);
            System.exit(REPLACE_ME);
        }
    }

    private void write(KafkaProducer<String, String> producer, String transaction, String to, ConsumerRecords<String, String> records) {
        say("begin", ",\"transaction\":\"%s\"", transaction);
        int number = 0;
        for (ConsumerRecord<String, String> record : records) {
            String value = transaction + "." + number++;
            say("send", ",\"topic\":\"%s\",\"key\":\"%s\",\"value\":\"%s\",\"transaction\":\"%s\",\"source\":\"%s\"", to, record.key(), value, transaction, record.value());
            producer.send(new ProducerRecord<>(to, record.key(), value), (place, error) -> {
                if (error == null) say("acknowledged", ",\"value\":\"%s\",\"partition\":%d,\"offset\":%d", value, place.partition(), place.offset());
                else say("unknown", ",\"value\":\"%s\"", value);
            });
        }
    }

    /** Aborts, unless the commit may have gone through: then only a new producer can go on. */
    private void giveUp(KafkaProducer<String, String> producer, String transaction, boolean isUnknown) {
        try {
            if (isUnknown) throw new KafkaException("the end of " + transaction + " is unknown");
            producer.abortTransaction();
            say("aborted", ",\"transaction\":\"%s\"", transaction);
        } catch (KafkaException fatal) {
            say("undecided", ",\"transaction\":\"%s\"", transaction);
            throw fatal;
        }
    }

    /** Reads again from the committed offsets. */
    private void rewind(KafkaConsumer<String, String> consumer) {
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(consumer.assignment());
        tell("gained", consumer.assignment(), -1);
        committed.forEach((place, next) -> {
            if (next == null) consumer.seekToBeginning(List.of(place));
            else consumer.seek(place, next);
        });
    }

    private void say(String type, String more, Object... values) {
        System.out.println("{\"atMs\":" + System.currentTimeMillis() + ",\"type\":\"" + type + "\",\"client\":\"" + name + "\"" + String.format(more, values) + "}");
    }
}
