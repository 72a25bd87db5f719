package dev.purser.core.trace;

import dev.purser.core.InputException;
import dev.purser.core.Names;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/** Reads {@code kind:key=value,...}; all problems are reported at once. */
final class GeneratorExpression {
    private static final Map<String, Kind> KINDS = kindsByName();

    private final String where;
    private final Map<String, String> given;
    private final List<String> problems = new ArrayList<>();

    private record Kind(List<String> keys, Set<String> optional, Function<GeneratorExpression, ArrivalTrace> make) {}

    private static Map<String, Kind> kindsByName() {
        Map<String, Kind> kinds = new LinkedHashMap<>();
        kinds.put("constant", new Kind(List.of("rate", "spacing", "duration"), Set.of("spacing"), e -> {
            double rate = e.number("rate");
            TraceGenerators.Spacing spacing = e.spacing();
            Duration duration = e.duration("duration", "");
            return e.check(() -> TraceGenerators.constant(rate, spacing, duration));
        }));
        kinds.put(
                "diurnal",
                new Kind(List.of("mean", "amplitude", "period", "phase", "duration"), Set.of("period", "phase"), e -> {
                    double mean = e.number("mean");
                    double amplitude = e.number("amplitude");
                    Duration period = e.duration("period", "24h");
                    Duration phase = e.duration("phase", "0s");
                    Duration duration = e.duration("duration", "");
                    return e.check(() -> TraceGenerators.diurnal(mean, amplitude, period, phase, duration));
                }));
        kinds.put(
                "flash-crowd",
                new Kind(List.of("base", "factor", "start", "ramp", "hold", "decay", "duration"), Set.of("hold"), e -> {
                    double base = e.number("base");
                    double factor = e.number("factor");
                    Duration start = e.duration("start", "");
                    Duration ramp = e.duration("ramp", "");
                    Duration hold = e.duration("hold", "0s");
                    Duration decay = e.duration("decay", "");
                    Duration duration = e.duration("duration", "");
                    return e.check(() -> TraceGenerators.flashCrowd(base, factor, start, ramp, hold, decay, duration));
                }));
        kinds.put("mmpp", new Kind(List.of("rates", "sojourn", "duration"), Set.of(), e -> {
            double[] rates = e.numbers("rates");
            Duration[] sojourns = e.durations("sojourn");
            Duration duration = e.duration("duration", "");
            return e.check(() -> TraceGenerators.mmpp(rates, sojourns, duration));
        }));
        kinds.put("map2", new Kind(List.of("d0", "d1", "duration"), Set.of(), e -> {
            double[] d0 = e.numbers("d0");
            double[] d1 = e.numbers("d1");
            Duration duration = e.duration("duration", "");
            return e.check(() -> TraceGenerators.map2(d0, d1, duration));
        }));
        return kinds;
    }

    private GeneratorExpression(String where, Map<String, String> given) {
        this.where = where;
        this.given = given;
    }

    static Set<String> kinds() {
        return KINDS.keySet();
    }

    static ArrivalTrace parse(String text) {
        String where = "trace '" + text + "'";
        String[] parts = text.split(":", 2);
        Kind kind = KINDS.get(parts[0]);
        if (kind == null) {
            throw new InputException(
                    where,
                    "",
                    "there is no generator '" + parts[0] + "'",
                    Names.suggest("generator", KINDS.keySet(), parts[0]));
        }
        Map<String, String> given = new LinkedHashMap<>();
        GeneratorExpression expression = new GeneratorExpression(where, given);
        String settings = parts.length < 2 ? "" : parts[1];
        for (String setting : settings.isEmpty() ? new String[0] : settings.split(",", -1)) {
            expression.take(setting, kind);
        }
        for (String key : kind.keys) {
            if (!given.containsKey(key) && !kind.optional.contains(key)) {
                expression.problems.add("key '" + key + "' is missing; the keys of " + parts[0] + " are "
                        + String.join(", ", kind.keys)
                        + (kind.optional.isEmpty()
                                ? ""
                                : ", of which "
                                        + String.join(
                                                " and ",
                                                kind.optional.stream().sorted().toList())
                                        + " may be left out"));
            }
        }
        return kind.make.apply(expression);
    }

    private void take(String setting, Kind kind) {
        String[] pair = setting.split("=", 2);
        String key = pair[0].strip();
        if (pair.length < 2) {
            problems.add("'" + setting + "' is not of the form key=value");
        } else if (!kind.keys.contains(key)) {
            problems.add("there is no key '" + key + "'; maybe " + Names.suggest("key", kind.keys, key));
        } else if (given.putIfAbsent(key, pair[1].strip()) != null) {
            problems.add("key '" + key + "' is given twice");
        }
    }

    /** Makes the trace where all of its values could be read. */
    private ArrivalTrace check(Supplier<ArrivalTrace> make) {
        if (!problems.isEmpty()) {
            throw new InputException(where, problems);
        }
        return make.get();
    }

    private double number(String key) {
        return number(key, given.getOrDefault(key, "0"));
    }

    private double number(String key, String text) {
        double value = Numbers.decimal(text.toCharArray(), 0, text.length());
        if (Double.isNaN(value)) {
            problems.add("key '" + key + "': '" + text + "' is not a number");
        }
        return value;
    }

    private double[] numbers(String key) {
        return Arrays.stream(given.getOrDefault(key, "0").split("/", -1))
                .mapToDouble(t -> number(key, t))
                .toArray();
    }

    private Duration duration(String key, String otherwise) {
        String text = given.getOrDefault(key, otherwise);
        return text.isEmpty() && !given.containsKey(key) ? Duration.ZERO : read(key, text);
    }

    private Duration[] durations(String key) {
        return given.containsKey(key)
                ? Arrays.stream(given.getOrDefault(key, "").split("/", -1))
                        .map(t -> read(key, t))
                        .toArray(Duration[]::new)
                : new Duration[0];
    }

    private Duration read(String key, String text) {
        Optional<Duration> duration = Durations.parse(text);
        if (duration.isEmpty()) {
            problems.add("key '" + key + "': '" + text + "' is not a duration, such as 90s, 1h30m or 250ms");
        }
        return duration.orElse(Duration.ZERO);
    }

    private TraceGenerators.Spacing spacing() {
        String text = given.getOrDefault("spacing", "poisson");
        return switch (text) {
            case "poisson" -> TraceGenerators.Spacing.POISSON;
            case "even" -> TraceGenerators.Spacing.EVEN;
            default -> {
                problems.add("key 'spacing': '" + text + "' is neither poisson nor even");
                yield TraceGenerators.Spacing.POISSON;
            }
        };
    }
}
