package dev.purser.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.purser.core.InputException;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.json.Durations;
import dev.purser.core.json.Json;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import dev.purser.sim.SimulatorSettings;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.Stack;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that say what to run, the same for every command that runs something. */
final class RunOptions {
    private static final Pattern RANGE = Pattern.compile("(-?\\d+)\\.\\.(-?\\d+)");
    private static final int MOST_SEEDS = 10_000;

    @Option(
            names = "--workload",
            paramLabel = "NAME|FILE",
            description = {
                "What is served, and what may be rented for it: a shipped workload or a .json file.",
                "Default: paragon-workload-1. Example: --workload spock-single"
            })
    private String workload = Workloads.names().getFirst();

    @Option(
            names = "--trace",
            paramLabel = "TRACE",
            description = {
                "When requests arrive: a file (counts or requests, .csv or .csv.gz), a built-in trace, or a generator"
                        + " expression. May be given several times, or as a list with commas.",
                "Default: the built-in traces wits-like, berkeley-like, twitter-like and wiki-like. Example: --trace"
                        + " wits-like,mine.csv --trace constant:rate=100,duration=10m"
            })
    private List<String> traces = List.of();

    @Mixin
    private TraceReadOptions reading = new TraceReadOptions();

    @Mixin
    private WindowOptions window = new WindowOptions();

    @Option(
            names = "--seed",
            paramLabel = "SEEDS",
            description = {
                "What decides all that chance decides: the same seed gives the same run. A number, a list, or a range.",
                "Default: 1. Example: --seed 1,2,5 or --seed 1..10"
            })
    private List<String> seeds = List.of("1");

    @Option(
            names = "--price-book",
            paramLabel = "NAME|FILE",
            description = {
                "What things cost: a shipped price book (us-east-1-2019, us-east-1-2026) or a .json file.",
                "Default: the one that the workload is meant for. Example: --price-book us-east-1-2026"
            })
    private @Nullable String priceBook;

    @Option(
            names = "--settings",
            paramLabel = "FILE",
            description = {
                "How the simulated platform behaves, as JSON: boot, start and service times and their spread. What the"
                        + " file leaves out keeps its default.",
                "Default: 100s to boot a VM, 4s to start a sandbox, 10 %% spread of service times. Example: --settings"
                        + " slow-boot.json, with {\"instanceBoot\": \"3m\"}"
            })
    private @Nullable Path settings;

    @Option(
            names = "--control-interval",
            paramLabel = "TIME",
            description = {"How often the provisioner makes a new plan.", "Default: 10s. Example: --control-interval 1m"
            })
    private Duration controlInterval = ControllerSettings.defaults().controlInterval();

    /** For picocli. */
    static Duration duration(String text) {
        try {
            return Durations.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Reads and checks everything that the options name.
     *
     * @param registry the policies
     * @param stackArguments stacks by name or file, lists with commas; the default ones where empty
     * @throws InputException if anything cannot be used
     */
    Experiment experiment(PolicyRegistry registry, List<String> stackArguments) {
        Workload served = Workloads.load(workload);
        ServiceCatalog catalog =
                new ServiceCatalog(served, PriceBooks.load(priceBook == null ? served.priceBook() : priceBook));
        if (controlInterval.isZero()) {
            throw new InputException("--control-interval", "", "is 0s, but it must be longer", "10s is usual");
        }
        Experiment experiment = new Experiment(
                registry,
                catalog,
                stacks(registry, stackArguments),
                TraceArguments.load(traces, reading.options(), window.window()),
                seeds(seeds),
                simulator(settings),
                ControllerSettings.defaults().withControlInterval(controlInterval));
        experiment.check();
        return experiment;
    }

    private static ImmutableList<Stack> stacks(PolicyRegistry registry, List<String> arguments) {
        List<String> names = new ArrayList<>();
        arguments.forEach(a ->
                names.addAll(Splitter.on(',').trimResults().omitEmptyStrings().splitToList(a)));
        if (names.isEmpty()) {
            names.addAll(CompareCommand.PUBLISHED);
        }
        if (names.remove("all")) {
            names.removeAll(registry.stackNames());
            names.addAll(0, registry.stackNames());
        }
        Set<String> seen = new HashSet<>();
        ImmutableList.Builder<Stack> stacks = ImmutableList.builder();
        for (String name : names) {
            Stack stack = registry.stack(name);
            if (!seen.add(stack.name()) || stack.name().equals(CostBound.NAME)) {
                throw new InputException(
                        "--stacks",
                        "",
                        stack.name().equals(CostBound.NAME)
                                ? "a stack cannot be called '" + CostBound.NAME + "': that is the bound's name"
                                : "two stacks are called '" + stack.name() + "', so results could not tell them apart",
                        "give each stack once, or another name in the file");
            }
            stacks.add(stack);
        }
        return stacks.build();
    }

    /** {@code 1,2,5} or {@code 1..10}. */
    static ImmutableSet<Long> seeds(List<String> values) {
        ImmutableSet.Builder<Long> seeds = ImmutableSet.builder();
        for (String value : values) {
            for (String piece : Splitter.on(',').trimResults().split(value)) {
                Matcher range = RANGE.matcher(piece);
                try {
                    long first = Long.parseLong(range.matches() ? range.group(1) : piece);
                    long last = range.matches() ? Long.parseLong(range.group(2)) : first;
                    if (last < first || last - first >= MOST_SEEDS) {
                        throw new InputException(
                                "--seed",
                                "",
                                "'" + piece + "' is a range of " + (last - first + 1) + " seeds",
                                "write a range as 1..10, with at most " + MOST_SEEDS + " seeds");
                    }
                    for (long seed = first; seed <= last; seed++) {
                        seeds.add(seed);
                    }
                } catch (NumberFormatException e) {
                    throw new InputException(
                            "--seed", "", "'" + piece + "' is not a whole number", "write 7, 1,2,5 or 1..10");
                }
            }
        }
        return seeds.build();
    }

    /** The settings in a file, which may leave out what is to stay as usual; the usual ones without a file. */
    static SimulatorSettings simulator(@Nullable Path file) {
        if (file == null) {
            return SimulatorSettings.defaults();
        }
        JsonNode given = Json.read(file, JsonNode.class);
        if (!(given instanceof ObjectNode changes)) {
            throw new InputException(
                    file.toString(), "", "holds no JSON object", "write {\"instanceBoot\": \"3m\"}, for example");
        }
        ObjectNode all = (ObjectNode) Json.parse("defaults", Json.write(SimulatorSettings.defaults()));
        all.setAll(changes);
        return Json.read(file.toString(), all, SimulatorSettings.class);
    }
}
