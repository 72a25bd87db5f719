package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReproduceCommandTest {
    /** Short and thin traces in place of the paper's, but for the constant loads, which are the paper's own. */
    private static final String[] SMALL = {
        "reproduce",
        "paragon",
        "--scale-to-mean",
        "20",
        "--trace",
        "wits=mmpp:rates=20/120,sojourn=60s/20s,duration=6m",
        "--trace",
        "berkeley=diurnal:mean=60,amplitude=0.5,period=6m,duration=6m",
        "--trace",
        "twitter=flash-crowd:base=20,factor=8,start=2m,ramp=20s,decay=1m,duration=6m",
        "--trace",
        "wiki=constant:rate=50,duration=6m"
    };

    private static String[] small(String format) {
        List<String> arguments = new ArrayList<>(List.of(SMALL));
        arguments.addAll(List.of("--format", format));
        return arguments.toArray(String[]::new);
    }

    @Test
    void judgesEveryClaimUnderItsSetting() {
        Cli json = Cli.run(small("json"));

        assertThat(json.code()).isZero();
        assertThat(json.err()).isEmpty();
        Set<String> seen = new HashSet<>();
        for (JsonNode claim : json.json().path("claims")) {
            assertThat(seen.add(claim.path("id").textValue() + " in "
                            + claim.path("setting").textValue()))
                    .as("each claim once under a setting")
                    .isTrue();
            assertThat(claim.path("verdict").textValue()).isIn("holds", "partly", "fails");
            assertThat(claim.path("measured").textValue()).isNotEmpty().doesNotContain("NaN");
        }
        assertThat(seen)
                .anyMatch(claim -> claim.startsWith("paragon-cost in D"))
                .anyMatch(claim -> claim.startsWith("mixed-wiki in A"))
                .anyMatch(claim -> claim.startsWith("model-selection"));
        JsonNode constant = json.json().path("claims").path(0);
        assertThat(constant.path("id").textValue()).isEqualTo("constant-load");
        assertThat(constant.path("verdict").textValue()).isEqualTo("holds");
        assertThat(constant.path("measured").textValue()).contains("20 of 20 cases");
    }

    @Test
    void showsTheRunsOfMarkWithTheirCostPromisesAndLatencies() {
        String[] small = {
            "reproduce",
            "mark",
            "--scale-to-mean",
            "30",
            "--format",
            "json",
            "--trace",
            "twitter=flash-crowd:base=20,factor=4,start=5m,ramp=20s,decay=3m,duration=12m",
            "--trace",
            "mmpp=mmpp:rates=20/70,sojourn=2m/1m,duration=12m"
        };
        Cli json = Cli.run(small);

        assertThat(json.code()).isZero();
        Set<String> experiments = new HashSet<>();
        for (JsonNode run : json.json().path("runs")) {
            experiments.add(run.path("experiment").textValue());
            assertThat(run.path("usd").doubleValue()).isPositive();
            double before = 1;
            for (JsonNode point : run.path("latencyCcdf")) {
                assertThat(point.path("share").doubleValue())
                        .isLessThanOrEqualTo(before)
                        .isNotNegative();
                before = point.path("share").doubleValue();
            }
            assertThat(before).as("beyond the greatest latency").isZero();
        }
        assertThat(experiments)
                .containsExactlyInAnyOrder(
                        "twitter",
                        "mmpp",
                        "surge of 25 %",
                        "surge of 50 %",
                        "surge of 100 %",
                        "80 % of 20 spot instances taken back");
        Map<String, String> verdicts = new HashMap<>();
        json.json()
                .path("claims")
                .forEach(claim -> verdicts.put(
                        claim.path("id").textValue(), claim.path("verdict").textValue()));
        assertThat(verdicts)
                .containsEntry("smaller-is-cheaper", "holds")
                .containsEntry("gpu-needs-batches", "holds")
                .containsEntry("surge-slo", "holds")
                .containsEntry("interruption", "holds")
                .containsKeys("on-demand-twitter", "spot-mmpp", "slo-twitter", "latency-mmpp", "assumptions");
    }

    @Test
    void reproducesTheFiguresOfAmpsInf() {
        Cli json = Cli.run("reproduce", "amps-inf", "--format", "json");

        assertThat(json.code()).as(json.err()).isZero();
        Map<String, String> verdicts = new HashMap<>();
        json.json()
                .path("claims")
                .forEach(claim -> verdicts.put(
                        claim.path("id").textValue(), claim.path("verdict").textValue()));
        assertThat(verdicts)
                .containsEntry("mobilenet-seconds", "holds")
                .containsEntry("mobilenet-dollars", "holds")
                .containsEntry("mobilenet-cheapest", "holds")
                .containsEntry("resnet-seconds", "holds")
                .containsEntry("resnet-dollars", "fails")
                .containsEntry("saving-sage-1", "holds")
                .containsEntry("saving-sage-2", "holds")
                .containsEntry("cheaper-than-random", "holds")
                .containsEntry("cheaper-than-greedy-fill", "partly")
                .containsEntry("batches", "fails")
                .containsEntry("fewest-functions", "holds");
        Map<String, JsonNode> tables = new HashMap<>();
        json.json().path("tables").forEach(table -> {
            tables.put(table.path("title").textValue(), table);
            table.path("rows")
                    .forEach(row -> assertThat(row)
                            .hasSameSizeAs(table.path("columns"))
                            .noneMatch(cell -> cell.textValue().contains("NaN")));
        });
        JsonNode mobilenet = tables.get("MobileNet in one function");
        assertThat(mobilenet.path("rows").path(1).path(2).textValue()).isEqualTo("10.651");
        JsonNode beside = tables.get("The optimum beside simpler rules").path("rows");
        assertThat(beside.path(1).path(2).textValue()).isEqualTo("0.00038522");
        assertThat(beside.path(1).path(8).textValue()).isEqualTo("0.00038748");
        assertThat(tables.get("The fewest functions that hold a model")
                        .path("rows")
                        .path(3)
                        .path(4)
                        .textValue())
                .isEqualTo("6");

        Cli arrivals = Cli.run("reproduce", "amps-inf", "--trace", "wits=wits-like");
        assertThat(arrivals.code()).isEqualTo(Main.INPUT_ERROR);
        assertThat(arrivals.err()).contains("--trace: has no meaning for 'amps-inf'");
    }

    @Test
    void printsThemForPeopleAndForPages() {
        String table = Cli.run(small("table")).out();
        String page = Cli.run(small("markdown")).out();

        assertThat(table).containsPattern("\\d+ hold, \\d+ hold partly, \\d+ do not hold");
        long rows = page.lines().filter(line -> line.startsWith("| ")).count() - 2;
        long verdicts = table.lines()
                .filter(line -> line.matches("  (holds|partly|does not hold) .*"))
                .count();
        assertThat(rows).isEqualTo(verdicts).isPositive();
    }

    @Test
    void aWrongPaperOrTraceIsAnsweredWithThoseThereAre() {
        assertThat(Cli.run("reproduce", "paragn")).satisfies(cli -> {
            assertThat(cli.code()).isEqualTo(Main.INPUT_ERROR);
            assertThat(cli.err()).contains("there is no paper 'paragn'", "'paragon'");
        });
        assertThat(Cli.run("reproduce", "paragon", "--trace", "wiks=wiki-like")).satisfies(cli -> {
            assertThat(cli.code()).isEqualTo(Main.INPUT_ERROR);
            assertThat(cli.err()).contains("the paper has no trace 'wiks'", "'wiki'");
        });
    }
}
