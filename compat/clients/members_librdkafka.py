"""The librdkafka client of the group histories; commands and output as in members-java/Members.java, and

  produce BOOTSTRAP NAME TOPIC RATE     sends records with ids, RATE a second, and tells how each ended
"""
import json
import os
import random
import struct
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

# So long is a poll worked on before its offsets are committed: room for a kill in between.
WORK_S = int(os.environ.get("WORK_MS", "40")) / 1000
REPLACE_ME = 3
HUNG = 4
GIVE_UP_S = 40
# Longer than all that a transaction's calls may take together.
HANG_S = 2 * GIVE_UP_S
# Statistics of a worker that hangs are looked at so often, each time for a second at most.
LOOKS = 5
# Less than a worker that is asked to end is given.
LEAVE_S = 10
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


def settings(bootstrap, group, protocol, session_ms, isolation):
    common = {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "isolation.level": isolation,
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


def joined(bootstrap, group, protocol, name, topic, session_ms, isolation):
    consumer = Consumer(settings(bootstrap, group, protocol, session_ms, isolation))

    def tell(kind):
        def heard(_consumer, partitions):
            epoch = epoch_of(consumer)
            for each in partitions:
                say(kind, name, group=group, topic=each.topic, partition=each.partition, epoch=epoch)
            sys.stdout.flush()
        return heard

    consumer.subscribe([topic], on_assign=tell("gained"), on_revoke=tell("revoked"), on_lost=tell("lost"))
    return consumer


def read(consumer, name, group, isolation):
    """One poll: its messages, and the offsets after it."""
    messages = [message for message in consumer.consume(100, 0.1) if message.error() is None]
    next_of = {}
    for message in messages:
        place = {"topic": message.topic(), "partition": message.partition()}
        say("poll", name, group=group, **place, offset=message.offset(), value=message.value().decode(),
            isolation=isolation)
        next_of[message.partition()] = {**place, "offset": message.offset() + 1}
    sys.stdout.flush()
    return messages, list(next_of.values())


def member(bootstrap, group, protocol, name, topic, session_ms, isolation="read_uncommitted"):
    consumer = joined(bootstrap, group, protocol, name, topic, session_ms, isolation)
    number = 0
    while not ended.is_set():
        messages, offsets = read(consumer, name, group, isolation)
        if messages:
            time.sleep(WORK_S)
            commit(consumer, name, group, number, offsets)
            number += 1
    consumer.close()
    sys.stdout.flush()


def offset_of(message):
    """Where an acknowledged record lies; -1 when the broker had it already and did not say."""
    return -1 if message.offset() is None else message.offset()


def retried(step):
    # librdkafka may never find its way back to a coordinator that moved twice: another worker then takes over.
    deadline = time.monotonic() + GIVE_UP_S
    while True:
        try:
            return step()
        except KafkaException as error:
            if not error.args[0].retriable() or time.monotonic() > deadline:
                raise


class Watch:
    """Ends a worker whose call hangs past every timeout given to it.

    librdkafka's send_offsets_to_transaction ignores its timeout and waits for ever when the connection to the group's
    coordinator was lost in the wrong moment (librdkafka issues 5456 and 5511). It is known by a producer without a request
    under way: a broker that owed an answer would show as one. Such a worker is replaced; every other hang is a failure.
    """

    def __init__(self):
        self.call = "start"
        self.since = time.monotonic()
        self.producer = None
        self.under_way = []
        threading.Thread(target=self._run, daemon=True).start()

    def enter(self, call):
        self.call = call
        self.since = time.monotonic()

    def heard(self, statistics):
        """The producer's own account of its requests, once a second."""
        brokers = json.loads(statistics)["brokers"].values()
        self.under_way.append(sum(each["waitresp_cnt"] + each["outbuf_cnt"] for each in brokers))

    def _run(self):
        while time.monotonic() - self.since < (LEAVE_S if ended.is_set() else HANG_S):
            time.sleep(1)
        if self.producer is not None:
            for _ in range(LOOKS):
                self.producer.poll(1)
        # Those from before waited in the queue of the producer.
        lately = self.under_way[-LOOKS:]
        # One that asks again and again for the coordinator has a request under way now and then.
        owed_nothing = lately.count(0) > LOOKS / 2
        is_known = self.call == "send_offsets_to_transaction" and owed_nothing
        print(f"hangs in {self.call} since {time.monotonic() - self.since:.0f} s, requests under way lately: {lately}",
              file=sys.stderr)
        sys.stderr.flush()
        sys.stdout.flush()
        os._exit(HUNG if is_known else 1)


def work(bootstrap, group, protocol, name, topic, session_ms, transactional_id, to):
    consumer = joined(bootstrap, group, protocol, name, topic, session_ms, "read_committed")
    watch = Watch()
    client = watch.producer = Producer({
        "statistics.interval.ms": 1000,
        "stats_cb": watch.heard,
        "bootstrap.servers": bootstrap,
        "transactional.id": transactional_id,
        "transaction.timeout.ms": 8000,
        "linger.ms": 2,
        "socket.timeout.ms": 5000,
        "reconnect.backoff.ms": 20,
        "reconnect.backoff.max.ms": 200,
    })
    luck = random.Random(name)
    try:
        watch.enter("init_transactions")
        retried(client.init_transactions)
        number = 0
        while not ended.is_set():
            watch.enter("consume")
            messages, offsets = read(consumer, name, group, "read_committed")
            if messages:
                transact(watch, consumer, name, group, f"{name}:{number}", messages, offsets, to, luck)
                number += 1
    except KafkaException as error:
        print(error, file=sys.stderr)
        sys.stdout.flush()
        os._exit(REPLACE_ME)
    watch.enter("close")
    consumer.close()
    sys.stdout.flush()


def transact(watch, consumer, name, group, transaction, messages, offsets, to, luck):
    def delivered(error, message):
        value = message.value().decode()
        if error is None:
            say("acknowledged", name, value=value, partition=message.partition(), offset=offset_of(message))
        else:
            say("unknown", name, value=value)

    client = watch.producer
    try:
        client.begin_transaction()
        say("begin", name, transaction=transaction)
        for index, message in enumerate(messages):
            key, value = message.key().decode(), f"{transaction}.{index}"
            say("send", name, topic=to, key=key, value=value, transaction=transaction, source=message.value().decode())
            client.produce(to, key=key, value=value, on_delivery=delivered)
        say("offsetsAsked", name, group=group, commit=transaction, transaction=transaction, offsets=offsets)
        sys.stdout.flush()
        places = [TopicPartition(each["topic"], each["partition"], each["offset"]) for each in offsets]
        watch.enter("send_offsets_to_transaction")
        retried(lambda: client.send_offsets_to_transaction(places, consumer.consumer_group_metadata(), 10))
        watch.enter("the end of a transaction")
        time.sleep(WORK_S)
        if luck.randrange(6) == 0:
            abort(client, consumer, name, transaction)
            return
        say("commitAsked", name, transaction=transaction)
        sys.stdout.flush()
        retried(lambda: client.commit_transaction(20))
        say("committed", name, transaction=transaction)
        sys.stdout.flush()
    except KafkaException as error:
        if not error.args[0].txn_requires_abort():
            say("undecided", name, transaction=transaction)
            raise
        watch.enter("the end of a transaction")
        abort(client, consumer, name, transaction)


def abort(client, consumer, name, transaction):
    """Aborts, and reads again from the committed offsets."""
    try:
        retried(lambda: client.abort_transaction(20))
    except KafkaException:
        say("undecided", name, transaction=transaction)
        raise
    say("aborted", name, transaction=transaction)
    for each in consumer.committed(consumer.assignment(), 10):
        say("gained", name, group="", topic=each.topic, partition=each.partition, epoch=-1)
        each.offset = each.offset if each.offset >= 0 else 0
        consumer.seek(each)
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
            say("acknowledged", name, value=value, partition=message.partition(), offset=offset_of(message))
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
    {"member": member, "work": work, "produce": produce}[command](*arguments)
