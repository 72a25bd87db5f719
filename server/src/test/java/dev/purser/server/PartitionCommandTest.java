package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import dev.purser.partitioner.onnx.NetOptions;
import dev.purser.partitioner.onnx.Network;
import dev.purser.partitioner.onnx.OnnxModel;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;

final class PartitionCommandTest {
    /** Functions so small that the little network needs two. */
    private static final String TIGHT = """
            {"name": "tight", "source": "made up", "packageMib": 2.5, "dependenciesMib": 1, "codeMib": 0.1,
             "temporaryMib": 16, "minimumMemoryMb": 128, "memoryStepMb": 64, "maximumMemoryMb": 2048, "maximumParts": 6}
            """;

    @TempDir
    private static Path shared;

    @TempDir
    private Path directory;

    private static Path net;
    private static Path tight;

    @BeforeAll
    static void makeNet() throws IOException {
        net = shared.resolve("net.onnx");
        Network.MOBILENET.write(NetOptions.PUBLISHED.withSize(32).withWidth(0.25), net);
        tight = Files.writeString(shared.resolve("tight.json"), TIGHT);
    }

    private static Cli partition(String... arguments) {
        List<String> all = new ArrayList<>(List.of("partition"));
        all.addAll(Arrays.asList(arguments));
        return Cli.run(all.toArray(String[]::new));
    }

    private static Cli small(String... arguments) {
        List<String> all = new ArrayList<>(List.of(net.toString(), "--input", "batch=1", "--limits", tight.toString()));
        all.addAll(Arrays.asList(arguments));
        return partition(all.toArray(String[]::new));
    }

    @Test
    void writesPartsThatAnswerAsTheWholeModelDoes() throws Exception {
        Path out = directory.resolve("parts");
        Cli cli = small("--slo", "30s", "--out", out.toString(), "--verify", "--format", "json");

        assertThat(cli.code()).as(cli.err()).isZero();
        JsonNode report = cli.json();
        JsonNode parts = report.path("plan").path("parts");
        assertThat(parts).hasSizeGreaterThan(1);
        long ms = 0;
        BigDecimal usd = BigDecimal.ZERO;
        int layer = 1;
        JsonNode before = null;
        for (JsonNode part : parts) {
            ms += part.path("ms").longValue();
            usd = usd.add(part.path("usd").decimalValue());
            assertThat(part.path("firstLayer").intValue()).isEqualTo(layer);
            layer = part.path("lastLayer").intValue() + 1;
            assertThat(part.path("because")).isNotEmpty().allSatisfy(why -> {
                assertThat(why.path("code").textValue()).isNotBlank();
                assertThat(why.path("text").textValue()).isNotBlank().doesNotContain("{", "NaN");
            });
            JsonNode file = part.path("file");
            Path written = out.resolve(file.path("file").textValue());
            assertThat(written).hasSize(file.path("bytes").longValue());
            assertThat(OnnxModel.read(written).inputNames()).isEqualTo(texts(file.path("inputs")));
            if (before != null) {
                assertThat(texts(file.path("inputs")))
                        .isEqualTo(texts(before.path("outputs")))
                        .isEqualTo(texts(part.path("fetches")));
            }
            before = file;
        }
        assertThat(layer - 1).isEqualTo(report.path("model").path("layers").intValue());
        assertThat(report.path("plan").path("ms").longValue()).isEqualTo(ms).isLessThanOrEqualTo(30_000);
        assertThat(report.path("plan").path("usd").decimalValue()).isEqualByComparingTo(usd);
        assertThat(report.path("verification").path("largestDifference").doubleValue())
                .isLessThanOrEqualTo(1e-5);
        assertThat(report.path("verification").path("spread").doubleValue())
                .as("the model looks at its input")
                .isPositive()
                .isGreaterThan(10
                        * report.path("verification").path("largestDifference").doubleValue());
        assertServed(out.resolve("workload.json"), parts);

        assertThat(Json.read(out.resolve("plan.json"), JsonNode.class)).isEqualTo(report);
        assertThat(drawn(out.resolve("graph.svg")).getElementsByTagName("text").getLength())
                .isGreaterThan(parts.size());
        assertThat(Files.readString(out.resolve("graph.svg")))
                .contains("part " + parts.size())
                .doesNotContain("href", "<script");
        assertThat(names(directory)).as("nothing is left beside it").containsExactly("parts");
    }

