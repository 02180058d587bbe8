"""The librdkafka client of the transactions suite; commands and output as in transactions-java/Transactions.java."""
import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition

RECORDS = 5


def write(bootstrap, topic, transactional_id, group, count):
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group})
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": transactional_id, "linger.ms": 2})
    partitions = len(producer.list_topics(topic).topics[topic].partitions)
    producer.init_transactions()
    for index in range(count):
        producer.begin_transaction()
        for record in range(RECORDS):
            partition = (index + record) % partitions
            producer.produce(topic, partition=partition, key=f"k{record}", value=f"{index}-{record}")
        offsets = [TopicPartition(topic, 0, index + 1)]
        producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata())
        if index % 3 == 2:
            producer.abort_transaction()
        else:
            producer.commit_transaction()
    consumer.close()


def read(bootstrap, topic, group, quiet_ms):
    consumer = Consumer({
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
    })
    partitions = consumer.list_topics(topic).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
    last = time.monotonic()
    while (time.monotonic() - last) * 1000 < quiet_ms:
        for message in consumer.consume(1000, 0.1):
            if message.error() is not None:
                raise KafkaException(message.error())
            print(message.partition(), message.value().decode(), sep="\t", flush=True)
            last = time.monotonic()
    consumer.close()


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    if command == "write":
        write(*rest[:4], int(rest[4]))
    else:
        read(*rest[:3], int(rest[3]))
