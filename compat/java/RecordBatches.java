import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * Record batches as kafka-clients writes and reads them. One JSON object per batch and line: name, bytes (base64), and
 * what the Java client finds in them.
 *   write       batches of every kind, made by the Java client
 *   read FILE   the batches in FILE (a .log file, or batches written by Posthorn)
 * Compile and run with kafka-clients and its compression libraries on the class path.
 */
public final class RecordBatches {
    private static final long TIME = 1_700_000_000_000L;
    private static final int LONG_VALUE = 64;
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    public static void main(String[] args) throws Exception {
        if (args.length == 1 && args[0].equals("write")) write();
        else if (args.length == 2 && args[0].equals("read")) read(Path.of(args[1]));
        else throw new IllegalArgumentException("write | read FILE");
    }

    private static void read(Path file) throws Exception {
        MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(Files.readAllBytes(file)));
        int index = 0;
        for (MutableRecordBatch batch : records.batches()) emit(file.getFileName() + "-" + index++, batch);
    }

    private static void write() throws Exception {
        for (Codec codec : codecs()) {
            emit(codec.name + "-small", builder(codec, 0), RecordBatches::appendVaried);
            if (codec.compression != Compression.NONE)
                emit(codec.name + "-large", builder(codec, 1_000_000_000_000L), RecordBatches::appendMany);
            emit(codec.name + "-incompressible", builder(codec, 7), RecordBatches::appendNoise);
        }
        Codec none = codecs().get(0);
        emit("log-append-time", make(none, TimestampType.LOG_APPEND_TIME, TIME + 5), RecordBatches::appendVaried);
        emit("no-timestamps", builder(none, 3), b -> {
            b.append(RecordBatch.NO_TIMESTAMP, bytes("k"), bytes("v"));
            b.append(RecordBatch.NO_TIMESTAMP, bytes("k"), null);
        });
        emit("far-timestamps", builder(none, 3), b -> {
            b.append(TIME, null, bytes("first"));
            b.append(0L, null, bytes("epoch"));
            b.append(4_000_000_000_000_000L, null, bytes("far ahead"));
        });
        emit("idempotent", producer(8_589_934_600L, (short) 3, Integer.MAX_VALUE - 1, false, false), RecordBatches::appendVaried);
        emit("transactional", producer(5L, (short) 32767, 0, true, false), RecordBatches::appendVaried);
        emit("gaps", builder(codecs().get(3), 100), b -> {
            b.appendWithOffset(103, TIME, bytes("a"), bytes("1"));
            b.appendWithOffset(1_000_000, TIME, bytes("b"), bytes("2"));
        });
        emit("commit-marker", producer(77L, (short) 9, RecordBatch.NO_SEQUENCE, true, true),
            b -> b.appendEndTxnMarker(TIME, new EndTransactionMarker(ControlRecordType.COMMIT, 12)));
        emit("abort-marker", producer(77L, (short) 9, RecordBatch.NO_SEQUENCE, true, true),
            b -> b.appendEndTxnMarker(TIME, new EndTransactionMarker(ControlRecordType.ABORT, 2_000_000_000)));
        emit("leader-change", producer(RecordBatch.NO_PRODUCER_ID, (short) -1, -1, false, true),
            b -> b.appendLeaderChangeMessage(TIME, new LeaderChangeMessage().setLeaderId(3)));
        emit("empty", emptyBatch());
    }

    private record Codec(String name, Compression compression) {}

    private static List<Codec> codecs() {
        return List.of(
            new Codec("none", Compression.NONE),
            new Codec("gzip", Compression.gzip().build()),
            new Codec("snappy", Compression.snappy().build()),
            new Codec("lz4", Compression.lz4().build()),
            new Codec("zstd", Compression.zstd().build()));
    }

    private static MemoryRecordsBuilder builder(Codec codec, long baseOffset) {
        return new MemoryRecordsBuilder(ByteBuffer.allocate(1 << 16), RecordBatch.MAGIC_VALUE_V2, codec.compression,
            TimestampType.CREATE_TIME, baseOffset, RecordBatch.NO_TIMESTAMP, RecordBatch.NO_PRODUCER_ID,
            RecordBatch.NO_PRODUCER_EPOCH, RecordBatch.NO_SEQUENCE, false, false, 42, 1 << 20);
    }

    private static MemoryRecordsBuilder make(Codec codec, TimestampType type, long logAppendTime) {
        return new MemoryRecordsBuilder(ByteBuffer.allocate(1 << 16), RecordBatch.MAGIC_VALUE_V2, codec.compression,
            type, 0, logAppendTime, RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH, RecordBatch.NO_SEQUENCE,
            false, false, RecordBatch.NO_PARTITION_LEADER_EPOCH, 1 << 20);
    }

    private static MemoryRecordsBuilder producer(long id, short epoch, int sequence, boolean transactional, boolean control) {
        return new MemoryRecordsBuilder(ByteBuffer.allocate(1 << 16), RecordBatch.MAGIC_VALUE_V2, Compression.NONE,
            TimestampType.CREATE_TIME, 500, RecordBatch.NO_TIMESTAMP, id, epoch, sequence, transactional, control, 0, 1 << 20);
    }

    private static void appendVaried(MemoryRecordsBuilder b) {
        b.append(TIME, bytes("key"), bytes("value"));
        b.append(TIME + 1, null, bytes("no key"));
        b.append(TIME - 100_000, bytes("tombstone"), null);
        b.append(TIME + 2, new byte[0], new byte[0]);
        b.append(TIME + 3, bytes("headers"), bytes("x"), new Header[] {
            new RecordHeader("a", bytes("1")), new RecordHeader("a", bytes("again")),
            new RecordHeader("null", (byte[]) null), new RecordHeader("", new byte[0]), new RecordHeader("schlüssel €", bytes("ü")),
        });
    }

    private static void appendMany(MemoryRecordsBuilder b) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 100; i++) text.append("the same words again and again; ");
        for (int i = 0; i < 40; i++) b.append(TIME + i, bytes("key-" + i), bytes(i + " " + text));
    }

    private static void appendNoise(MemoryRecordsBuilder b) {
        byte[] noise = new byte[600];
        new java.util.Random(7).nextBytes(noise);
        b.append(TIME, null, noise);
    }

    private static MemoryRecords emptyBatch() {
        ByteBuffer buffer = ByteBuffer.allocate(1024);
        org.apache.kafka.common.record.internal.DefaultRecordBatch.writeEmptyHeader(buffer, RecordBatch.MAGIC_VALUE_V2, 9L,
            (short) 1, 5, 200L, 209L, 4, TimestampType.CREATE_TIME, TIME, true, false);
        buffer.flip();
        return MemoryRecords.readableRecords(buffer);
    }

    private static void emit(String name, MemoryRecordsBuilder builder, Consumer<MemoryRecordsBuilder> append) throws Exception {
        append.accept(builder);
        emit(name, builder.build());
    }

    private static void emit(String name, MemoryRecords records) throws Exception {
        emit(name, records.batches().iterator().next());
    }

    private static void emit(String name, MutableRecordBatch batch) throws Exception {
        ByteBuffer buffer = ByteBuffer.allocate(batch.sizeInBytes());
        batch.writeTo(buffer);
        byte[] all = buffer.array();
        OUT.println("{\"name\":" + text(name) + ",\"bytes\":\"" + Base64.getEncoder().encodeToString(all) + "\",\"holds\":" + describe(batch) + "}");
    }

    private static String describe(MutableRecordBatch batch) throws Exception {
        batch.ensureValid();
        List<String> records = new ArrayList<>();
        for (Record record : batch) {
            record.ensureValid();
            records.add(describe(record));
        }
        return "{\"baseOffset\":" + batch.baseOffset() + ",\"lastOffset\":" + batch.lastOffset()
            + ",\"size\":" + batch.sizeInBytes() + ",\"partitionLeaderEpoch\":" + batch.partitionLeaderEpoch()
            + ",\"crc\":" + batch.checksum() + ",\"codec\":" + batch.compressionType().id
            + ",\"logAppendTime\":" + (batch.timestampType() == TimestampType.LOG_APPEND_TIME)
            + ",\"transactional\":" + batch.isTransactional() + ",\"control\":" + batch.isControlBatch()
            + ",\"deleteHorizonMs\":" + (batch.deleteHorizonMs().isPresent() ? "" + batch.deleteHorizonMs().getAsLong() : "null")
            + ",\"maxTimestamp\":" + batch.maxTimestamp() + ",\"producerId\":" + batch.producerId()
            + ",\"producerEpoch\":" + batch.producerEpoch() + ",\"baseSequence\":" + batch.baseSequence()
            + ",\"lastSequence\":" + batch.lastSequence() + ",\"count\":" + batch.countOrNull()
            + ",\"records\":[" + String.join(",", records) + "]}";
    }

    private static String describe(Record record) throws Exception {
        List<String> headers = new ArrayList<>();
        for (Header header : record.headers()) {
            ByteBuffer value = header.value() == null ? null : ByteBuffer.wrap(header.value());
            headers.add("[" + text(header.key()) + "," + value(value) + "]");
        }
        return "{\"offset\":" + record.offset() + ",\"timestamp\":" + record.timestamp() + ",\"key\":" + value(record.key())
            + ",\"value\":" + value(record.value()) + ",\"headers\":[" + String.join(",", headers) + "]}";
    }

    /** Base64; what is longer than 64 bytes as its SHA-256. */
    private static String value(ByteBuffer buffer) throws Exception {
        if (buffer == null) return "null";
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        if (bytes.length <= LONG_VALUE) return "\"" + Base64.getEncoder().encodeToString(bytes) + "\"";
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
        return "\"sha256:" + Base64.getEncoder().encodeToString(digest) + "\"";
    }

    private static String text(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
