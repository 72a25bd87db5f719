package dev.purser.core.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.ModelPools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkloadsTest {
    private static final String POOL = """
            {"name": "mine", "source": "made up", "variants": [
              {"name": "one", "accuracy": 0.7, "sizeMb": 1, "loadMs": 10, "vm": {"c5.large": {"latencyMs": 5, "slots": 2}}}
            ]}
            """;
    private static final String WORKLOAD = """
            {"name": "w", "description": "d",
             "application": {"name": "task", "pool": "POOL",
               "classes": [{"name": "all", "weight": 1, "slo": {"urgency": "strict", "maxLatency": "1500ms"}}]},
             "instanceTypes": ["c5.large"],
             "functions": {"memoryMb": [], "concurrencyLimit": 10},
             "priceBook": "us-east-1-2019"}
            """;

    @TempDir
    private Path directory;

    private String file(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        return file.toString();
    }

    private String workload(String from, String to) throws IOException {
        assertThat(WORKLOAD).contains(from);
        return file("w.json", WORKLOAD.replace(from, to).replace("POOL", "spock-single"));
    }

    @Test
    void shippedPoolsByName() throws IOException {
        Workload workload = Workloads.load(workload("POOL", "inferall-mxnet"));
        assertThat(workload.application().pool().name()).isEqualTo("inferall-mxnet");
        assertThat(workload.application().classes().get(0).slo().maxLatency()).isEqualTo(Duration.ofMillis(1500));
        assertThat(Json.read("again", Json.parse("again", Json.write(workload)), Workload.class))
                .isEqualTo(workload);
    }

    @Test
    void aPoolsPathIsRelativeToTheWorkload() throws IOException {
        file("deep/pools/mine.json", POOL);
        Workload workload = Workloads.load(file("deep/w.json", WORKLOAD.replace("POOL", "pools/mine.json")));
        assertThat(workload.application().pool().variants().get(0).name()).isEqualTo("one");
    }

    @Test
    void aPoolsOwnPathIsRelativeToTheWorkingDirectory() throws IOException {
        Path here = Path.of("").toAbsolutePath();
        // deeper than the working directory, so that its way up leads nowhere from the pool's own folder
        Path file = Path.of(file("deep/".repeat(here.getNameCount() + 1) + "mine.json", POOL));
        assertThat(ModelPools.load(here.relativize(file.toAbsolutePath()).toString())
                        .name())
                .isEqualTo("mine");
        assertThat(ModelPools.load(file.toString()).name()).isEqualTo("mine");
    }

    @Test
    void aMistakeInAPoolNamesThePoolsFile() throws IOException {
        file("mine.json", POOL.replace("0.7,", "70,"));
        assertThatThrownBy(() -> Workloads.load(file("w.json", WORKLOAD.replace("POOL", "mine.json"))))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(directory.resolve("mine.json") + ": variants[0]")
                .hasMessageContainingAll("accuracy is 70", "72.5 % is 0.725");
    }

    @Test
    void aPoolThatIsNotThere() throws IOException {
        file("mine.json", POOL);
        assertThatThrownBy(() -> Workloads.load(file("w.json", WORKLOAD.replace("POOL", "mien.json"))))
                .hasMessageContainingAll("mien.json: there is no such file", "Maybe: mine.json");
        assertThatThrownBy(() -> Workloads.load(file("w.json", WORKLOAD.replace("POOL", "spock-singel"))))
                .hasMessageContainingAll("w.json: application.pool", "'spock-singel'", "'spock-single'");
    }

    @Test
    void aPoolWrittenInPlace() throws IOException {
        Workload workload = Workloads.load(file("w.json", WORKLOAD.replace("\"POOL\"", POOL)));
        assertThat(workload.application().pool())
                .isEqualTo(Json.read("pool", Json.parse("pool", POOL), ModelPool.class));
    }

    @Test
    void aWorkloadThatIsNotThere() {
        assertThatThrownBy(() -> Workloads.load("paragon-workload-3"))
                .hasMessageContainingAll("--workload", "'paragon-workload-3'", "'paragon-workload-1'");
        assertThatThrownBy(() -> Workloads.load(directory.resolve("x.json").toString()))
                .hasMessageContaining("x.json: there is no such file");
    }

    @Test
    void mistakesNameFileFieldAndRemedy() throws IOException {
        mistake("\"weight\": 1", "\"weight\": 0", "application.classes[0]", "weight is 0.0, but it must be over 0");
        mistake("\"weight\"", "\"wieght\"", "application.classes[0].wieght", "weight");
        mistake("\"strict\"", "\"urgent\"", "application.classes[0].slo.urgency", "strict", "relaxed");
        mistake("\"1500ms\"", "1500", "application.classes[0].slo.maxLatency: 1500", "with its unit");
        mistake("\"1500ms\"", "\"0s\"", "application.classes[0].slo", "maxLatency", "over 0");
        mistake("[]", "[512, 256]", "functions", "memoryMb is [512, 256], but the sizes must rise");
        mistake(": 10", ": 0", "functions", "concurrencyLimit is 0, but it must be at least 1");
        mistake("[\"c5.large\"]", "[]", "neither instanceTypes nor functions.memoryMb");
        mistake("[\"c5.large\"]", "[\"c5.large\", \"c5.large\"]", "instanceTypes names a type twice");
        mistake("\"priceBook\": \"us-east-1-2019\"", "\"priceBook\": null", "priceBook");
    }

    private void mistake(String from, String to, String... words) throws IOException {
        String file = workload(from, to);
        assertThatThrownBy(() -> Workloads.load(file))
                .as(to)
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContainingAll(words);
    }

    @Test
    void recordsSayWhatIsWrong() {
        Slo slo = new Slo(Slo.Urgency.STRICT, null, null, null);
        RequestClass one = new RequestClass("one", 1, null, slo);
        ModelPool pool = ModelPools.load("spock-single");
        assertThatThrownBy(() -> new Application("a", pool, List.of(one, one))).hasMessageContaining("two of the name");
        assertThatThrownBy(() -> new Application("a", pool, List.of())).hasMessageContaining("at least one");
        assertThatThrownBy(() -> new Application(" ", pool, List.of(one))).hasMessageContaining("blank");
        assertThatThrownBy(() -> new RequestClass(" ", 1, null, slo)).hasMessageContaining("blank");
        assertThatThrownBy(() -> new Slo(Slo.Urgency.STRICT, null, 80.0, null)).hasMessageContaining("80 % is 0.8");
        assertThatThrownBy(() -> new Slo(Slo.Urgency.STRICT, null, null, 0.0)).hasMessageContaining("over 0");
        assertThat(FunctionConfiguration.none().memoryMb()).isEmpty();
    }
}
