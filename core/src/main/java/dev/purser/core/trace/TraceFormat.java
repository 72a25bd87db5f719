package dev.purser.core.trace;

import dev.purser.core.InputException;
import dev.purser.core.Names;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The layouts of trace files that can be read. All are CSV with a header, gzipped or not. */
public enum TraceFormat {
    /** Requests per step: {@code second,requests}, or {@code minute} or {@code hour}; the time is that of the step's start. */
    COUNTS("counts", "second|minute|hour,requests"),

    /** A row per request: seconds from the trace's start in the first column, others ignored. */
    REQUESTS("requests", "arrival_s|t_s,..."),

    /**
     * Azure Functions 2019 (Shahrad et al., "Serverless in the Wild", ATC 2020): a row per function with its invocations
     * in each minute of a day.
     */
    AZURE_2019("azure-2019", "HashOwner,HashApp,HashFunction,Trigger,1,2,...,1440"),

    /**
     * Azure Functions 2021 (Zhang et al., "Faster and Cheaper Serverless Computing on Harvested Resources", SOSP 2021):
     * a row per invocation with its end and its duration in seconds.
     */
    AZURE_2021("azure-2021", "app,func,end_timestamp,duration");

    private final String title;
    private final String header;

    TraceFormat(String title, String header) {
        this.title = title;
        this.header = header;
    }

    /** The name on a command line and in JSON, e.g. {@code azure-2019}. */
    public String title() {
        return title;
    }

    /**
     * @param title e.g. {@code azure-2019}
     * @throws InputException where there is no such format
     */
    public static TraceFormat named(String title) {
        return Arrays.stream(values())
                .filter(f -> f.title.equals(title))
                .findFirst()
                .orElseThrow(() -> new InputException(
                        "trace format",
                        "",
                        "there is no '" + title + "'",
                        Names.suggest(
                                "format",
                                Arrays.stream(values()).map(f -> f.title).toList(),
                                title)));
    }

    /** The format with this header, if there is one. */
    static Optional<TraceFormat> of(List<String> header) {
        return Arrays.stream(values()).filter(f -> f.has(header)).findFirst();
    }

    private boolean has(List<String> header) {
        List<String> names =
                header.stream().map(n -> n.toLowerCase(Locale.ROOT)).toList();
        return switch (this) {
            case COUNTS ->
                names.size() == 2
                        && unit(names.getFirst()).isPresent()
                        && names.get(1).equals("requests");
            case REQUESTS ->
                names.getFirst().equals("arrival_s") || names.getFirst().equals("t_s");
            case AZURE_2019 ->
                names.size() > 4
                        && names.subList(0, 4).equals(List.of("hashowner", "hashapp", "hashfunction", "trigger"))
                        && numbered(names.subList(4, names.size()));
            case AZURE_2021 -> names.equals(List.of("app", "func", "end_timestamp", "duration"));
        };
    }

    private static boolean numbered(List<String> minutes) {
        for (int i = 0; i < minutes.size(); i++) {
            if (!minutes.get(i).equals(Integer.toString(i + 1))) {
                return false;
            }
        }
        return true;
    }

    /** Whether a file that is said to have this format can be read so. Plain times need no particular header. */
    boolean takes(List<String> header) {
        return switch (this) {
            case COUNTS -> header.size() == 2;
            case REQUESTS -> true;
            case AZURE_2019, AZURE_2021 -> has(header);
        };
    }

    /** The unit of a time column in nanoseconds. */
    static Optional<Long> unit(String column) {
        return switch (column.toLowerCase(Locale.ROOT)) {
            case "second" -> Optional.of(1_000_000_000L);
            case "minute" -> Optional.of(60_000_000_000L);
            case "hour" -> Optional.of(3_600_000_000_000L);
            default -> Optional.empty();
        };
    }

    String header() {
        return header;
    }

    static String remedy() {
        return "the headers known are "
                + Arrays.stream(values())
                        .map(f -> "'" + f.header + "' (" + f.title + ")")
                        .collect(Collectors.joining(", "));
    }
}
