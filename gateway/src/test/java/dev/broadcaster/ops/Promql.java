package dev.broadcaster.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The contents of a Prometheus query: each metric with the labels that its selectors name, and the labels that it
 * groups or joins by. It reads the tokens only; promtool checks the syntax.
 *
 * @param selected the names of labels by the name of the metric
 * @param grouping the labels of {@code by}, {@code without}, {@code on} and similar keywords
 */
record Promql(Map<String, Set<String>> selected, Set<String> grouping) {
    private static final Pattern TOKEN = Pattern.compile(
            "\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*'" // strings
                    + "|\\[[^\\]]*\\]" // ranges
                    + "|[a-zA-Z_:][a-zA-Z0-9_:]*|[0-9.]+[a-zA-Z]*|=~|!~|!=|\\S");
    private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
    private static final Set<String> GROUPING = Set.of("by", "without", "on", "ignoring", "group_left", "group_right");
    private static final Set<String> OPERATORS = Set.of("and", "or", "unless", "bool", "offset", "atan2");

    static Promql of(String query) {
        List<String> tokens = new ArrayList<>();
        Matcher matcher = TOKEN.matcher(query);
        while (matcher.find()) {
            tokens.add(matcher.group());
        }
        Promql found = new Promql(new TreeMap<>(), new TreeSet<>());
        for (int i = 0; i < tokens.size(); i++) {
            String token = tokens.get(i);
            String next = i + 1 < tokens.size() ? tokens.get(i + 1) : "";
            if (!NAME.matcher(token).matches() || OPERATORS.contains(token)) {
                continue;
            }
            if (GROUPING.contains(token)) {
                i = labels(tokens, i + 1, ")", found.grouping);
            } else if (next.equals("{")) {
                i = labels(tokens, i + 1, "}", found.selected.computeIfAbsent(token, name -> new TreeSet<>()));
            } else if (!next.equals("(") && !GROUPING.contains(next)) { // else a function, or an aggregation
                found.selected.computeIfAbsent(token, name -> new TreeSet<>());
            }
        }
        return found;
    }

    /** Takes the names between the bracket at {@code open} and its end; returns the index of the end. */
    private static int labels(List<String> tokens, int open, String end, Set<String> names) {
        int i = open + 1;
        while (!tokens.get(i).equals(end)) {
            if (NAME.matcher(tokens.get(i)).matches()) {
                names.add(tokens.get(i));
            }
            i++;
        }
        return i;
    }
}
