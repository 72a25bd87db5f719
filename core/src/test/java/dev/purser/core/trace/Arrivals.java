package dev.purser.core.trace;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.LongStream;

/** What the tests of this package share. */
final class Arrivals {
    static final long SECOND = 1_000_000_000L;

    private Arrivals() {}

    /** Every arrival of one pass; also checks that {@link ArrivalStream#END} repeats. */
    static long[] of(ArrivalTrace trace, long seed) {
        try (ArrivalStream stream = trace.open(seed)) {
            LongStream.Builder all = LongStream.builder();
            for (long at = stream.next(); at != ArrivalStream.END; at = stream.next()) {
                all.add(at);
            }
            if (stream.next() != ArrivalStream.END) {
                throw new AssertionError("the stream goes on after its end");
            }
            return all.build().toArray();
        }
    }

    static long[] plus(long[] times, long shift) {
        return Arrays.stream(times).map(t -> t + shift).toArray();
    }

    static long[] joined(long[] first, long[] second) {
        return LongStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
    }

    /** The recorded traces, which lie beside the repository or not at all. */
    static Optional<Path> recorded() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path traces = at.resolve("shared/data/traces");
            if (Files.isDirectory(traces)) {
                return Optional.of(traces);
            }
        }
        return Optional.empty();
    }
}
