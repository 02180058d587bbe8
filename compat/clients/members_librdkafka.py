"""The librdkafka client of the group histories; commands and output as in members-java/Members.java, and

  produce BOOTSTRAP NAME TOPIC RATE     sends records with ids, RATE a second, and tells how each ended
"""
import json
import struct
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

# So long is a poll worked on before its offsets are committed: room for a kill in between.
WORK_S = 0.04
ended = threading.Event()


def say(kind, client, **more):
    event = {"atMs": int(time.time() * 1000), "type": kind, "client": client, **more}
    sys.stdout.write(json.dumps(event) + "\n")


def epoch_of(consumer):
    """The generation or member epoch, from the metadata that librdkafka writes as bytes; -1 when there is none yet."""
    metadata = consumer.consumer_group_metadata()
    mark = b"CGMDv2:"
    if not isinstance(metadata, bytes) or not metadata.startswith(mark):
        return -1
    return struct.unpack_from("=i", metadata, len(mark))[0]


def settings(bootstrap, group, protocol, session_ms):
    common = {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "reconnect.backoff.ms": 20,
        "reconnect.backoff.max.ms": 200,
        "socket.timeout.ms": 5000,
    }
    if protocol == "consumer":
        return {**common, "group.protocol": "consumer"}
    strategy = "range" if protocol == "eager" else "cooperative-sticky"
    return {
        **common,
        "partition.assignment.strategy": strategy,
        "session.timeout.ms": int(session_ms),
        "heartbeat.interval.ms": 500,
    }


def member(bootstrap, group, protocol, name, topic, session_ms):
    consumer = Consumer(settings(bootstrap, group, protocol, session_ms))

    def tell(kind):
        def heard(_consumer, partitions):
            epoch = epoch_of(consumer)
            for each in partitions:
                say(kind, name, group=group, topic=each.topic, partition=each.partition, epoch=epoch)
            sys.stdout.flush()
        return heard

    consumer.subscribe([topic], on_assign=tell("gained"), on_revoke=tell("revoked"), on_lost=tell("lost"))
    number = 0
    while not ended.is_set():
        next_of = {}
        for message in consumer.consume(100, 0.1):
            if message.error() is not None:
                continue
            place = {"topic": message.topic(), "partition": message.partition()}
            say("poll", name, group=group, **place, offset=message.offset(), value=message.value().decode(),
                isolation="read_uncommitted")
            next_of[message.partition()] = {**place, "offset": message.offset() + 1}
        sys.stdout.flush()
        if next_of:
            time.sleep(WORK_S)
            commit(consumer, name, group, number, list(next_of.values()))
            number += 1
    consumer.close()
    sys.stdout.flush()


def commit(consumer, name, group, number, offsets):
    say("offsetsAsked", name, group=group, commit=str(number), epoch=epoch_of(consumer), offsets=offsets)
    sys.stdout.flush()
    answer = "offsetsDone"
    try:
        places = [TopicPartition(each["topic"], each["partition"], each["offset"]) for each in offsets]
        for each in consumer.commit(offsets=places, asynchronous=False):
            if each.error is not None:
                answer = "offsetsFailed"
    except KafkaException as error:
        unknown = (KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError.REQUEST_TIMED_OUT)
        answer = "offsetsUnknown" if error.args[0].code() in unknown else "offsetsFailed"
    say(answer, name, commit=str(number))
    sys.stdout.flush()


def produce(bootstrap, name, topic, rate):
    client = Producer({
        "bootstrap.servers": bootstrap,
        "enable.idempotence": True,
        "linger.ms": 5,
        "message.timeout.ms": 60000,
        "socket.timeout.ms": 5000,
        "reconnect.backoff.ms": 20,
        "reconnect.backoff.max.ms": 200,
    })

    def delivered(error, message):
        value = message.value().decode()
        if error is None:
            say("acknowledged", name, value=value, partition=message.partition(), offset=message.offset())
        else:
            say("unknown", name, value=value)

    number = 0
    while not ended.is_set():
        value, key = f"{name}-{number}", f"k{number % 32}"
        say("send", name, topic=topic, key=key, value=value)
        client.produce(topic, key=key, value=value, on_delivery=delivered)
        client.poll(0)
        number += 1
        if number % 20 == 0:
            sys.stdout.flush()
        time.sleep(1 / float(rate))
    client.flush()
    sys.stdout.flush()


if __name__ == "__main__":
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    command, *arguments = sys.argv[1:]
    {"member": member, "produce": produce}[command](*arguments)
