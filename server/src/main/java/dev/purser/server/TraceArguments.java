package dev.purser.server;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import dev.purser.core.InputException;
import dev.purser.core.json.Durations;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.core.trace.BuiltInTraces;
import dev.purser.core.trace.ReadOptions;
import dev.purser.core.trace.TraceGenerators;
import dev.purser.core.trace.Traces;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Traces as they are named on a command line. */
final class TraceArguments {
    /** What is taken of a built-in trace where no duration is given. */
    static final Duration BUILT_IN_DURATION = Duration.ofHours(1);

    private TraceArguments() {}

    /**
     * A trace to run.
     *
     * @param name what results call it: a file's name without extensions, else what was given
     * @param source what was given
     * @param arrivals the part asked for
     */
    record NamedTrace(String name, String source, ArrivalTrace arrivals) {}

    /**
     * The part of each trace to take.
     *
     * @param from where it begins
     * @param duration how long; null for 1 h of a built-in trace and all the rest of any other
     * @param meanRate what to scale the part's mean to, in requests per second; null to leave it
     */
    record Window(
            Duration from,
            @Nullable Duration duration,
            @Nullable Double meanRate) {}

    /** Cuts at the commas, but not at those inside a generator expression. */
    static List<String> split(List<String> values) {
        List<String> result = new ArrayList<>();
        for (String value : values) {
            int first = result.size();
            for (String piece :
                    Splitter.on(',').trimResults().omitEmptyStrings().split(value)) {
                int last = result.size() - 1;
                if (last >= first && isExpression(result.get(last)) && piece.matches("[\\w-]+\\s*=.*")) {
                    result.set(last, result.get(last) + "," + piece);
                } else {
                    result.add(piece);
                }
            }
        }
        return result;
    }

    private static boolean isExpression(String text) {
        int colon = text.indexOf(':');
        return colon > 0 && TraceGenerators.kinds().contains(text.substring(0, colon));
    }

    /**
     * Reads traces.
     *
     * @param values as given; the built-in traces where empty
     * @param options how to read files
     * @param window the part of each to take; null for all of it
     * @throws InputException if one cannot be read, is shorter than the window, or two have the same name
     */
    static ImmutableList<NamedTrace> load(List<String> values, ReadOptions options, @Nullable Window window) {
        List<String> sources = values.isEmpty() ? List.copyOf(BuiltInTraces.names()) : split(values);
        if (sources.isEmpty()) {
            throw new InputException("--trace", "", "is empty", "name a file, a built-in trace or a generator");
        }
        ImmutableList.Builder<NamedTrace> result = ImmutableList.builder();
        Set<String> names = new HashSet<>();
        for (String source : sources) {
            String name = name(source);
            if (!names.add(name)) {
                throw new InputException(
                        "--trace",
                        "",
                        "two traces are called '" + name + "', so results could not tell them apart",
                        "give each trace once, or rename one of the files");
            }
            ArrivalTrace whole = Traces.of(source, options);
            result.add(new NamedTrace(name, source, window == null ? whole : part(source, whole, window)));
        }
        return result.build();
    }

    private static ArrivalTrace part(String source, ArrivalTrace whole, Window window) {
        if (window.from().compareTo(whole.duration()) >= 0) {
            throw new InputException(
                    "--from",
                    "",
                    Durations.format(window.from()) + " is beyond the end of trace '" + source + "', which is "
                            + Durations.format(whole.duration()) + " long",
                    "begin earlier");
        }
        Duration rest = whole.duration().minus(window.from());
        Duration length = window.duration() != null
                ? window.duration()
                : BuiltInTraces.names().contains(source) && rest.compareTo(BUILT_IN_DURATION) > 0
                        ? BUILT_IN_DURATION
                        : rest;
        if (length.compareTo(rest) > 0) {
            throw new InputException(
                    "--duration",
                    "",
                    Durations.format(length) + " from " + Durations.format(window.from())
                            + " reaches beyond the end of trace '" + source + "', which is "
                            + Durations.format(whole.duration()) + " long",
                    "--duration " + Durations.format(rest) + " takes all the rest");
        }
        ArrivalTrace part = whole.window(window.from(), length);
        return window.meanRate() == null ? part : part.scaleToMean(window.meanRate());
    }

    /** What results call a trace. */
    static String name(String source) {
        if (BuiltInTraces.names().contains(source) || isExpression(source)) {
            return source;
        }
        Path file = Path.of(source).getFileName();
        String name = file == null ? source : file.toString();
        String plain = name.replaceFirst("\\.gz$", "").replaceFirst("(?<=.)\\.[A-Za-z][A-Za-z0-9]*$", "");
        return plain.isEmpty() ? name : plain;
    }
}
