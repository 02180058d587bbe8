"""librdkafka through its Python wheel. Arguments and output as in job.ts; ways of working as in run-client.ts."""

import json
import resource
import struct
import sys
import threading
import time

from confluent_kafka import Consumer, Producer

MODE, BOOTSTRAP, TOPIC = sys.argv[1:4]
RECORDS, WARM_UP, BYTES = (int(each) for each in sys.argv[4:7])
TOTAL = WARM_UP + RECORDS
RECORDS_PER_SECOND = 1000
IN_FLIGHT_ONE = 5
MESSAGES_AT_ONCE = 10_000
DUE = struct.Struct(">id")


class Meter:
    def __init__(self):
        self.began = time.perf_counter()
        self.used = cpu_seconds()

    def result(self, **more):
        return {
            "records": RECORDS,
            "seconds": time.perf_counter() - self.began,
            "cpuSeconds": cpu_seconds() - self.used,
            "residentMaxMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
            **more,
        }


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def fail_with(error):
    if error is not None:
        raise SystemExit(f"not delivered: {error}")


def delivered(error, _message):
    fail_with(error)


def produce():
    producer = Producer({"bootstrap.servers": BOOTSTRAP})
    value = b"x" * BYTES

    def send_all(count):
        for _ in range(count):
            while True:
                try:
                    producer.produce(TOPIC, value, on_delivery=delivered)
                    break
                except BufferError:
                    producer.poll(0.01)
        fail_with(producer.flush() or None)

    send_all(WARM_UP)
    meter = Meter()
    send_all(RECORDS)
    return meter.result()


def produce_one():
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "linger.ms": 0})
    value = b"x" * BYTES
    state = {"left": 0, "open": 0}

    def done(error, _message):
        fail_with(error)
        state["open"] -= 1

    def send_all(count):
        state["left"] = count
        while state["left"] > 0 or state["open"] > 0:
            while state["left"] > 0 and state["open"] < IN_FLIGHT_ONE:
                state["left"] -= 1
                state["open"] += 1
                producer.produce(TOPIC, value, on_delivery=done)
            producer.poll(0.1)

    send_all(WARM_UP)
    meter = Meter()
    send_all(RECORDS)
    return meter.result()


def open_consumer():
    group = f"bench-librdkafka-{TOPIC}-{time.time_ns()}"
    consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": group, "auto.offset.reset": "earliest"})
    consumer.subscribe([TOPIC])
    return consumer


def consume():
    consumer = open_consumer()
    taken = 0
    meter = None
    while taken < TOTAL:
        messages = consumer.consume(MESSAGES_AT_ONCE, 0.1)
        for message in messages:
            fail_with(message.error())
            if len(message.value()) != BYTES:
                raise SystemExit(f"a record of {len(message.value())} bytes")
            taken += 1
            if taken == WARM_UP:
                meter = Meter()
    return meter.result()


def latency():
    consumer = open_consumer()
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "linger.ms": 0})
    ways = []
    meters = []

    def receive():
        while len(ways) < TOTAL:
            message = consumer.poll(0.5)
            if message is None:
                continue
            fail_with(message.error())
            now = time.perf_counter()
            index, due = DUE.unpack_from(message.value())
            if index != len(ways):
                raise SystemExit(f"record {index}, not {len(ways)}")
            if index == WARM_UP:
                meters.append(Meter())
            ways.append(now - due)

    receiver = threading.Thread(target=receive)
    receiver.start()
    rest = b"\0" * (BYTES - DUE.size)
    producer.produce(TOPIC, DUE.pack(0, time.perf_counter()) + rest, on_delivery=delivered)
    while not ways:
        producer.poll(0.005)
    start = time.perf_counter()
    for index in range(1, TOTAL):
        due = start + index / RECORDS_PER_SECOND
        while (left := due - time.perf_counter()) > 0:
            time.sleep(max(0.0, left - 0.0001))
        producer.produce(TOPIC, DUE.pack(index, due) + rest, on_delivery=delivered)
        producer.poll(0)
    fail_with(producer.flush() or None)
    receiver.join()
    ordered = sorted(ways[WARM_UP:])
    at = lambda quantile: round(ordered[int(len(ordered) * quantile)] * 1e6)
    return meters[0].result(ways={"p50": at(0.5), "p99": at(0.99), "p999": at(0.999)})


print(json.dumps({"produce": produce, "produce-one": produce_one, "consume": consume, "latency": latency}[MODE]()))
