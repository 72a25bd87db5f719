package dev.purser.core.trace;

import static dev.purser.core.trace.Arrivals.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceFilesTest {
    private static final String MINUTES =
            IntStream.rangeClosed(1, 1440).mapToObj(Integer::toString).collect(Collectors.joining(","));

    @TempDir
    Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("some.csv"), text);
    }

    private Path zipped(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }

    private void assertRefused(String text, ReadOptions options, String field, String... parts) throws IOException {
        Path file = file(text);
        var refused = assertThatThrownBy(() -> Traces.read(file, options))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(file + ": " + field);
        for (String part : parts) {
            refused.hasMessageContaining(part);
        }
    }

    private void assertRefused(String text, String field, String... parts) throws IOException {
        assertRefused(text, ReadOptions.defaults(), field, parts);
    }

    @Test
    void readsCountsPerSecond() throws IOException {
        ArrivalTrace trace = Traces.read(file("second,requests\n0,2\n1,0\n2,3\n"));
        assertThat(trace.name()).isEqualTo("some");
        assertThat(trace.duration()).isEqualTo(Duration.ofSeconds(3));
        assertThat(trace.expectedRequests()).isEqualTo(5);
        assertThat(trace.resolution()).contains(Duration.ofSeconds(1));
        assertThat(trace.counts(Duration.ofSeconds(1), 1)).containsExactly(2, 0, 3);
        assertThat(Arrivals.of(trace, 1)).isEqualTo(Arrivals.of(trace, 1)).hasSize(5);
    }

    @ParameterizedTest
    @CsvSource({
        "'second,requests\n0,1\n3,1\n6,1\n', PT3S",
        "'second,requests\n0,1\n57,1\n', PT57S",
        "'second,requests\n600,1\n1200,1\n', PT10M",
        "'minute,requests\n0,1\n1,1\n', PT1M",
        "'hour,requests\n0,1\n1,1\n', PT1H",
        "'hour,requests\n5,1\n', PT1H",
        "'second,requests\r\n0,1\r\n0.25,1\r\n', PT0.25S",
        "'Second, Requests\n0,1e0\n 1 ,1.0\n', PT1S",
        "'\uFEFFsecond,requests\n0,1\n1,1', PT1S",
    })
    void findsTheStepFromUnitAndSpacing(String text, Duration step) throws IOException {
        CountTrace trace = (CountTrace) Traces.read(file(text));
        assertThat(trace.step()).isEqualTo(step);
        assertThat(trace.duration()).isEqualTo(step.multipliedBy((long) trace.expectedRequests()));
    }

    @Test
    void knowsGzipByItsContent() throws IOException {
        String text = "second,requests\n0,4\n1,5\n";
        assertThat(Traces.read(zipped("a.csv.gz", text)).expectedRequests()).isEqualTo(9);
        assertThat(Traces.read(zipped("b.csv", text)).name()).isEqualTo("b");
        assertThat(Traces.read(zipped("a.csv.gz", text)).name()).isEqualTo("a");
    }

    @Test
    void aGapIsAnErrorOrFilled() throws IOException {
        String text = "second,requests\n0,1\n1,2\n5,3\n6,4\n";
        assertRefused(
                text, "line 4, column 'second': 5 leaves a gap: with steps of 1s the next starts at 2", "--fill-gaps");
        ArrivalTrace filled = Traces.read(file(text), ReadOptions.defaults().withFillGaps(true));
        assertThat(filled.counts(Duration.ofSeconds(1), 0)).containsExactly(1, 2, 0, 0, 0, 3, 4);
        assertThat(filled.duration()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void theStepCanBeGivenWhereTheFirstRowsDoNotShowIt() throws IOException {
        String text = "second,requests\n0,1\n2,2\n3,3\n";
        assertRefused(text, "line 4, column 'second': 3 is off the grid", "the next starts at 4");
        ReadOptions options = ReadOptions.defaults().withFillGaps(true).withStep(Duration.ofSeconds(1));
        assertThat(Traces.read(file(text), options).counts(Duration.ofSeconds(1), 0))
                .containsExactly(1, 0, 2, 3);
    }

    @Test
    void refusesTimesThatGoBack() throws IOException {
        assertRefused(
                "second,requests\n0,1\n1,1\n1,1\n",
                "line 4, column 'second': 1 is not after the step before, which starts at 1",
                "sort the rows");
        assertRefused("minute,requests\n7,1\n7,1\n", "line 3, column 'minute': 7 is not after");
        assertRefused("minute,requests\n7,1\n6,1\n", "line 3, column 'minute': 6 is not after");
    }

    @Test
    void refusesWhatIsNoCount() throws IOException {
        assertRefused("second,requests\n0,1\n1,-3\n", "line 3, column 'requests': -3 is negative", "from 0 to");
        assertRefused("second,requests\n0,many\n", "line 2, column 'requests': 'many' is not a number");
        assertRefused("second,requests\n0,NaN\n", "line 2, column 'requests': 'NaN' is not a number");
        assertRefused("second,requests\n0,0x1p3\n", "line 2, column 'requests': '0x1p3' is not a number");
        assertRefused("second,requests\n0,\n", "line 2, column 'requests': is missing");
        assertRefused("second,requests\n0\n", "line 2, column 'requests': is missing");
        assertRefused(
                "second,requests\n0,1000000001\n",
                "line 2, column 'requests': 1000000001 requests in a step are beyond the limit of 1000000000");
        assertRefused("second,requests\n0,1e300\n", "line 2, column 'requests': 1e300 requests");
        assertRefused("second,requests\n0,1e999\n", "line 2, column 'requests': '1e999' is not a number");
    }

    @Test
    void refusesWhatIsNoTime() throws IOException {
        assertRefused("second,requests\nnoon,1\n", "line 2, column 'second': 'noon' is not a number", "of seconds");
        assertRefused("hour,requests\n-1,1\n", "line 2, column 'hour': -1 is negative", "number of hours");
        // milliseconds since 1970 for seconds
        assertRefused(
                "second,requests\n1700000000000,1\n",
                "line 2, column 'second': 1700000000000 is too great",
                "at most a hundred years");
    }

    @Test
    void refusesFilesWithoutRowsOrHeader() throws IOException {
        assertRefused("", "is empty", "second|minute|hour,requests");
        assertRefused("second,requests\n", "has a header but no rows");
        assertRefused("t_s\n", "has a header but no rows");
        assertRefused(
                "0,5\n1,6\n",
                "line 1: the header '0,5' is not that of a trace",
                "'second|minute|hour,requests' (counts)",
                "'arrival_s|t_s,...' (requests)",
                "(azure-2019)",
                "'app,func,end_timestamp,duration' (azure-2021)");
        Path absent = folder.resolve("absent.csv");
        assertThatThrownBy(() -> Traces.read(absent))
                .isInstanceOf(InputException.class)
                .hasMessage(absent + ": there is no such file");
    }

    @Test
    void refusesTruncatedAndDamagedGzip() throws IOException {
        String text = "second,requests\n"
                + IntStream.range(0, 5000)
                        .mapToObj(i -> i + "," + i * 7919 % 1000 + "\n")
                        .collect(Collectors.joining());
        byte[] whole = Files.readAllBytes(zipped("whole.csv.gz", text));
        Path cut = Files.write(folder.resolve("cut.csv.gz"), Arrays.copyOf(whole, whole.length / 2));
        assertThatThrownBy(() -> Traces.read(cut))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(cut + ": after line ")
                .hasMessageContaining("the gzip stream ends too early, the file is truncated");
        Path stub = Files.write(folder.resolve("stub.csv.gz"), Arrays.copyOf(whole, 5));
        assertThatThrownBy(() -> Traces.read(stub))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("truncated");
        whole[whole.length - 6] ^= 0x55;
        Path damaged = Files.write(folder.resolve("damaged.csv.gz"), whole);
        assertThatThrownBy(() -> Traces.read(damaged))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("the gzip stream is damaged");
    }

    @Test
    void readsRequests() throws IOException {
        ArrivalTrace trace = Traces.read(file("t_s,tokens\n0.98,4808\n1.0320,7\n1.032,9\n12.000000001,2\n"));
        assertThat(Arrivals.of(trace, 5))
                .containsExactly(980_000_000L, 1_032_000_000L, 1_032_000_000L, 12_000_000_001L);
        assertThat(trace.duration()).isEqualTo(Duration.ofSeconds(13));
        assertThat(trace.seeded()).isFalse();
        assertThat(trace.resolution()).isEmpty();
        assertThat(trace.expectedRequests()).isEqualTo(4);
        assertThat(trace.expectedRequests(Duration.ofSeconds(1), Duration.ofSeconds(12)))
                .isEqualTo(2);
        assertThat(Arrivals.of(Traces.read(file("arrival_s\n0\n1e1\n")), 0)).containsExactly(0, 10 * SECOND);
    }

    @Test
    void refusesWrongRequests() throws IOException {
        assertRefused("t_s\n2.5\n1.5\n", "line 3, column 't_s': 1.5 comes after 2.5", "sort the rows");
        assertRefused("arrival_s\nx\n", "line 2, column 'arrival_s': 'x' is not a number");
        assertRefused("arrival_s,a\n-1,2\n", "line 2, column 'arrival_s': -1 is negative");
        assertRefused("arrival_s,a\n,2\n", "line 2, column 'arrival_s': is missing");
    }

    @Test
    void aFormatThatIsGivenTakesColumnsOfAnyName() throws IOException {
        ReadOptions counts = ReadOptions.defaults().withFormat(TraceFormat.COUNTS);
        assertThat(Traces.read(file("t,n\n0,1\n10,2\n"), counts).duration()).isEqualTo(Duration.ofSeconds(20));
        ReadOptions requests = ReadOptions.defaults().withFormat(TraceFormat.named("requests"));
        assertThat(Traces.read(file("when,what\n0.5,a\n"), requests).expectedRequests())
                .isEqualTo(1);
        assertRefused(
                "t,n\n0,1\n",
                ReadOptions.defaults().withFormat(TraceFormat.AZURE_2021),
                "line 1: the header 't,n' is not that of the format azure-2021",
                "app,func,end_timestamp,duration");
        assertThatThrownBy(() -> TraceFormat.named("azure"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("'azure-2019'")
                .hasMessageContaining("counts");
    }

    @Test
    void addsUpTheFunctionsOfAzure2019() throws IOException {
        String[] one = new String[1440];
        String[] two = new String[1440];
        Arrays.fill(one, "0");
        Arrays.fill(two, "2");
        one[0] = "5";
        one[1439] = "7";
        String text = "HashOwner,HashApp,HashFunction,Trigger," + MINUTES + "\no,a,f1abc,http," + String.join(",", one)
                + "\no,a,f2abc,timer," + String.join(",", two) + "\n";
        ArrivalTrace all = Traces.read(file(text));
        assertThat(all.duration()).isEqualTo(Duration.ofHours(24));
        assertThat(all.expectedRequests()).isEqualTo(2 * 1440 + 12);
        long[] counts = all.counts(Duration.ofMinutes(1), 0);
        assertThat(counts[0]).isEqualTo(7);
        assertThat(counts[1]).isEqualTo(2);
        assertThat(counts[1439]).isEqualTo(9);
        assertThat(Traces.read(file(text), ReadOptions.defaults().withFunction("f1"))
                        .expectedRequests())
                .isEqualTo(12);
        assertRefused(
                text,
                ReadOptions.defaults().withFunction("f"),
                "column 'HashFunction': 'f' is the start of several functions, such as f1abc, f2abc",
                "more of the hash");
        assertRefused(
                text, ReadOptions.defaults().withFunction("g"), "column 'HashFunction': no function begins with 'g'");
        assertRefused(text.replace(",5,0,", ",5,-1,"), "line 2, column '2': -1 is negative");
        assertRefused(text.replace(",5,0,", ",5,"), "line 2, column '1440': the row has 1443 fields, its header 1444");
        assertRefused(text.replace(",5,0,", ",1e9,0,"), "line 3, column '1': more than 1000000000 requests");
    }

    @Test
    void putsAzure2021IntoTheOrderOfArrival() throws IOException {
        String text = "app,func,end_timestamp,duration\na,f1,57.5,57.25\na,f1,1.5,0.5\nb,f2,0.25,0.5\nb,f3,3.125,1\n";
        ArrivalTrace all = Traces.read(file(text));
        assertThat(Arrivals.of(all, 0)).containsExactly(0, SECOND / 4, SECOND, 2_125_000_000L);
        assertThat(all.duration()).isEqualTo(Duration.ofSeconds(3));
        assertThat(Arrivals.of(Traces.read(file(text), ReadOptions.defaults().withFunction("f1")), 0))
                .containsExactly(SECOND / 4, SECOND);
        assertRefused(text, ReadOptions.defaults().withFunction("f"), "column 'func': 'f' is the start of several");
        assertRefused(text.replace("3.125", "soon"), "line 5, column 'end_timestamp': 'soon' is not a number");
        assertRefused(text.replace(",57.25", ",-1"), "line 2, column 'duration': -1 is negative");
        assertRefused(text.replace(",57.25", ""), "line 2, column 'duration': the row has 3 fields");
    }

    @Test
    void anAzure2021RowThatIsTooLateIsAnError() throws IOException {
        Path file = folder.resolve("late.csv");
        try (var out = Files.newBufferedWriter(file)) {
            out.write("app,func,end_timestamp,duration\n");
            for (int i = 0; i <= 1 << 20; i++) {
                out.write("a,f," + (100 + i * 0.01) + ",1\n");
            }
            out.write("a,f,50,1\n");
        }
        assertThatThrownBy(() -> Traces.read(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("arrived at 49.0 s, more than 1048576 rows after one that arrived at 99.")
                .hasMessageContaining("sort the file by end_timestamp - duration");
    }

    @Test
    void findsTracesByNameExpressionOrPath() throws IOException {
        assertThat(Traces.of("wiki-like").name()).isEqualTo("wiki-like");
        assertThat(Traces.of("constant:rate=5,duration=1h").name()).isEqualTo("constant:rate=5,duration=1h");
        assertThat(Traces.of(file("t_s\n1\n").toString()).expectedRequests()).isEqualTo(1);
        assertThatThrownBy(() -> Traces.of("wiki-lke"))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(
                        "trace 'wiki-lke': is no file, no built-in trace and no generator\nMaybe: 'wiki-like'")
                .hasMessageContaining("mmpp:...");
        assertThatThrownBy(() -> Traces.of("a\0b")).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> BuiltInTraces.named("wits"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("'wits-like'");
    }

    @Test
    void writesCountsThatReadBackTheSame() throws IOException {
        ArrivalTrace trace = Traces.superpose(
                TraceGenerators.constant(20, Duration.ofSeconds(30)),
                CountTrace.of("c", Duration.ofSeconds(2), Spread.UNIFORM, 5, 0, 9));
        for (String name : new String[] {"out.csv", "out.csv.gz"}) {
            Path file = folder.resolve(name);
            for (Duration step :
                    new Duration[] {Duration.ofSeconds(1), Duration.ofSeconds(7), Duration.ofMillis(500)}) {
                trace.writeCounts(file, step, 6);
                assertThat(Traces.read(file).counts(step, 0))
                        .as("%s %s", name, step)
                        .isEqualTo(trace.counts(step, 6));
            }
            assertThat(Files.readAllBytes(file)[0]).isEqualTo((byte) (name.endsWith("gz") ? 0x1f : 's'));
        }
        try (var files = Files.list(folder)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("out.csv", "out.csv.gz");
        }
    }

    @Test
    void aFailedWriteLeavesTheOldFile() throws IOException {
        Path target = Files.writeString(folder.resolve("kept.csv"), "old");
        Path vanishing = file("t_s\n1\n");
        ArrivalTrace trace = Traces.read(vanishing);
        Files.writeString(vanishing, "t_s\n1\nbroken\n");
        assertThatThrownBy(() -> trace.writeCounts(target, Duration.ofSeconds(1), 0))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("line 3, column 't_s': 'broken' is not a number");
        assertThat(target).hasContent("old");
        try (var files = Files.list(folder)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("kept.csv", "some.csv");
        }
        ArrivalTrace fine = TraceGenerators.constant(1, Duration.ofSeconds(1));
        assertThatThrownBy(() -> fine.writeCounts(folder.resolve("none/x.csv"), Duration.ofSeconds(1), 0))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("there is no folder");
        assertThatThrownBy(() -> fine.writeCounts(folder, Duration.ofSeconds(1), 0))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("is a folder");
    }
}
