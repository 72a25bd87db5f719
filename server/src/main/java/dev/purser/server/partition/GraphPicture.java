package dev.purser.server.partition;

import dev.purser.core.partition.Cut;
import dev.purser.core.partition.Layer;
import dev.purser.core.partition.LayerGraph;
import dev.purser.server.partition.PartitionReport.Plan;
import dev.purser.server.partition.PartitionReport.Row;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A plan as a picture (SVG, without anything from elsewhere): the parts from top to bottom, the layers of each folded to a
 * few groups that as little as possible crosses between, and what goes from part to part.
 */
public final class GraphPicture {
    private static final double MIB = 1_048_576.0;
    private static final int MOST_GROUPS = 10;
    private static final int MOST_TENSORS = 4;
    /** Of a part with so many parts beside it that groups would make the picture endless. */
    private static final int MANY_PARTS = 40;

    private static final int WIDTH = 720;
    private static final int LEFT = 24;
    private static final int GROUP = 34;
    private static final int HEAD = 50;
    private static final int LONGEST = 62;

    private final LayerGraph graph;
    private final Map<Integer, Cut> cuts = new HashMap<>();
    private final StringBuilder body = new StringBuilder();
    private int y = 16;

    private GraphPicture(LayerGraph graph) {
        this.graph = graph;
        graph.cuts().forEach(cut -> cuts.put(cut.after(), cut));
    }

    /** Layers that are drawn as one. */
    private record Group(int from, int to) {
        int layers() {
            return to - from + 1;
        }
    }

    /**
     * Draws a plan.
     *
     * @param name of the model
     * @param graph its layers
     * @param plan the plan
     * @return an SVG document
     */
    public static String of(String name, LayerGraph graph, Plan plan) {
        GraphPicture picture = new GraphPicture(graph);
        picture.text(
                LEFT,
                18,
                "title",
                name + ": " + count(plan.parts().size(), "part") + ", "
                        + String.format(
                                Locale.ROOT,
                                "%,d ms, $%.8f an invocation",
                                plan.ms(),
                                plan.usd().doubleValue()));
        picture.y += 28;
        picture.text(
                LEFT, 12, "note", "request: " + size(graph.layers().getFirst().outBytes()));
        picture.y += 18;
        int most = plan.parts().size() > MANY_PARTS ? 1 : MOST_GROUPS;
        for (Row part : plan.parts()) {
            picture.arrow();
            picture.part(part, most);
            if (part.part() < plan.parts().size()) {
                picture.crossing(part);
            }
        }
        picture.arrow();
        picture.text(
                LEFT, 12, "note", "answer: " + size(graph.layers().getLast().outBytes()));
        picture.y += 28;
        return String.format(Locale.ROOT, """
                <?xml version="1.0" encoding="UTF-8"?>
                <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img">
                <title>%s</title>
                <style>
                text { font-family: sans-serif; fill: #1d2733 }
                .title { font-size: 17px; font-weight: bold }
                .head { font-size: 14px; font-weight: bold }
                .name { font-size: 12px }
                .note { font-size: 11px; fill: #5a6775 }
                .sheet { fill: #ffffff }
                .part { fill: #eef3f8; stroke: #5b7fa6 }
                .group { fill: #ffffff; stroke: #c3cfdb }
                .weight { fill: #5b7fa6 }
                .wire { stroke: #5a6775; stroke-width: 1.5; fill: none }
                .tip { fill: #5a6775 }
                </style>
                <rect class="sheet" width="100%%" height="100%%"/>
                %s</svg>
                """, WIDTH, picture.y, WIDTH, picture.y, escaped(name), picture.body);
    }

    private void part(Row part, int most) {
        List<Group> groups = groups(part.firstLayer(), part.lastLayer(), most);
        int height = HEAD + groups.size() * GROUP + 6;
        rectangle("part", LEFT, y, WIDTH - 2 * LEFT, height);
        text(LEFT + 12, 21, "head", "part " + part.part() + (part.functions() > 1 ? " x " + part.functions() : ""));
        text(
                LEFT + 90,
                21,
                "name",
                String.format(
                        Locale.ROOT,
                        "%,d MB of memory, %,d ms, $%.8f",
                        part.memoryMb(),
                        part.ms(),
                        part.usd().doubleValue()));
        text(
                LEFT + 12,
                39,
                "note",
                String.format(
                        Locale.ROOT,
                        "%s, %s of weights, %.3f GMAC",
                        count(part.layers(), "layer"),
                        size(part.weightBytes()),
                        part.macs() / 1e9));
        y += HEAD;
        long heaviest = groups.stream().mapToLong(this::weights).max().orElse(1);
        for (Group group : groups) {
            group(group, Math.max(1, heaviest));
        }
        y += 6;
    }

