import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.jar.JarFile;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Fills every message class that Kafka generates, in every version, with pseudo-random values, and prints one JSON line
 * for each: name, version, bytes as Kafka writes them, and the values. With `errors` as its argument prints the error table instead.
 */
public final class MessageCorpus {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final JsonMapper MAPPER = JsonMapper.builder().enable(JsonReadFeature.ALLOW_JAVA_COMMENTS).build();
    private static final String[] PACKAGES = {
        "org.apache.kafka.common.message.",
        "org.apache.kafka.coordinator.group.generated.",
        "org.apache.kafka.coordinator.transaction.generated.",
        "org.apache.kafka.coordinator.share.generated.",
        "org.apache.kafka.server.log.remote.metadata.storage.generated.",
    };
    private static final int SAMPLES = 3;

    private final JsonNode spec;
    private final Class<?> type;
    private final short version;
    private final Random random;
    /** 0: sparse, nulls and defaults; others: full. */
    private final int sample;

    private MessageCorpus(JsonNode spec, Class<?> type, short version, int sample) {
        this.spec = spec;
        this.type = type;
        this.version = version;
        this.sample = sample;
        this.random = new Random(31L * spec.get("name").asText().hashCode() + 7L * version + sample);
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("errors")) {
            printErrors();
            return;
        }
        for (JsonNode spec : definitions().values()) {
            Class<?> type = find(spec.get("name").asText());
            int[] valid = range(spec.get("validVersions").asText());
            for (int version = valid[0]; version <= valid[1]; version++) {
                for (int sample = 0; sample < SAMPLES; sample++) {
                    new MessageCorpus(spec, type, (short) version, sample).print();
                }
            }
        }
    }

    private static void printErrors() throws Exception {
        for (Errors error : Errors.values()) {
            ApiException exception = error.exception();
            ObjectNode line = JSON.objectNode();
            line.put("code", error.code()).put("name", error.name());
            line.put("retriable", exception instanceof RetriableException);
            line.put("text", error == Errors.NONE ? "" : error.message());
            System.out.println(MAPPER.writeValueAsString(line));
        }
    }

    private static Map<String, JsonNode> definitions() throws Exception {
        Map<String, JsonNode> found = new TreeMap<>();
        for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (!path.endsWith(".jar") || !new File(path).getName().startsWith("kafka-")) continue;
            try (JarFile jar = new JarFile(path)) {
                for (var entry : (Iterable<java.util.jar.JarEntry>) jar.stream()::iterator) {
                    if (!entry.getName().matches("(common/)?message/\\w+\\.json")) continue;
                    try (InputStream in = jar.getInputStream(entry)) {
                        JsonNode spec = MAPPER.readTree(in);
                        if (spec.has("fields") && find(spec.get("name").asText()) != null) {
                            found.put(spec.get("name").asText(), spec);
                        }
                    }
                }
            }
        }
        return found;
    }

    private static Class<?> find(String name) {
        for (String prefix : PACKAGES) {
            for (String suffix : new String[] {"Data", ""}) {
                try {
                    return Class.forName(prefix + name + suffix);
                } catch (ClassNotFoundException e) {
                    // The next place may have it.
                }
            }
        }
        return null;
    }

    private void print() throws Exception {
        ObjectNode values = JSON.objectNode();
        Message message = (Message) fill(type, spec.get("fields"), values);
        boolean unknownTag = sample == SAMPLES - 1 && in(spec.get("flexibleVersions").asText());
        if (unknownTag) message.unknownTaggedFields().add(new RawTaggedField(4242, randomBytes()));
        ByteBuffer buffer = MessageUtil.toByteBufferAccessor(message, version).buffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        ObjectNode line = JSON.objectNode();
        line.put("name", spec.get("name").asText()).put("version", version).put("unknownTag", unknownTag);
        line.put("bytes", Base64.getEncoder().encodeToString(bytes)).set("values", values);
        System.out.println(MAPPER.writeValueAsString(line));
    }

    private Object fill(Class<?> type, JsonNode fields, ObjectNode values) throws Exception {
        Object target = type.getDeclaredConstructor().newInstance();
        for (JsonNode field : fields) {
            String versions = field.path("versions").asText(field.path("taggedVersions").asText());
            if (!in(versions)) continue;
            if (field.has("tag") && random.nextInt(3) == 0) continue;
            String name = field.get("name").asText();
            Method setter = setter(type, "set" + Character.toUpperCase(name.charAt(0)) + name.substring(1));
            String key = Character.toLowerCase(name.charAt(0)) + name.substring(1);
            boolean nullable = field.has("nullableVersions") && in(field.get("nullableVersions").asText());
            if (nullable && random.nextInt(sample == 0 ? 2 : 6) == 0) {
                setter.invoke(target, (Object) null);
                values.putNull(key);
                continue;
            }
            JsonNode[] shown = new JsonNode[1];
            setter.invoke(target, value(field, field.get("type").asText(), setter.getParameterTypes()[0], shown));
            values.set(key, shown[0]);
        }
        return target;
    }

    private static Method setter(Class<?> type, String name) {
        for (Method method : type.getMethods()) {
            if (method.getName().equals(name)) return method;
        }
        throw new IllegalStateException(type + " has no " + name);
    }

    private Object value(JsonNode field, String kind, Class<?> wanted, JsonNode[] shown) throws Exception {
        if (kind.startsWith("[]")) return list(field, kind.substring(2), wanted, shown);
        switch (kind) {
            case "bool": {
                boolean value = random.nextBoolean();
                shown[0] = JSON.booleanNode(value);
                return value;
            }
            case "int8": {
                long value = number(8);
                shown[0] = JSON.numberNode(value);
                return (byte) value;
            }
            case "int16": {
                long value = number(16);
                shown[0] = JSON.numberNode(value);
                return (short) value;
            }
            case "uint16": {
                int value = random.nextInt(65536);
                shown[0] = JSON.numberNode(value);
                return value;
            }
            case "int32": {
                long value = number(32);
                shown[0] = JSON.numberNode(value);
                return (int) value;
            }
            case "uint32": {
                long value = random.nextInt() & 0xffffffffL;
                shown[0] = JSON.numberNode(value);
                return value;
            }
            case "int64": {
                long value = number(54);
                shown[0] = JSON.numberNode(value);
                return value;
            }
            case "float64": {
                double value = random.nextInt(4) == 0 ? 0 : random.nextGaussian() * 1e6;
                shown[0] = JSON.numberNode(value);
                return value;
            }
            case "string": {
                String value = text();
                shown[0] = JSON.textNode(value);
                return value;
            }
            case "uuid": {
                Uuid value = random.nextInt(4) == 0 ? Uuid.ZERO_UUID : new Uuid(random.nextLong(), random.nextLong());
                shown[0] = JSON.textNode(value.toString());
                return value;
            }
            case "bytes": {
                byte[] value = randomBytes();
                shown[0] = JSON.textNode(Base64.getEncoder().encodeToString(value));
                return wanted == ByteBuffer.class ? ByteBuffer.wrap(value) : value;
            }
            case "records": {
                byte[] value = randomBytes();
                shown[0] = JSON.textNode(Base64.getEncoder().encodeToString(value));
                return MemoryRecords.readableRecords(ByteBuffer.wrap(value));
            }
            default: {
                ObjectNode values = JSON.objectNode();
                shown[0] = values;
                return fill(structClass(kind), structFields(field, kind), values);
            }
        }
    }

    @SuppressWarnings("unchecked")
    private Object list(JsonNode field, String kind, Class<?> wanted, JsonNode[] shown) throws Exception {
        ArrayNode values = JSON.arrayNode();
        shown[0] = values;
        Collection<Object> list =
            wanted == List.class ? new ArrayList<>() : (Collection<Object>) wanted.getDeclaredConstructor().newInstance();
        int count = sample == 0 ? random.nextInt(2) : 1 + random.nextInt(3);
        for (int index = 0; index < count; index++) {
            JsonNode[] one = new JsonNode[1];
            list.add(value(field, kind, elementClass(kind), one));
            values.add(one[0]);
        }
        return list;
    }

    private static Class<?> elementClass(String kind) {
        return kind.equals("bytes") ? byte[].class : Object.class;
    }

    private Class<?> structClass(String name) throws ClassNotFoundException {
        return Class.forName(type.getName() + "$" + name);
    }

    private JsonNode structFields(JsonNode field, String name) {
        if (field.has("fields") && field.get("fields").size() > 0) return field.get("fields");
        for (JsonNode struct : spec.path("commonStructs")) {
            if (struct.get("name").asText().equals(name)) return struct.get("fields");
        }
        throw new IllegalStateException("no fields for " + name);
    }

    private long number(int bits) {
        long max = (1L << (bits - 1)) - 1;
        switch (random.nextInt(sample == 0 ? 3 : 8)) {
            case 0:
                return 0;
            case 1:
                return -1;
            case 2:
                return random.nextInt(100);
            case 3:
                return max;
            case 4:
                return bits == 54 ? -max : -max - 1;
            default:
                return random.nextLong() >> (64 - bits + (bits == 54 ? 1 : 0));
        }
    }

    private String text() {
        switch (random.nextInt(sample == 0 ? 3 : 9)) {
            case 0:
                return "";
            case 1:
                return "Gr\u00fc\u00dfe \u6771\u4eac \ud83d\udcef";
            case 2:
                return "topic-" + random.nextInt(10);
            case 3:
                return sample == 1 ? "x".repeat(127 + random.nextInt(3)) : "y";
            default:
                byte[] letters = new byte[random.nextInt(14)];
                for (int index = 0; index < letters.length; index++) letters[index] = (byte) ('a' + random.nextInt(26));
                return new String(letters, StandardCharsets.US_ASCII);
        }
    }

    private byte[] randomBytes() {
        byte[] bytes = new byte[random.nextInt(12)];
        random.nextBytes(bytes);
        return bytes;
    }

    private boolean in(String versions) {
        int[] range = range(versions);
        return version >= range[0] && version <= range[1];
    }

    private static int[] range(String text) {
        if (text.isEmpty() || text.equals("none")) return new int[] {1, 0};
        if (text.endsWith("+")) return new int[] {Integer.parseInt(text.substring(0, text.length() - 1)), 32767};
        String[] ends = text.split("-");
        int first = Integer.parseInt(ends[0]);
        return new int[] {first, ends.length == 1 ? first : Integer.parseInt(ends[1])};
    }
}
