import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The Java client of the transactions suite.
 *
 *   write BOOTSTRAP TOPIC ID GROUP COUNT   COUNT transactions of five records each over all partitions, with the offset
 *                                          INDEX + 1 of partition 0 for GROUP; each third one is aborted
 *   read BOOTSTRAP TOPIC GROUP MS          prints the committed values, partition by partition in order, until none came for MS
 */
public final class Transactions {
    private static final int RECORDS = 5;

    public static void main(String[] args) throws Exception {
        if (args[0].equals("write")) write(args[1], args[2], args[3], args[4], Integer.parseInt(args[5]));
        else read(args[1], args[2], args[3], Long.parseLong(args[4]));
    }

    private static void write(String bootstrap, String topic, String id, String group, int count) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("transactional.id", id);
        settings.put("linger.ms", "2");
        settings.put("key.serializer", StringSerializer.class.getName());
        settings.put("value.serializer", StringSerializer.class.getName());
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings)) {
            producer.initTransactions();
            for (int index = 0; index < count; index++) {
                producer.beginTransaction();
                for (int record = 0; record < RECORDS; record++) {
                    int partition = (index + record) % producer.partitionsFor(topic).size();
                    producer.send(new ProducerRecord<>(topic, partition, "k" + record, index + "-" + record));
                }
                Map<TopicPartition, OffsetAndMetadata> offsets =
                    Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(index + 1L));
                producer.sendOffsetsToTransaction(offsets, new ConsumerGroupMetadata(group));
                if (index % 3 == 2) producer.abortTransaction();
                else producer.commitTransaction();
            }
        }
    }

    private static void read(String bootstrap, String topic, String group, long quietMs) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("group.id", group);
        settings.put("isolation.level", "read_committed");
        settings.put("auto.offset.reset", "earliest");
        settings.put("key.deserializer", StringDeserializer.class.getName());
        settings.put("value.deserializer", StringDeserializer.class.getName());
        PrintStream out = new PrintStream(System.out, true);
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings)) {
            List<TopicPartition> partitions = new ArrayList<>();
            consumer.partitionsFor(topic).forEach(each -> partitions.add(new TopicPartition(topic, each.partition())));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            for (long last = System.currentTimeMillis(); System.currentTimeMillis() - last < quietMs;) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                    out.println(record.partition() + "\t" + record.value());
                    last = System.currentTimeMillis();
                }
            }
        }
    }
}