    /** The deployment has the plan's functions. */
    private static void assertServed(Path file, JsonNode parts) {
        Workload workload = Workloads.load(file.toString());
        ServiceCatalog catalog = new ServiceCatalog(workload, PriceBooks.load(workload.priceBook()));
        assertThat(catalog.parts(0)).isEqualTo(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            assertThat(catalog.memoryOfPart(0, i))
                    .isEqualTo(parts.get(i).path("memoryMb").intValue());
        }
        assertThat(catalog.maxLatencyNanos(0)).isEqualTo(30_000_000_000L);
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.textValue()));
        return texts;
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    private static Document drawn(Path file) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        Document document = factory.newDocumentBuilder().parse(file.toFile());
        assertThat(document.getDocumentElement().getTagName()).isEqualTo("svg");
        return document;
    }

    @Test
    void showsThePlanItsReasonsAndWhatOthersWouldDo() {
        Cli cli = small("--slo", "30s");

        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(cli.err()).isEmpty();
        assertThat(cli.out())
                .contains("part  first layer", "part 1 ends after ", " crosses", "the model ends here", "limits tight")
                .contains("inside operators that the runtime merges")
                .containsPattern("amps-inf +\\d")
                .containsPattern("fastest +\\d")
                .containsPattern("random +\\d")
                .contains("equal-layers", "greedy-fill", "greedy-max-memory");
        assertThat(small("--verify").out()).contains("whole and split on 3 inputs");
    }

    @Test
    void theDefaultIsThePaperPlan() {
        Cli cli = partition("resnet50", "--slo", "20s", "--format", "json");

        assertThat(cli.code()).as(cli.err()).isZero();
        JsonNode plan = cli.json().path("plan");
        assertThat(plan.path("ms").longValue()).isEqualTo(19_943);
        assertThat(plan.path("usd").doubleValue()).isCloseTo(0.000385216881475, within(1e-15));
        assertThat(plan.path("parts").path(0).path("lastName").textValue()).isEqualTo("add_14");
        JsonNode random = beside(cli.json(), "random");
        assertThat(random.path("ms").doubleValue()).isCloseTo(23_506.2, within(0.1));
        assertThat(random.path("keepsSlo").doubleValue()).isCloseTo(0.56, within(0.005));
        assertThat(beside(cli.json(), "greedy-fill").path("usd").doubleValue()).isCloseTo(0.00038748, within(1e-8));
    }

    private static JsonNode beside(JsonNode report, String name) {
        for (JsonNode other : report.path("beside")) {
            if (other.path("name").textValue().equals(name)) {
                return other;
            }
        }
        throw new AssertionError("nothing is said of " + name);
    }

    @Test
    void theFrontGoesFromTheFastestToTheCheapest() {
        JsonNode front =
                small("--objective", "pareto", "--format", "json").json().path("front");

        assertThat(front).hasSizeGreaterThan(3);
        for (int i = 1; i < front.size(); i++) {
            assertThat(front.get(i).path("ms").longValue())
                    .isGreaterThan(front.get(i - 1).path("ms").longValue());
            assertThat(front.get(i).path("usd").decimalValue())
                    .isLessThan(front.get(i - 1).path("usd").decimalValue());
        }
        JsonNode cheapest = small("--format", "json").json().path("plan");
        JsonNode fastest =
                small("--objective", "time", "--format", "json").json().path("plan");
        assertThat(front.get(front.size() - 1).path("usd")).isEqualTo(cheapest.path("usd"));
        assertThat(front.get(0).path("ms")).isEqualTo(fastest.path("ms"));
        assertThat(small("--objective", "pareto").out()).contains("cut after: memory MB");
    }

    @Test
    void measuresTheLayersOfThisMachine() throws IOException {
        // a hundred thousand times as slow as any machine that this runs on
        Path slow = Files.writeString(directory.resolve("slow.json"), """
                {"name": "slow", "source": "made up", "startSeconds": 0.1, "loadSecondsPerMib": 0,
                 "computeSecondsPerGmac": 100000,
                 "speed": {"kind": "proportional", "mbPerVcpu": 1769, "maximumVcpus": 1}}
                """);
        String[] options = {"--calibration", slow.toString(), "--objective", "time", "--format", "json"};
        JsonNode estimated = small(options).json();
        String[] more = Arrays.copyOf(options, options.length + 2);
        more[options.length] = "--profile";
        more[options.length + 1] = "measured";
        JsonNode measured = small(more).json();

        assertThat(measured.path("setting").path("profile").textValue()).isEqualTo("measured");
        assertThat(measured.path("plan").path("ms").longValue())
                .isPositive()
                .isLessThan(estimated.path("plan").path("ms").longValue());
    }

    @Test
    void aLayerGraphIsPlannedAndDrawn() throws Exception {
        Path graph = Files.writeString(directory.resolve("graph.json"), chain(300, 50_000, 30));
        Path out = directory.resolve("out");
        Cli cli = partition(graph.toString(), "--limits", tight.toString(), "--parts", "3", "--out", out.toString());

        assertThat(cli.code()).as(cli.err()).isEqualTo(Main.INPUT_ERROR);
        assertThat(cli.err()).contains("no fewer than 11 functions hold it");
        cli = partition(graph.toString(), "--out", out.toString());
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(names(out)).containsExactly("graph.svg", "plan.json");
        int texts = drawn(out.resolve("graph.svg")).getElementsByTagName("text").getLength();
        assertThat(texts).as("300 layers are folded").isBetween(20, 60);
        assertThat(Files.readString(out.resolve("graph.svg"))).contains("layer&lt;1&gt;");
    }

    /** A chain whose first layer reads nothing and whose every {@code side}th also reads the one three before. */
    private static String chain(int layers, int bytes, int side) {
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            String inputs = i == 0 ? "" : i > 3 && i % side == 0 ? (i - 1) + ", " + (i - 3) : "" + (i - 1);
            rows.add("{\"i\": " + i + ", \"name\": \"layer<" + i + ">\", \"type\": \"Any\", \"inputs\": [" + inputs
                    + "], \"paramBytes\": " + (i == 0 ? 0 : bytes) + ", \"outBytes\": 1000, \"macs\": 1000000}");
        }
        return "{\"model\": \"chain\", \"layers\": [" + String.join(",\n", rows) + "]}";
    }

    @Test
    void whatOthersPlanStandsBesideTheOptimum() {
        JsonNode report =
                small("--partitioner", "greedy-max-memory", "--format", "json").json();

        assertThat(report.path("setting").path("partitioner").textValue()).isEqualTo("greedy-max-memory");
        assertThat(beside(report, "amps-inf").path("usd").doubleValue())
                .isLessThan(report.path("plan").path("usd").doubleValue());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --slo 0s                          | --slo: is 0s                                     |
            --slo soon                        | '--slo': 'soon' is not a duration                | purser help partition
            --budget 0                        | --budget: is 0                                   |
            --budget 0.00000001               | --budget: cannot be kept: the cheapest plan costs | for that plan, which cuts
            --limits lamda                    | limit: 'lamda' is neither                        | 'lambda'
            --calibration hot                 | calibration: 'hot' is neither                    | 'cold'
            --price-book us-east-1-2018       | price book: 'us-east-1-2018' is neither          | 'us-east-1-2019'
            --partitioner amps                | there is no partitioner 'amps'                   | 'amps-inf'
            --parts 0                         | --parts: is 0                                    |
            --parts 7                         | --parts: is 7, but the limits 'tight' allow 6    |
            --parts 2 --max-parts 3           | --parts: and --max-parts cannot both be given    | one of them
            --parts 1                         | no fewer than                                    | leave out --parts
            --batch 0                         | --batch: is 0                                    |
            --objective cheap                 | '--objective'                                    | purser help partition
            --objective pareto --verify       | --verify: is for one plan                        | --slo
            --objective pareto --partitioner random | makes one plan                             | leave it out
            --input image=1,3                 | has 4 dimensions                                 |
            --input image=1,3,x,32            | 'x' is no size                                   | image=1,3,224,224
            --input imag=1,3,32,32            | the model has no input 'imag'                    | 'image'
            --input-value imag=1              | there is none of this name to have values        | 'image'
            --input-value image=@nowhere      | nowhere cannot be read                           | a text file
            --input bath=1                    | no input leaves one of this name open            | 'batch'
            """)
    void mistakesAreExplained(String options, String problem, String maybe) {
        List<String> arguments = new ArrayList<>(List.of(options.split(" +")));
        if (!options.contains("--input ") || options.contains("bath")) {
            arguments.addAll(List.of("--input", "batch=1"));
        }
        if (!options.contains("--limits")) {
            arguments.addAll(List.of("--limits", tight.toString()));
        }
        arguments.addFirst(net.toString());
        assertMistake(arguments, problem, maybe == null ? "" : maybe);
    }

    private static String assertMistake(List<String> arguments, String problem, String maybe) {
        Cli cli = partition(arguments.toArray(String[]::new));
        assertThat(cli.code()).as("%s: %s", arguments, cli.err()).isEqualTo(Main.INPUT_ERROR);
        assertThat(cli.out()).isEmpty();
        assertThat(cli.err()).startsWith("purser: ").contains(problem).doesNotContain("\tat ");
        if (!maybe.isEmpty()) {
            assertThat(cli.err()).contains("Maybe: ").contains(maybe);
        }
        return cli.err();
    }

    @Test
    void anSloBelowTheFastestPlanOffersIt() {
        String said = assertMistake(
                List.of(net.toString(), "--input", "batch=1", "--limits", tight.toString(), "--slo", "1s"),
                "--slo: cannot be kept: the fastest plan takes ",
                "Maybe: --slo ");
        String offered = said.replaceAll("(?s).*Maybe: --slo (\\d+ms) .*", "$1");

        assertThat(small("--slo", offered).code()).isZero();
        assertThat(said).contains("cuts after ");
    }

    @Test
    void openSizesAreAskedFor() {
        assertMistake(
                List.of(net.toString()),
                "net.onnx: input 'image': of its shape batch,3,32,32 dimension 0 ('batch') is open, and has no value",
                "--input batch=1; or the whole shape, --input image=1,3,32,32");
    }

    @Test
    void aLayerThatFitsNoFunctionIsNamed() throws IOException {
        Path graph = Files.writeString(
                directory.resolve("graph.json"),
                chain(12, 1000, 100)
                        .replace(
                                "\"layer<7>\", \"type\": \"Any\", \"inputs\": [6], \"paramBytes\": 1000",
                                "\"layer<7>\", \"type\": \"Any\", \"inputs\": [6], \"paramBytes\": 104857600"));
        assertMistake(
                List.of(graph.toString()),
                "cannot be cut to fit 'lambda-2021': layer 7 (layer<7>) has 100 MiB of weights, and a package of 250 MiB has"
                        + " room for 80 MiB",
                "--limits lambda");
        assertMistake(List.of(graph.toString(), "--verify"), "--verify: a layer graph has no model", "");
        assertMistake(
                List.of(graph.toString(), "--profile", "measured"), "--profile: a layer graph has no", "estimated");
        assertMistake(List.of(graph.toString(), "--input", "x=1"), "--input: is for ONNX models", "");
    }

    @Test
    void otherCutsAreOfferedWhereTheyHelp() throws IOException {
        // each layer also reads the first, so that two tensors cross everywhere
        String graph = chain(5, 30 << 20, 100)
                .replace("\"inputs\": [2]", "\"inputs\": [2, 1]")
                .replace("\"inputs\": [3]", "\"inputs\": [3, 1]");
        Path file = Files.writeString(directory.resolve("graph.json"), graph);

        assertMistake(List.of(file.toString()), "between which there is no cut, have ", "--cuts any");
        assertThat(partition(file.toString(), "--cuts", "any").code()).isZero();
    }

    @Test
    void whatCannotCrossACutIsNamed() throws IOException {
        Path file = directory.resolve("sequence.onnx");
        Files.write(file, sequences().toByteArray());

        assertMistake(
                List.of(file.toString(), "--parts", "2", "--inside-operators", "--cuts", "any"),
                "at 1 places it cannot be cut at all, for example after layer 1 (pack)",
                "");
    }

    /** It draws lots, so that its parts do not do what the whole did; the plan is shown all the same. */
    @Test
    void partsThatDoSomethingElseEndWithCodeTwo() throws IOException {
        ModelProto drawing = ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(GraphProto.newBuilder()
                        .setName("drawing")
                        .addInput(vector("x", 4))
                        .addOutput(vector("y", 4))
                        .addNode(node("Neg", "n", "x"))
                        .addNode(node("RandomNormalLike", "drawn", "n"))
                        .addNode(node("Add", "y", "n", "drawn")))
                .build();
        Path file = Files.write(directory.resolve("drawing.onnx"), drawing.toByteArray());
        Path out = directory.resolve("drawn");
        for (List<String> more : List.of(List.<String>of(), List.of("--out", out.toString()))) {
            List<String> arguments =
                    new ArrayList<>(List.of(file.toString(), "--verify", "--parts", "2", "--inside-operators"));
            arguments.addAll(more);
            Cli cli = partition(arguments.toArray(String[]::new));
            assertThat(cli.code()).isEqualTo(Main.INPUT_ERROR);
            assertThat(cli.out()).contains("amps-inf");
            assertThat(cli.err())
                    .contains("purser: --verify: the parts' results differ")
                    .doesNotContain("\tat ");
        }
        assertThat(names(out)).contains("part-1.onnx");
    }

    private static NodeProto node(String operator, String output, String... inputs) {
        return NodeProto.newBuilder()
                .setName(output)
                .setOpType(operator)
                .addAllInput(List.of(inputs))
                .addOutput(output)
                .build();
    }

    @Test
    void nothingIsLeftAmongTemporaryFiles() throws IOException {
        Set<String> before = temporary();
        assertThat(small("--verify").code()).isZero();
        assertThat(temporary()).isEqualTo(before);
    }

    private static Set<String> temporary() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("purser-onnx"))
                    .collect(Collectors.toSet());
        }
    }

    private static ModelProto sequences() {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(GraphProto.newBuilder()
                        .setName("sequences")
                        .addInput(vector("x", 4))
                        .addOutput(vector("y", 8))
                        .addNode(NodeProto.newBuilder()
                                .setName("pack")
                                .setOpType("SequenceConstruct")
                                .addInput("x")
                                .addInput("x")
                                .addOutput("s"))
                        .addNode(NodeProto.newBuilder()
                                .setName("unpack")
                                .setOpType("ConcatFromSequence")
                                .addInput("s")
                                .addOutput("y")
                                .addAttribute(AttributeProto.newBuilder()
                                        .setName("axis")
                                        .setType(AttributeProto.AttributeType.INT)
                                        .setI(0))))
                .build();
    }

    private static ValueInfoProto vector(String name, int size) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.FLOAT_VALUE)
                                .setShape(TensorShapeProto.newBuilder()
                                        .addDim(TensorShapeProto.Dimension.newBuilder()
                                                .setDimValue(size)))))
                .build();
    }

    @Test
    void filesThatAreNoModelsAreRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(net);
        Path truncated = Files.write(directory.resolve("cut.onnx"), Arrays.copyOf(bytes, bytes.length / 2));
        assertMistake(List.of(truncated.toString()), "cut.onnx: ", "");
        Path text = Files.writeString(directory.resolve("text.onnx"), "this is no model");
        assertMistake(List.of(text.toString()), "text.onnx: ", "");
        assertMistake(List.of(directory.resolve("nix.onnx").toString()), "there is no file ", "");
        assertMistake(
                List.of("resnt50"), "MODEL: there is no file 'resnt50', and no network of that name", "'resnet50'");
        assertMistake(List.of(directory.toString()), "is a directory", "");
    }

    @Test
    void anOutFolderIsNeverOverwritten() throws IOException {
        Path file = Files.writeString(directory.resolve("a-file"), "mine");
        List<String> arguments = List.of(net.toString(), "--input", "batch=1", "--limits", tight.toString(), "--out");

        assertMistake(with(arguments, directory), "' is not empty", "empty or new");
        assertMistake(with(arguments, file), "' is no folder", "empty or new");
        assertMistake(with(arguments, file.resolve("below/it")), "is a file", "");
        Path failing = directory.resolve("failing");
        List<String> late = new ArrayList<>(with(arguments, failing));
        late.addAll(List.of("--slo", "1s"));
        assertMistake(late, "--slo: cannot be kept", "");
        assertThat(names(directory)).containsExactly("a-file");

        Path empty = Files.createDirectory(directory.resolve("empty"));
        assertThat(small("--out", empty.toString()).code()).isZero();
        assertThat(names(empty)).contains("part-1.onnx", "part-2.onnx", "plan.json", "graph.svg");
    }

    private static List<String> with(List<String> arguments, Path out) {
        List<String> all = new ArrayList<>(arguments);
        all.add(out.toString());
        return all;
    }
}
