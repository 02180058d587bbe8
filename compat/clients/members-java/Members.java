import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * The Java client of the group histories: tells what it sees as events of a history (src/testing/history-event.ts), as lines of
 * JSON, until its input ends.
 *
 *   member BOOTSTRAP GROUP eager|cooperative|consumer NAME TOPIC SESSION_MS     reads, and commits after each poll
 */
public final class Members {
    /** So long is a poll worked on before its offsets are committed: room for a kill in between. */
    private static final long WORK_MS = 40;
    private static volatile boolean ended = false;

    public static void main(String[] args) throws Exception {
        if (!args[0].equals("member")) throw new IllegalArgumentException(args[0]);
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
        member(args[1], args[2], args[3], args[4], args[5], args[6]);
    }

    private static Properties settings(String bootstrap, String group, String protocol, String sessionMs) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("group.id", group);
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
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

    private static void member(String bootstrap, String group, String protocol, String name, String topic, String sessionMs) throws InterruptedException {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings(bootstrap, group, protocol, sessionMs))) {
            consumer.subscribe(List.of(topic), new ConsumerRebalanceListener() {
                @Override
                public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                    tell("gained", partitions);
                }

                @Override
                public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                    tell("revoked", partitions);
                }

                @Override
                public void onPartitionsLost(Collection<TopicPartition> partitions) {
                    tell("lost", partitions);
                }

                private void tell(String type, Collection<TopicPartition> partitions) {
                    int epoch = consumer.groupMetadata().generationId();
                    for (TopicPartition each : partitions)
                        say(type, name, ",\"group\":\"%s\",\"topic\":\"%s\",\"partition\":%d,\"epoch\":%d", group, each.topic(), each.partition(), epoch);
                }
            });
            for (int commit = 0; !ended; commit++) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(100));
                if (records.isEmpty()) continue;
                Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                for (ConsumerRecord<String, String> record : records) {
                    say("poll", name, ",\"group\":\"%s\",\"topic\":\"%s\",\"partition\":%d,\"offset\":%d,\"value\":\"%s\",\"isolation\":\"read_uncommitted\"",
                        group, record.topic(), record.partition(), record.offset(), record.value());
                    offsets.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
                }
                Thread.sleep(WORK_MS);
                commit(consumer, name, group, commit, offsets);
            }
        }
    }

    private static void commit(KafkaConsumer<String, String> consumer, String name, String group, int commit, Map<TopicPartition, OffsetAndMetadata> offsets) {
        StringBuilder list = new StringBuilder();
        offsets.forEach((place, next) -> list.append(list.length() == 0 ? "" : ",").append(
            String.format("{\"topic\":\"%s\",\"partition\":%d,\"offset\":%d}", place.topic(), place.partition(), next.offset())));
        say("offsetsAsked", name, ",\"group\":\"%s\",\"commit\":\"%d\",\"epoch\":%d,\"offsets\":[%s]", group, commit, consumer.groupMetadata().generationId(), list);
        String answer;
        try {
            consumer.commitSync(offsets);
            answer = "offsetsDone";
        } catch (org.apache.kafka.common.errors.TimeoutException late) {
            answer = "offsetsUnknown";
        } catch (KafkaException refused) {
            answer = "offsetsFailed";
        }
        say(answer, name, ",\"commit\":\"%d\"", commit);
    }

    private static void say(String type, String client, String more, Object... values) {
        System.out.println("{\"atMs\":" + System.currentTimeMillis() + ",\"type\":\"" + type + "\",\"client\":\"" + client + "\"" + String.format(more, values) + "}");
    }
}
