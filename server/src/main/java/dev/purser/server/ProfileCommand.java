package dev.purser.server;

import com.google.common.base.Splitter;
import com.google.common.base.Strings;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.ModelPools;
import dev.purser.core.model.ModelSource;
import dev.purser.core.model.TextEmbedding;
import dev.purser.core.model.TextEmbedding.Pooling;
import dev.purser.core.model.Variant;
import dev.purser.core.pricing.InstanceType;
import dev.purser.core.pricing.PriceBook;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.server.inputs.ModelInputs;
import dev.purser.server.profile.PoolFile;
import dev.purser.server.profile.ProfileListener;
import dev.purser.server.profile.ProfilePlan;
import dev.purser.server.profile.ProfileResult;
import dev.purser.server.profile.ProfileSubject;
import dev.purser.server.profile.Profiler;
import dev.purser.worker.ModelFiles;
import dev.purser.worker.WorkerCommand;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures a model on this machine. */
@Command(
        name = "profile",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Measures how long a model takes to start and to answer.",
        description = {
            "Runs a model on this machine: how long fresh workers take to start, step by step; how the time of an inference"
                    + " depends on threads and batch size, and how well the formula of SMIless says so; and what instances"
                    + " and functions of given sizes make of it. With --out all that goes into a model pool, for compare and"
                    + " serve. Do nothing else on the machine meanwhile.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  purser profile all-minilm-l6-v2-q --pool embeddings",
            "  purser profile all-minilm-l6-v2-q --pool embeddings --out here.json",
            "  purser profile mine.onnx --name mine --accuracy 0.81 --out pool.json",
            "  purser profile mine.onnx --threads 1 --batches 1,4 --starts 3 --format json",
        })
final class ProfileCommand implements Runnable {
    private final boolean terminal;

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(
            paramLabel = "MODEL",
            description = {"A variant of the pool that --pool names, or a network in an .onnx file."})
    private String model = "";

