import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.io.File;

/**
 * Which topics patterns match as Kafka's broker compiles them. Reads { "names": [...], "patterns": [{ "pattern" }] } and
 * prints the same with what each pattern matches, or why it is refused: the table of test/coordinator/group/topic-patterns.json.
 */
public final class TopicPatterns {
    public static void main(String[] args) throws Exception {
        ObjectMapper json = new ObjectMapper();
        JsonNode table = json.readTree(new File(args[0]));
        for (JsonNode row : table.get("patterns")) describe((ObjectNode) row, table.get("names"));
        System.out.println(json.writeValueAsString(table));
    }

    private static void describe(ObjectNode row, JsonNode names) {
        row.retain("pattern");
        try {
            Pattern pattern = Pattern.compile(row.get("pattern").asText());
            ArrayNode matches = row.putArray("matches");
            for (JsonNode name : names) if (pattern.matcher(name.asText()).matches()) matches.add(name);
        } catch (PatternSyntaxException refused) {
            row.put("refused", refused.getDescription());
        }
    }
}
