"""The librdkafka client of the matrix; commands, files and output as in orders-java/Orders.java."""
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException, Producer


def producer(bootstrap, codec):
    return Producer({
        "bootstrap.servers": bootstrap,
        "compression.type": codec,
        "enable.idempotence": True,
        "linger.ms": 5,
        "message.timeout.ms": 120000,
        "socket.timeout.ms": 5000,
        "reconnect.backoff.ms": 20,
        "reconnect.backoff.max.ms": 100,
        "queue.buffering.max.messages": 200000,
    })


def send(client, topic, file, rate):
    counts = [0, 0]

    def delivered(error, _message):
        counts[0 if error is None else 1] += 1

    began = time.monotonic()
    sent = 0
    with open(file, "rb") as lines:
        for line in lines:
            key, timestamp, headers, value = line.rstrip(b"\n").split(b"\t", 3)
            pairs = [(name.decode(), text) for name, text in (pair.split(b"=", 1) for pair in headers.split(b","))]
            client.produce(topic, key=key, value=value, timestamp=int(timestamp), headers=pairs, on_delivery=delivered)
            client.poll(0)
            sent += 1
            if rate > 0:
                ahead = sent / rate - (time.monotonic() - began)
                if ahead > 0.002:
                    time.sleep(ahead)
    client.flush()
    return counts


def serve(bootstrap):
    print("ready", flush=True)
    for line in sys.stdin:
        topic, codec, file, rate = line.split()
        acked, failed = send(producer(bootstrap, codec), topic, file, int(rate))
        print("done", acked, failed, flush=True)


def consume(bootstrap, group, topics, rack=""):
    consumer = Consumer({
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "client.rack": rack,
        "auto.offset.reset": "earliest",
    })
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    consumer.subscribe(topics)
    out = sys.stdout.buffer
    while not ended.is_set():
        for message in consumer.consume(2000, 0.2):
            if message.error() is not None:
                raise KafkaException(message.error())
            headers = b",".join(name.encode() + b"=" + value for name, value in message.headers() or [])
            place = f"{message.topic()}\t{message.partition()}\t{message.offset()}\t".encode()
            time_text = f"\t{message.timestamp()[1]}\t".encode()
            out.write(place + message.key() + time_text + headers + b"\t" + message.value() + b"\n")
        out.flush()
    consumer.close()


if __name__ == "__main__":
    command, bootstrap, *rest = sys.argv[1:]
    if command == "produce":
        failed = send(producer(bootstrap, rest[1]), rest[0], rest[2], 0)[1]
        sys.exit(f"{failed} records failed" if failed else 0)
    elif command == "serve":
        serve(bootstrap)
    else:
        consume(bootstrap, rest[0], rest[1].split(","), *rest[2:])