    @Option(
            names = "--pool",
            paramLabel = "NAME|FILE",
            description = {
                "The model pool that the variant is in: a shipped pool or a .json file.",
                "Default: none, for an .onnx file. Example: --pool embeddings"
            })
    private @Nullable String pool;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = {
                "What to call the variant.",
                "Default: as it is called in its pool, or the file's name. Example: --name resnet-18"
            })
    private @Nullable String name;

    @Option(
            names = "--accuracy",
            paramLabel = "SHARE",
            description = {
                "The variant's published accuracy, 0 to 1, which is not measured here.",
                "Default: that of the variant in its pool; an .onnx file has no default, and needs it with --out. Example:"
                        + " --accuracy 0.76"
            })
    private @Nullable Double accuracy;

    @Option(
            names = "--tokenizer",
            paramLabel = "FILE",
            description = {
                "For an .onnx file that embeds texts: its tokenizer.json.",
                "Default: none; the network's own tensors are sent. Example: --tokenizer tokenizer.json"
            })
    private @Nullable String tokenizer;

    @Option(
            names = "--pooling",
            paramLabel = "mean|cls",
            description = {
                "With --tokenizer: how the vectors of the tokens become one.",
                "Default: mean. Example: --pooling cls"
            })
    private Pooling pooling = Pooling.MEAN;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = {"With --tokenizer: where texts are cut off.", "Default: 256. Example: --max-tokens 512"})
    private int maxTokens = 256;

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description = {
                "What to send: a request of the protocol with one row in a .json file; or any other file with one text in"
                        + " each line, for a model that takes texts.",
                "Default: made up from what the model says of itself. Example: --input questions.txt"
            })
    private @Nullable Path input;

    @Option(
            names = "--text-words",
            paramLabel = "N",
            description = {"How many words a made-up text has.", "Default: 16. Example: --text-words 100"})
    private int textWords = ModelInputs.TEXT_WORDS;

    @Option(
            names = "--starts",
            paramLabel = "N",
            description = {"How many fresh workers are started.", "Default: 5. Example: --starts 20"})
    private int starts = 5;

    @Option(
            names = "--threads",
            paramLabel = "LIST",
            description = {
                "The threads of an inference that the formula is fitted to.",
                "Default: 1, 2, 4 and so on up to the processors of this machine. Example: --threads 1,2,3,4"
            })
    private @Nullable String threads;

    @Option(
            names = "--batches",
            paramLabel = "LIST",
            description = {"The batch sizes to measure.", "Default: 1,2,4,8,16. Example: --batches 1,8,32"})
    private String batches = "1,2,4,8,16";

    @Option(
            names = "--instance-types",
            paramLabel = "LIST",
            description = {
                "The instance types to write a profile for; each stands for as many processors of this machine.",
                "Default: c7a.medium,c7a.large. Example: --instance-types c7i.large"
            })
    private String types = "c7a.medium,c7a.large";

    @Option(
            names = "--slots",
            paramLabel = "N",
            description = {
                "Requests or batches at the same time on an instance; they share its processors evenly.",
                "Default: one on each of its processors. Example: --slots 1"
            })
    private @Nullable Integer slots;

    @Option(
            names = "--memory",
            paramLabel = "LIST",
            description = {
                "The memory sizes in MB to write a profile of a function for. 1769 MB stand for one processor; what is"
                        + " less for a share of it, by which the time is scaled and not measured.",
                "Default: 1769,3538. Example: --memory 885,1769"
            })
    private String memory = "1769,3538";

    @Option(
            names = "--price-book",
            paramLabel = "NAME|FILE",
            description = {
                "What knows the instance types: a shipped price book or a .json file.",
                "Default: us-east-1-2026. Example: --price-book us-east-1-2019"
            })
    private String priceBook = "us-east-1-2026";

    @Option(
            names = "--precision",
            paramLabel = "PERCENT",
            description = {
                "When a time is known well enough: when the 95 %% confidence interval of its median reaches no further than"
                        + " this either way.",
                "Default: 3. Example: --precision 1"
            })
    private double precision = 3;

    @Option(
            names = "--warm-up",
            paramLabel = "TIME",
            description = {
                "For how long each combination is run for nothing beforehand.",
                "Default: 1s. Example: --warm-up 3s"
            })
    private Duration warmUp = Duration.ofSeconds(1);

    @Option(
            names = "--time-limit",
            paramLabel = "TIME",
            description = {
                "When to stop measuring inferences at the latest, however well they are known.",
                "Default: 3m. Example: --time-limit 20m"
            })
    private Duration timeLimit = Duration.ofMinutes(3);

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = {
                "The model pool (.json) to put the variant into; it is made where there is none, and the other variants of"
                        + " one that there is stay. Beside it FILE-settings.json says how long workers take to boot here, for"
                        + " 'purser compare --settings'.",
                "Default: nothing is written. Example: --out here.json"
            })
    private @Nullable Path out;

    @Option(
            names = "--format",
            paramLabel = "table|json",
            description = {"What to print.", "Default: table. Example: --format json"})
    private OutputFormat format = OutputFormat.TABLE;

    ProfileCommand(boolean terminal) {
        this.terminal = terminal;
    }

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        ProfileSubject subject = subject();
        ProfilePlan plan = plan();
        PoolFile file = out == null ? null : new PoolFile(out);
        if (file != null && subject.accuracy() == null) {
            throw new InputException(
                    "--accuracy",
                    "",
                    "is not given, and a variant cannot be written without it",
                    "give the figure that was published for the model, for example --accuracy 0.76");
        }
        PrintWriter printed = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        ProfileResult result;
        try (Line line = new Line(err, terminal)) {
            result = new Profiler(subject, plan, WorkerCommand.ofThisProcess(), ModelFiles.inUserCache(), line).run();
        }
        if (file != null) {
            file.put(result.toVariant(subject, file.directory()), "Measured on " + result.machine());
            file.put(result.settings());
        }
        printed.print(format == OutputFormat.JSON ? Json.write(result) : ProfileTable.of(result));
        printed.flush();
        ProfileTable.warnings(result, plan).forEach(warning -> err.println("purser: " + warning));
        if (file != null) {
            err.println("profile: " + out + "; how workers boot here: " + file.settings());
        }
    }

    private ProfileSubject subject() {
        if (pool != null) {
            ModelPool loaded = ModelPools.load(pool);
            Variant variant = loaded.variant(model);
            if (variant.chain() != null) {
                throw new InputException(
                        "pool " + loaded.name(),
                        "variant '" + model + "'",
                        "is split, and has no network of its own",
                        "profile the .onnx file of a part, or of the whole model");
            }
            if (variant.model() == null) {
                throw new InputException(
                        "pool " + loaded.name(),
                        "variant '" + model + "'",
                        "does not say where its network is, so it can only be simulated",
                        "give it a model, or profile an .onnx file");
            }
            if (tokenizer != null) {
                throw new InputException(
                        "--tokenizer", "", "is for .onnx files; the pool says what its variants need", "");
            }
            boolean shipped = ModelPools.names().contains(pool);
            return new ProfileSubject(
                    name == null ? variant.name() : name,
                    accuracy == null ? Double.valueOf(variant.accuracy()) : accuracy,
                    accuracy == null ? variant.observedAccuracy() : null,
                    variant.model(),
                    shipped ? null : Path.of(pool).toAbsolutePath().getParent());
        }
        if (!model.endsWith(".onnx")) {
            throw new InputException(
                    "MODEL",
                    "",
                    "'" + model + "' is no .onnx file, and no pool is named that it could be a variant of",
                    "name its pool, for example --pool embeddings");
        }
        if (!Files.isRegularFile(Path.of(model))) {
            throw new InputException("MODEL", "", "there is no file '" + model + "'", "");
        }
        if (accuracy != null && !(accuracy >= 0 && accuracy <= 1)) {
            throw new InputException("--accuracy", "", "is " + accuracy + ", but it must be 0 to 1", "81 % is 0.81");
        }
        String file = String.valueOf(Path.of(model).getFileName());
        return new ProfileSubject(
                name == null ? file.replaceFirst("\\.onnx$", "") : name,
                accuracy,
                null,
                new ModelSource(model, text()),
                null);
    }

    private @Nullable TextEmbedding text() {
        if (tokenizer == null) {
            return null;
        }
        try {
            return new TextEmbedding(tokenizer, pooling, maxTokens, "");
        } catch (IllegalArgumentException e) {
            throw new InputException("--max-tokens", "", String.valueOf(e.getMessage()), "");
        }
    }

    private ProfilePlan plan() {
        PriceBook book = PriceBooks.load(priceBook);
        List<InstanceType> instanceTypes =
                pieces(types).stream().map(book::instanceType).toList();
        if (textWords < 1 || textWords > ModelInputs.MAX_TEXT_WORDS) {
            throw new InputException(
                    "--text-words", "", "is " + textWords + ", but it must be 1 to " + ModelInputs.MAX_TEXT_WORDS, "");
        }
        try {
            return new ProfilePlan(
                    threads == null ? powersOfTwo() : numbers("--threads", threads),
                    numbers("--batches", batches),
                    starts,
                    instanceTypes,
                    slots,
                    numbers("--memory", memory),
                    input,
                    textWords,
                    warmUp,
                    timeLimit,
                    precision);
        } catch (IllegalArgumentException e) {
            throw InputExceptions.ofOption(e);
        }
    }

    private static List<Integer> powersOfTwo() {
        int processors = Runtime.getRuntime().availableProcessors();
        return IntStream.iterate(1, n -> n <= processors, n -> 2 * n).boxed().toList();
    }

    private static List<String> pieces(String list) {
        return Splitter.on(',').trimResults().omitEmptyStrings().splitToList(list);
    }

    private static List<Integer> numbers(String option, String list) {
        return pieces(list).stream()
                .map(piece -> {
                    try {
                        return Integer.valueOf(piece);
                    } catch (NumberFormatException e) {
                        throw new InputException(
                                option, "", "'" + piece + "' is not a whole number", "write a list such as 1,2,4");
                    }
                })
                .toList();
    }

    /** A line on stderr that says how far it is; nothing where nobody watches. */
    private static final class Line implements ProfileListener, AutoCloseable {
        private static final int WIDTH = 30;

        private final PrintWriter err;
        private final boolean shown;
        private int length;

        Line(PrintWriter err, boolean shown) {
            this.err = err;
            this.shown = shown;
        }

        @Override
        public void progress(String doing, double share) {
            int full = (int) (WIDTH * share);
            draw("[" + "#".repeat(full) + ".".repeat(WIDTH - full) + "] " + doing);
        }

        private void draw(String line) {
            if (shown) {
                err.print("\r" + Strings.padEnd(line, length, ' '));
                err.flush();
                length = line.length();
            }
        }

        @Override
        public void close() {
            draw("");
            draw("\r");
        }
    }
}
