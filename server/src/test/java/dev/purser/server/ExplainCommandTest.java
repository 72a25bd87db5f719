package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class ExplainCommandTest {
    private static final String TRACE = "flash-crowd:base=10,factor=8,start=2m,ramp=10s,hold=1m,decay=20s,duration=6m";

    @Test
    void theDigestAddsUp() {
        JsonNode digest = explain("--format", "json").json();

        assertThat(digest.path("run").path("stack").textValue()).isEqualTo("paragon");
        // one at the start and one each 10 s of 6 min
        assertThat(digest.path("triggers").path("start").intValue()).isEqualTo(1);
        assertThat(digest.path("triggers").path("interval").intValue()).isGreaterThanOrEqualTo(36);
        assertThat(digest.path("plans").intValue())
                .isEqualTo(digest.path("triggers").path("interval").intValue() + 1);
        assertThat(digest.path("launched").intValue()).isPositive();
        assertThat(digest.path("lastChanges").size()).isBetween(1, 20);
        long sum = 0;
        for (JsonNode reason : digest.path("dispatchReasons")) {
            sum += reason.path("requests").longValue();
            assertThat(reason.path("example").textValue()).isNotEmpty();
        }
        assertThat(sum).isEqualTo(digest.path("requestsKept").longValue()).isPositive();
    }

    @Test
    void aRunCanBeExplainedAgain() {
        assertThat(explain()).isEqualTo(explain());
        assertThat(explain("--seed", "2").out()).isNotEqualTo(explain().out());
    }

    @Test
    void theDigestInWords() {
        assertThat(explain().out())
                .startsWith("paragon on " + TRACE + ", seed 1: ")
                .contains(" VMs launched, ")
                .containsPattern("(?m)^time +fleet +before +target +launched +stopped +reason$")
                .containsPattern("(?m)^dispatch reason +requests +share % +for example$");
    }

    @Test
    void anInstanceIsExplainedByThePlanThatLaunchedIt() {
        JsonNode digest = explain("--format", "json").json();
        int launched = digest.path("launched").intValue();
        for (int instance = 0; instance < launched; instance += Math.max(1, launched / 4)) {
            JsonNode explained = explain("--format", "json", "--instance", Integer.toString(instance))
                    .json();
            JsonNode launch = explained.path("launch");
            int first = launch.path("firstLaunched").intValue();
            assertThat(instance)
                    .isBetween(first, first + launch.path("launched").intValue() - 1);
            assertThat(explained.path("plan").path("fleets")).contains(launch);
            assertThat(launch.path("target").intValue())
                    .isEqualTo(launch.path("before").intValue()
                            + launch.path("launched").intValue());
        }
        assertThat(explain("--instance", "0").out())
                .startsWith("instance 0 of paragon on ")
                .contains("trigger    start: the run begins")
                .contains("Decided at the same time:");
    }

    @Test
    void aRequestIsExplainedByItsDispatch() {
        JsonNode request = explain("--format", "json", "--request", "0").json();
        assertThat(request.path("request").longValue()).isZero();
        assertThat(request.path("requestClass").textValue()).contains("-");
        assertThat(request.path("selection").isNull())
                .as("it names its variant")
                .isTrue();
        assertThat(request.path("why").path("code").textValue()).isEqualTo("free-slot");
        assertThat(explain("--request", "0").out())
                .startsWith("request 0 of paragon on ")
                .contains("dispatch   to a VM: ")
                .contains("reason     free-slot: ");
        assertThat(explain("--workload", "paragon-workload-2", "--request", "5").out())
                .containsPattern("selection  [a-z-]+: ");
        assertThat(explain("--stack", "functions-only", "--request", "5").out()).contains("dispatch   to a function: ");
    }

    @Test
    void thePlanInForceIsTheLastBeforeTheTime() {
        assertThat(explain("--format", "json", "--at", "125s")
                        .json()
                        .path("plan")
                        .path("atSeconds")
                        .doubleValue())
                .isEqualTo(120);
        assertThat(explain("--format", "json", "--at", "0s")
                        .json()
                        .path("plan")
                        .path("trigger")
                        .textValue())
                .isEqualTo("start");
        assertThat(explain("--at", "125s").out())
                .contains("in force at 0:02:05.000 is\nthe plan of 0:02:00.000 (interval: ")
                .containsPattern("functions: (on|off)");
    }

    private static Cli explain(String... arguments) {
        Cli cli = Cli.run(Stream.concat(Stream.of("explain", "--trace", TRACE), Stream.of(arguments))
                .toArray(String[]::new));
        assertThat(cli.err()).isEmpty();
        assertThat(cli.code()).isZero();
        return cli;
    }
}
