import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.ConsumerGroupPartitionAssignor;
import org.apache.kafka.coordinator.group.api.assignor.MemberAssignment;
import org.apache.kafka.coordinator.group.api.assignor.SubscribedTopicDescriber;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;
import org.apache.kafka.coordinator.group.assignor.RangeAssignor;
import org.apache.kafka.coordinator.group.assignor.UniformAssignor;
import org.apache.kafka.coordinator.group.modern.Assignment;
import org.apache.kafka.coordinator.group.modern.GroupSpecImpl;
import org.apache.kafka.coordinator.group.modern.MemberSubscriptionAndAssignmentImpl;

/**
 * What Kafka's own assignors make of groups. Reads one JSON object per line:
 *   { "assignor", "topics": { id: partitions }, "members": { id: { "instance", "topics": [id], "assignment": { id: [partition] } } } }
 * and answers each with { member: { topic: [partition] } }. Members are given to the assignor in the order of their ids.
 */
public final class Assignors {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) out.println(answer(JSON.readTree(line)));
        out.flush();
    }

    private static ObjectNode answer(JsonNode question) {
        Map<Uuid, Integer> counts = new HashMap<>();
        question.get("topics").fields().forEachRemaining(
            topic -> counts.put(Uuid.fromString(topic.getKey()), topic.getValue().asInt()));
        Map<String, MemberSubscriptionAndAssignmentImpl> members = new TreeMap<>();
        Map<Uuid, Map<Integer, String>> owners = new HashMap<>();
        Set<Set<Uuid>> subscriptions = new HashSet<>();
        question.get("members").fields().forEachRemaining(entry -> {
            JsonNode member = entry.getValue();
            Set<Uuid> topics = new HashSet<>();
            member.get("topics").forEach(topic -> topics.add(Uuid.fromString(topic.asText())));
            subscriptions.add(topics);
            Map<Uuid, Set<Integer>> assignment = new HashMap<>();
            member.get("assignment").fields().forEachRemaining(topic -> {
                Uuid id = Uuid.fromString(topic.getKey());
                Set<Integer> partitions = new HashSet<>();
                topic.getValue().forEach(partition -> partitions.add(partition.asInt()));
                assignment.put(id, partitions);
                Map<Integer, String> inverted = owners.computeIfAbsent(id, ignored -> new HashMap<>());
                partitions.forEach(partition -> inverted.put(partition, entry.getKey()));
            });
            Optional<String> instance = Optional.ofNullable(member.get("instance").textValue());
            members.put(entry.getKey(), new MemberSubscriptionAndAssignmentImpl(
                Optional.empty(), instance, topics, new Assignment(assignment)));
        });
        SubscriptionType type =
            subscriptions.size() == 1 ? SubscriptionType.HOMOGENEOUS : SubscriptionType.HETEROGENEOUS;
        ConsumerGroupPartitionAssignor assignor =
            question.get("assignor").asText().equals("range") ? new RangeAssignor() : new UniformAssignor();
        return describe(assignor.assign(new GroupSpecImpl(members, type, owners), describer(counts)).members());
    }

    private static SubscribedTopicDescriber describer(Map<Uuid, Integer> counts) {
        return new SubscribedTopicDescriber() {
            @Override
            public int numPartitions(Uuid topicId) {
                return counts.getOrDefault(topicId, -1);
            }

            @Override
            public Set<String> racksForPartition(Uuid topicId, int partition) {
                return Set.of();
            }
        };
    }

    private static ObjectNode describe(Map<String, MemberAssignment> assignments) {
        ObjectNode answer = JSON.createObjectNode();
        assignments.forEach((memberId, assignment) -> {
            ObjectNode topics = answer.putObject(memberId);
            assignment.partitions().forEach((topicId, partitions) -> {
                ArrayNode list = topics.putArray(topicId.toString());
                new TreeSet<>(partitions).forEach(list::add);
            });
        });
        return answer;
    }
}
