package dev.purser.research.provisioner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GreedyPlanTest {
    /** Inception-v3 on c5.large, c5.xlarge, c5.2xlarge, c5.4xlarge and p2.xlarge: requests per minute and prices. */
    private static final double[] CAPACITY = {284, 490, 771, 1080, 3320};

    private static final double[] USD_PER_HOUR = {0.085, 0.17, 0.34, 0.68, 0.9};
    private static final int LOOK_AHEAD = 6;
    private static final double OVERHEAD_SECONDS = 180;

    private record Planned(int[] launch, int[] keep) {
        int[] total() {
            int[] total = launch.clone();
            Arrays.setAll(total, i -> launch[i] + keep[i]);
            return total;
        }
    }

    private final GreedyPlan greedy = new GreedyPlan();

    private Planned plan(double[] forecast, int[] running) {
        return plan(forecast, running, CAPACITY, USD_PER_HOUR);
    }

    private Planned plan(double[] forecast, int[] running, double[] capacity, double[] usdPerHour) {
        int n = capacity.length;
        double[] bothCapacity = new double[2 * n];
        double[] price = new double[2 * n];
        double[] overhead = new double[2 * n];
        int[] quota = new int[2 * n];
        for (int i = 0; i < n; i++) {
            bothCapacity[i] = capacity[i];
            bothCapacity[n + i] = capacity[i];
            price[i] = usdPerHour[i] / 3600;
            price[n + i] = price[i];
            overhead[i] = price[i] * OVERHEAD_SECONDS;
            quota[i] = Integer.MAX_VALUE;
            quota[n + i] = running[i];
        }
        int[] plan = new int[2 * n];
        greedy.schedule(forecast, LOOK_AHEAD, 60, 0, 2 * n, bothCapacity, price, overhead, quota, plan);
        return new Planned(Arrays.copyOf(plan, n), Arrays.copyOfRange(plan, n, 2 * n));
    }

    private static double[] flat(double load) {
        double[] forecast = new double[50];
        Arrays.fill(forecast, load);
        return forecast;
    }

    private static int[] none() {
        return new int[CAPACITY.length];
    }

    @ParameterizedTest
    @CsvSource({
        // 10 c5.large are 2840, and to fill the last 160 for 50 minutes one more is the cheapest
        "3000, 11, 0, 0, 0, 0",
        // 3 p2.xlarge are 9960; for the 40 that are left the cheapest machine is
        "10000, 1, 0, 0, 0, 3",
        "200, 1, 0, 0, 0, 0",
        "284, 1, 0, 0, 0, 0",
        "285, 2, 0, 0, 0, 0",
        // a p2.xlarge is cheaper than c5.large where it is filled beyond 3007: .90 / (.085 / 284)
        "3007, 11, 0, 0, 0, 0",
        "3008, 0, 0, 0, 0, 1",
        "0, 0, 0, 0, 0, 0"
    })
    void theCheapestMachinesForALoadThatStays(double load, int large, int xlarge, int twice, int four, int gpu) {
        assertThat(plan(flat(load), none()).launch()).containsExactly(large, xlarge, twice, four, gpu);
    }

    @Test
    void whatRunsIsKeptWhereItIsNotWorseThanALaunch() {
        Planned plan = plan(flat(10_000), new int[] {5, 2, 0, 0, 1});
        assertThat(plan.launch()).containsExactly(0, 0, 0, 0, 2);
        assertThat(plan.keep()).containsExactly(1, 0, 0, 0, 1);
    }

    @Test
    void whatIsNotNeededIsNotKept() {
        Planned plan = plan(flat(1000), new int[] {10, 0, 0, 0, 1});
        assertThat(plan.launch()).containsOnly(0);
        assertThat(plan.keep()).containsExactly(4, 0, 0, 0, 0);
    }

    @Test
    void aSpikeOfTwoMinutesIsForSmallMachines() {
        double[] forecast = flat(3000);
        forecast[2] = 6000;
        forecast[3] = 6000;
        Planned plan = plan(forecast, new int[] {0, 0, 0, 0, 1});
        assertThat(plan.launch()).containsExactly(10, 0, 0, 0, 0);
        assertThat(plan.keep()).containsExactly(0, 0, 0, 0, 1);
    }

    @Test
    void aRiseBeyondTheLookAheadIsNoReasonToAct() {
        double[] forecast = flat(0);
        Arrays.fill(forecast, LOOK_AHEAD, forecast.length, 5000);
        assertThat(plan(forecast, none()).launch()).containsOnly(0);
    }

    @Test
    void slowNetworksWantTheGpu() {
        double[] usd = {0.17, 0.34, 0.68, 0.9};
        double[] inceptionResnet = {85, 135, 187, 760};
        assertThat(plan(flat(1500), new int[4], inceptionResnet, usd).launch()).containsExactly(0, 0, 0, 2);
        assertThat(plan(flat(60), new int[4], inceptionResnet, usd).launch()).containsExactly(1, 0, 0, 0);
        double[] translation = {80, 108, 150, 640};
        assertThat(plan(flat(1200), new int[4], translation, usd).launch()).containsExactly(0, 0, 0, 2);
    }

    @Test
    void ofEqualCandidatesTheLastWins() {
        int[] plan = new int[3];
        greedy.schedule(
                flat(90),
                6,
                60,
                0,
                3,
                new double[] {10, 10, 10},
                new double[] {1, 1, 1},
                new double[3],
                new int[] {9, 9, 5},
                plan);
        assertThat(plan).containsExactly(0, 4, 5);
    }

    @Test
    void whatIsCoveredNeedsNoInstances() {
        int[] plan = new int[1];
        double served = greedy.schedule(
                flat(100), 6, 60, 85, 1, new double[] {10}, new double[] {1}, new double[1], new int[] {9}, plan);
        assertThat(plan).containsExactly(2);
        assertThat(served).isEqualTo(105);
    }

    @Test
    void withoutEnoughCandidatesThePlanEndsShort() {
        int[] plan = new int[2];
        double served = greedy.schedule(
                flat(1e15),
                6,
                60,
                0,
                2,
                new double[] {0, 7},
                new double[] {1, 1},
                new double[2],
                new int[] {5, 3},
                plan);
        assertThat(plan).containsExactly(0, 3);
        assertThat(served).isEqualTo(21);
        greedy.schedule(
                flat(1e15),
                6,
                60,
                0,
                1,
                new double[] {7},
                new double[] {1},
                new double[1],
                new int[] {Integer.MAX_VALUE},
                plan);
        assertThat(plan[0]).isEqualTo(GreedyPlan.MOST_INSTANCES);
        greedy.schedule(
                new double[0], 6, 60, 0, 1, new double[] {7}, new double[] {1}, new double[1], new int[] {1}, plan);
        assertThat(plan[0]).isZero();
    }

    /** What costs nothing is not left out for that. */
    @Test
    void freeInstancesArePlanned() {
        int[] plan = new int[1];
        greedy.schedule(flat(15), 6, 60, 0, 1, new double[] {10}, new double[1], new double[1], new int[] {9}, plan);
        assertThat(plan).containsExactly(2);
    }

    /** The algorithm as it is published, one instance a round and every sum anew, on whole numbers. */
    @Test
    void thePlanIsThatOfThePlainAlgorithm() {
        long seed = 20191;
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 3000; round++) {
            int n = 1 + random.nextInt(6);
            int steps = 1 + random.nextInt(50);
            double[] capacity = new double[n];
            double[] usd = new double[n];
            int[] running = new int[n];
            int scale = 1 + random.nextInt(400);
            for (int i = 0; i < n; i++) {
                capacity[i] = 1 + random.nextInt(scale);
                usd[i] = (1 + random.nextInt(20)) / 16.0;
                running[i] = random.nextInt(4) * random.nextInt(10);
            }
            double[] forecast = new double[steps];
            int level = random.nextInt(20_000);
            for (int k = 0; k < steps; k++) {
                forecast[k] = Math.max(0, level + random.nextInt(2000) - 1000);
                level += random.nextInt(4) == 0 ? random.nextInt(401) - 200 : 0;
            }
            assertThat(planInts(plan(forecast, running, capacity, usd)))
                    .as("seed %d, round %d", seed, round)
                    .isEqualTo(plain(forecast, running, capacity, usd));
        }
    }

    private static int[] planInts(Planned plan) {
        int n = plan.launch().length;
        int[] both = Arrays.copyOf(plan.launch(), 2 * n);
        System.arraycopy(plan.keep(), 0, both, n, n);
        return both;
    }

    private static int[] plain(double[] forecast, int[] running, double[] capacity, double[] usdPerHour) {
        int n = capacity.length;
        int[] plan = new int[2 * n];
        int[] quota = running.clone();
        while (true) {
            double cap = 0;
            for (int j = 0; j < 2 * n; j++) {
                cap += plan[j] * capacity[j % n];
            }
            int s = 0;
            for (int k = 0; k < Math.min(LOOK_AHEAD, forecast.length); k++) {
                s = forecast[k] - cap > forecast[s] - cap ? k : s;
            }
            if (forecast[s] - cap <= 0) {
                return plan;
            }
            int length = 0;
            while (s + length < forecast.length && forecast[s + length] - cap >= 0) {
                length++;
            }
            double best = Double.POSITIVE_INFINITY;
            int pick = -1;
            for (int j = 0; j < 2 * n; j++) {
                double price = usdPerHour[j % n] / 3600;
                double cost = price * length * 60 + (j < n ? price * OVERHEAD_SECONDS : 0);
                double work = 0;
                for (int k = s; k < s + length; k++) {
                    work += Math.min(capacity[j % n], forecast[k] - cap);
                }
                double each = cost / work;
                if (each <= best && each > 0 && (j < n || quota[j - n] > 0)) {
                    best = each;
                    pick = j;
                }
            }
            plan[pick]++;
            if (pick >= n) {
                quota[pick - n]--;
            }
        }
    }

    /** What the authors' own code answered. */
    @Test
    void theRecordedCasesComeOutExactly() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.isDirectory(folder.resolve("shared/data/vectors/mark"))) {
            folder = folder.getParent();
        }
        assumeTrue(folder != null, "the recorded plans (shared/data/vectors/mark) are not beside the repository");
        JsonNode cases = Json.read(folder.resolve("shared/data/vectors/mark/mark_greedy_golden.json"), JsonNode.class);
        assertThat(cases).isNotEmpty();
        for (JsonNode recorded : cases) {
            String name = recorded.get("tag").textValue();
            assertThat(recorded.get("step_ahead").intValue()).as(name).isEqualTo(LOOK_AHEAD);
            assertThat(recorded.get("launch_overhead_seconds").doubleValue())
                    .as(name)
                    .isEqualTo(OVERHEAD_SECONDS);
            int[] running = ints(recorded, "current");
            Planned plan = plan(
                    doubles(recorded, "forecast_rpm"),
                    running,
                    doubles(recorded, "capacity_rpm"),
                    doubles(recorded, "price_per_hour"));
            assertThat(plan.launch()).as(name).isEqualTo(ints(recorded, "launch"));
            assertThat(plan.total()).as(name).isEqualTo(ints(recorded, "results"));
            int[] given = running.clone();
            Arrays.setAll(given, i -> running[i] - plan.keep()[i]);
            assertThat(given).as(name).isEqualTo(ints(recorded, "destroy"));
        }
    }

    private static double[] doubles(JsonNode recorded, String name) {
        return StreamSupport.stream(recorded.get(name).spliterator(), false)
                .mapToDouble(JsonNode::doubleValue)
                .toArray();
    }

    private static int[] ints(JsonNode recorded, String name) {
        return StreamSupport.stream(recorded.get(name).spliterator(), false)
                .mapToInt(JsonNode::intValue)
                .toArray();
    }
}