    private void group(Group group, long heaviest) {
        rectangle("group", LEFT + 12, y, WIDTH - 2 * LEFT - 24, GROUP - 4);
        String first = graph.layers().get(group.from()).name();
        String last = graph.layers().get(group.to()).name();
        text(LEFT + 20, 13, "name", shortened(group.layers() == 1 ? first : first + " ... " + last, LONGEST));
        long weights = weights(group);
        text(LEFT + 20, 26, "note", shortened(types(group), LONGEST + 16));
        int bar = (int) Math.round(110.0 * weights / heaviest);
        if (weights > 0) {
            rectangle("weight", WIDTH - LEFT - 220, y + 10, Math.max(1, bar), 9);
            text(WIDTH - LEFT - 100, 18, "note", size(weights));
        }
        y += GROUP;
    }

    private void crossing(Row part) {
        arrow();
        List<String> names = part.leaves();
        String listed = names.stream()
                .limit(MOST_TENSORS)
                .map(name -> shortened(name, 40))
                .collect(Collectors.joining(", "));
        String rest = names.size() > MOST_TENSORS ? " and " + (names.size() - MOST_TENSORS) + " more" : "";
        text(
                LEFT,
                12,
                "name",
                count(names.size(), "tensor") + ", " + size(part.outBytes()) + " through the store: " + listed + rest);
        y += 18;
    }

    private void arrow() {
        int middle = WIDTH / 2;
        body.append(String.format(Locale.ROOT, "<path class=\"wire\" d=\"M%d %d v14\"/>%n", middle, y));
        body.append(String.format(Locale.ROOT, "<path class=\"tip\" d=\"M%d %d l-5 -8 h10 z\"/>%n", middle, y + 20));
        y += 22;
    }

    /** Few groups, divided where one tensor crosses as far as there are such places. */
    private List<Group> groups(int from, int to, int most) {
        List<Group> groups = new ArrayList<>();
        int start = from;
        for (int i = from; i <= to; i++) {
            Cut cut = cuts.get(i);
            if (i == to || (cut != null && cut.single())) {
                groups.add(new Group(start, i));
                start = i + 1;
            }
        }
        while (groups.size() > most) {
            int least = 0;
            for (int i = 1; i < groups.size() - 1; i++) {
                if (together(groups, i) < together(groups, least)) {
                    least = i;
                }
            }
            groups.set(
                    least,
                    new Group(groups.get(least).from(), groups.get(least + 1).to()));
            groups.remove(least + 1);
        }
        return groups;
    }

    private static int together(List<Group> groups, int i) {
        return groups.get(i).layers() + groups.get(i + 1).layers();
    }

    private long weights(Group group) {
        return layers(group).stream().mapToLong(Layer::paramBytes).sum();
    }

    private List<Layer> layers(Group group) {
        return graph.layers().subList(group.from(), group.to() + 1);
    }

    private String types(Group group) {
        Map<String, Integer> types = new LinkedHashMap<>();
        layers(group).forEach(layer -> types.merge(layer.type(), 1, Integer::sum));
        return types.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .map(type -> type.getValue() == 1 ? type.getKey() : type.getValue() + " " + type.getKey())
                .collect(Collectors.joining(", "));
    }

    private void rectangle(String style, int x, int top, int width, int height) {
        body.append(String.format(
                Locale.ROOT,
                "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>%n",
                style,
                x,
                top,
                width,
                height));
    }

    private void text(int x, int below, String style, String words) {
        body.append(String.format(
                Locale.ROOT, "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>%n", style, x, y + below, escaped(words)));
    }

    private static String count(int number, String what) {
        return String.format(Locale.ROOT, "%,d %s%s", number, what, number == 1 ? "" : "s");
    }

    static String size(long bytes) {
        if (bytes < 10 * 1024) {
            return String.format(Locale.ROOT, "%,d bytes", bytes);
        }
        return bytes < MIB
                ? String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0)
                : String.format(Locale.ROOT, "%.1f MiB", bytes / MIB);
    }

    private static String shortened(String words, int longest) {
        return words.length() <= longest
                ? words
                : words.substring(0, longest / 2 - 2) + " ... " + words.substring(words.length() - longest / 2 + 2);
    }

    /** For XML, without the characters that it has no place for. */
    private static String escaped(String words) {
        StringBuilder text = new StringBuilder();
        words.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> text.append("&amp;");
                case '<' -> text.append("&lt;");
                case '>' -> text.append("&gt;");
                default ->
                    text.appendCodePoint(
                            c < ' ' || (c >= 0xD800 && c <= 0xDFFF) || c == 0xFFFE || c == 0xFFFF ? 0xFFFD : c);
            }
        });
        return text.toString();
    }
}
