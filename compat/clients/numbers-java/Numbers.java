import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes the input of the exactly-once suites and reads what they put out.
 *
 *   write BOOTSTRAP TOPIC   records of its input, one a line: partition, key, timestamp and value between tabs
 *   read BOOTSTRAP TOPIC    prints the committed records up to the last stable offsets: partition, key and value
 */
public final class Numbers {
    public static void main(String[] args) throws Exception {
        if (args[0].equals("write")) write(args[1], args[2]);
        else read(args[1], args[2]);
    }

    private static void write(String bootstrap, String topic) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("linger.ms", "5");
        settings.put("key.serializer", StringSerializer.class.getName());
        settings.put("value.serializer", StringSerializer.class.getName());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Exception[] fault = new Exception[1];
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] parts = line.split("\t", 4);
                ProducerRecord<String, String> record = new ProducerRecord<>(
                    topic, Integer.parseInt(parts[0]), Long.parseLong(parts[2]), parts[1], parts[3]);
                producer.send(record, (metadata, error) -> {
                    if (error != null) fault[0] = error;
                });
            }
        }
        if (fault[0] != null) throw fault[0];
    }

    private static void read(String bootstrap, String topic) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("isolation.level", "read_committed");
        settings.put("key.deserializer", StringDeserializer.class.getName());
        settings.put("value.deserializer", StringDeserializer.class.getName());
        StringBuilder lines = new StringBuilder();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings)) {
            List<TopicPartition> partitions = new ArrayList<>();
            consumer.partitionsFor(topic).forEach(each -> partitions.add(new TopicPartition(topic, each.partition())));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                    lines.append(record.partition()).append('\t').append(record.key()).append('\t');
                    lines.append(record.value()).append('\n');
                }
            }
        }
        new PrintStream(System.out, true, StandardCharsets.UTF_8).print(lines);
    }
}
