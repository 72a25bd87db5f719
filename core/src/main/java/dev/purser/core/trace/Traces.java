package dev.purser.core.trace;

import dev.purser.core.InputException;
import dev.purser.core.Names;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Where arrival traces come from: files, expressions, names, and other traces. */
public final class Traces {
    private Traces() {}

    /** Reads a file with the {@linkplain ReadOptions#defaults default options}, see {@link #read(Path, ReadOptions)}. */
    public static ArrivalTrace read(Path file) {
        return read(file, ReadOptions.defaults());
    }

    /**
     * Reads a trace file, in one of the {@linkplain TraceFormat formats}, gzipped or not. The whole file is read once
     * here, to check it and to find its length and total, and again by each pass; its rows are not kept. The file must
     * stay in place unchanged.
     *
     * @param file the file
     * @param options how to read it
     * @return the trace, named after the file; for formats of counts a {@link CountTrace}
     * @throws InputException where the file cannot be read or a row of it is wrong
     */
    public static ArrivalTrace read(Path file, ReadOptions options) {
        List<String> header;
        try (CsvFile csv = new CsvFile(file, (index, buffer, offset, length) -> {})) {
            header = csv.header();
        }
        String found = String.join(",", header);
        String shown = found.length() > 200 ? found.substring(0, 200) + "..." : found;
        TraceFormat format = options.format()
                .orElseGet(() -> TraceFormat.of(header)
                        .orElseThrow(() -> new InputException(
                                file.toString(),
                                "line 1",
                                "the header '" + shown + "' is not that of a trace",
                                TraceFormat.remedy())));
        if (!format.takes(header)) {
            throw new InputException(
                    file.toString(),
                    "line 1",
                    "the header '" + shown + "' is not that of the format " + format.title(),
                    "its header is '" + format.header() + "'");
        }
        String name = name(file);
        return switch (format) {
            case COUNTS -> CountFile.read(file, name, options);
            case REQUESTS -> RequestFile.read(file, name);
            case AZURE_2019 -> AzureFunctions.read2019(file, name, options);
            case AZURE_2021 -> AzureFunctions.read2021(file, name, options);
        };
    }

    private static String name(Path file) {
        Path last = file.getFileName();
        return last == null ? file.toString() : last.toString().replaceFirst("(\\.csv)?(\\.gz)?$", "");
    }

    /** The trace that a text means, files read with the {@linkplain ReadOptions#defaults default options}. */
    public static ArrivalTrace of(String text) {
        return of(text, ReadOptions.defaults());
    }

    /**
     * The trace that a text on a command line or in JSON means: a {@linkplain BuiltInTraces built-in trace} by its name,
     * a generator such as {@code diurnal:mean=100,amplitude=0.3,duration=24h} (see {@link TraceGenerators#parse}), or
     * else the path of a file.
     *
     * @param text name, expression or path
     * @param options how to read a file
     * @throws InputException where it is none of these or is wrong
     */
    public static ArrivalTrace of(String text, ReadOptions options) {
        if (BuiltInTraces.names().contains(text)) {
            return BuiltInTraces.named(text);
        }
        if (TraceGenerators.isExpression(text)) {
            return TraceGenerators.parse(text);
        }
        Path file;
        try {
            file = Path.of(text);
        } catch (InvalidPathException e) {
            throw unknown(text);
        }
        if (!Files.exists(file)) {
            throw unknown(text);
        }
        return read(file, options);
    }

    private static InputException unknown(String text) {
        List<String> known = new ArrayList<>(BuiltInTraces.names());
        TraceGenerators.kinds().forEach(k -> known.add(k + ":..."));
        return new InputException(
                "trace '" + text + "'",
                "",
                "is no file, no built-in trace and no generator",
                Names.suggest("trace", known, text));
    }

    /**
     * Several traces at the same time, each with its own random numbers. As long as the longest of them.
     *
     * @param name what reports call the trace
     * @param traces at least one
     */
    public static ArrivalTrace superpose(String name, List<? extends ArrivalTrace> traces) {
        return new SuperposedTrace(name, traces);
    }

    /** Several traces at the same time, named after them all, see {@link #superpose(String, List)}. */
    public static ArrivalTrace superpose(ArrivalTrace... traces) {
        List<ArrivalTrace> all = List.of(traces);
        return superpose(String.join(" + ", all.stream().map(ArrivalTrace::name).toList()), all);
    }
}
