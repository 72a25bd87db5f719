package dev.purser.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.model.ModelPool;
import dev.purser.core.model.Variant;
import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.Batching;
import dev.purser.core.policy.BatchingPolicy;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.QueueView;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Application;
import dev.purser.core.workload.FunctionConfiguration;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** One instance with one slot that serves up to four requests together. */
class BatchTest {
    private static final long MS = 1_000_000;
    private static final Reason WHY = Reason.of("test", "for a test");

    private final ServiceCatalog catalog = catalog();
    private final List<List<Integer>> executed = new ArrayList<>();
    private final List<String> ended = new ArrayList<>();
    private final List<Long> timers = new ArrayList<>();
    private final List<String> seen = new ArrayList<>();
    private Batching decision = new Batching(4, Long.MAX_VALUE, WHY);
    private long now;
    private RowPlatform.Rows rows;
    private Controller controller = start(this::decide);

    private static ServiceCatalog catalog() {
        VmProfile profile = new VmProfile(10, 1, new TreeMap<>(Map.of(4, 22.0)));
        Variant variant = new Variant("v", 0.7, null, 1, 0, Map.of("c5.large", profile), null);
        return new ServiceCatalog(
                new Workload(
                        "test",
                        "",
                        new Application(
                                "task",
                                new ModelPool("pool", "made up", List.of(variant)),
                                List.of(new RequestClass("strict", 1, null, slo(100)))),
                        List.of("c5.large"),
                        FunctionConfiguration.none(),
                        "us-east-1-2019"),
                PriceBooks.named("us-east-1-2019"));
    }

    private static Slo slo(long ms) {
        return new Slo(Slo.Urgency.STRICT, Duration.ofMillis(ms), null, null);
    }

    private Batching decide(QueueView view) {
        seen.add(view.queueLength(0) + " since " + view.oldestArrivalNanos() / MS + ", due "
                + view.earliestDeadlineNanos() / MS);
        return decision;
    }

    private Controller start(BatchingPolicy batching) {
        PolicySet policies = new PolicySet(
                (request, view) -> new Selection(0, WHY),
                (request, view) -> new Dispatch.ToInstance(0, WHY),
                view -> new Plan(List.of(new FleetTarget(0, 1, WHY)), Offload.always()),
                view -> new KeepAlive(0, 0, WHY),
                batching);
        rows = new RowPlatform.Rows(new Recorder(), catalog, () -> now);
        Controller started = new Controller(
                catalog,
                policies,
                rows,
                () -> now,
                (row, outcome, variant) -> ended.add(row + " " + outcome),
                new ControllerSettings(Duration.ofSeconds(10), Duration.ofSeconds(30), 0, 10, 2),
                DecisionLog.small());
        rows.attach(started);
        started.start();
        rows.instanceReady(0);
        return started;
    }

    private void arrive(int requests) {
        for (int i = 0; i < requests; i++) {
            controller.requestArrived(0);
        }
    }

    @Test
    void aFullBatchIsServedAtOnceAndEndsTogether() {
        arrive(3);
        assertThat(executed).isEmpty();
        arrive(1);
        assertThat(executed).containsExactly(List.of(0, 1, 2, 3));

        arrive(5);
        assertThat(executed).as("the slot is busy").hasSize(1);
        rows.executionFinished(0);
        assertThat(ended).containsExactly("0 ANSWERED", "1 ANSWERED", "2 ANSWERED", "3 ANSWERED");
        assertThat(executed).hasSize(2);
        assertThat(executed.get(1)).hasSize(4);
        assertThat(controller.metrics().meanBatch()).isEqualTo(4);
    }

    @Test
    void aBatchThatDoesNotFillIsServedWhenItsTimeHasCome() {
        decision = new Batching(4, 5 * MS, WHY);
        arrive(2);
        assertThat(executed).isEmpty();
        assertThat(timers).last().isEqualTo(5 * MS);
        now = 5 * MS;
        rows.timerFired();
        assertThat(executed).containsExactly(List.of(0, 1));
        assertThat(timers).last().as("the control interval goes on").isEqualTo(10_000 * MS);
    }

    @Test
    void noBatchExceedsWhatWasProfiled() {
        decision = new Batching(100, 0, WHY);
        arrive(1);
        arrive(9);
        rows.executionFinished(0);
        assertThat(executed.get(1)).hasSize(4);
    }

    @Test
    void thePolicySeesHowManyWaitSinceWhenAndUntilWhen() {
        now = 7 * MS;
        arrive(1);
        now = 9 * MS;
        arrive(1);
        assertThat(seen).containsExactly("1 since 7, due 107", "2 since 7, due 107");
    }

    @Test
    void aRequestThatFailsLeavesTheOthersOfItsBatch() {
        arrive(4);
        rows.requestFailed(0);
        rows.requestFailed(2);
        assertThat(ended).containsExactly("0 FAILED", "2 FAILED");
        arrive(4);
        assertThat(executed).as("the slot is still busy").hasSize(1);
        rows.executionFinished(1);
        assertThat(ended).contains("1 ANSWERED", "3 ANSWERED");
        assertThat(executed).hasSize(2);
    }

    @Test
    void aBatchWhoseRequestsAllFailFreesItsSlot() {
        decision = new Batching(2, 0, WHY);
        arrive(1);
        rows.executionFinished(0);
        arrive(1);
        arrive(2);
        rows.requestFailed(executed.get(1).getFirst());
        assertThat(executed).hasSize(3);
    }

    @Test
    void aLostInstanceGivesItsBatchBackUntilARequestHasLostTooMany() {
        arrive(4);
        rows.instanceLost(0, Loss.CRASHED);
        assertThat(ended).isEmpty();
        rows.instanceReady(0);
        assertThat(executed).last().isEqualTo(List.of(0, 1, 2, 3));
        rows.instanceLost(0, Loss.CRASHED);
        assertThat(ended).containsExactlyInAnyOrder("0 FAILED", "1 FAILED", "2 FAILED", "3 FAILED");
    }

    @Test
    void aRequestThatWaitsCanBeWithdrawnAndOneThatIsServedCannot() {
        arrive(3);
        assertThat(controller.withdraw(1)).isTrue();
        assertThat(ended).containsExactly("1 FAILED");
        decision = new Batching(1, 0, WHY);
        arrive(1);
        assertThat(controller.withdraw(executed.getFirst().getFirst())).isFalse();
    }

    @Test
    void aClassThatTheWorkloadDoesNotNameIsServedLikeTheOthers() {
        int added = catalog.addRequestClass(new RequestClass("client", 1, "v", slo(30)));
        decision = new Batching(2, Long.MAX_VALUE, WHY);
        controller.requestArrived(0);
        controller.requestArrived(added);
        assertThat(executed).containsExactly(List.of(0, 1));
        now = 50 * MS;
        rows.executionFinished(0);
        assertThat(controller.metrics().arrived(added)).isEqualTo(1);
        assertThat(controller.metrics().violations(added)).isEqualTo(1);
        assertThat(controller.metrics().violations(0)).isZero();
        assertThat(catalog.share(added)).isZero();
        assertThat(catalog.className(added)).isEqualTo("client");
    }

    private final class Recorder implements RowPlatform {
        @Override
        public void launch(int instance, int fleet) {}

        @Override
        public void terminate(int instance) {}

        @Override
        public void execute(int request, int size, int instance) {
            List<Integer> batch = new ArrayList<>();
            for (int row = request; row >= 0; row = controller.nextInBatch(row)) {
                batch.add(row);
            }
            assertThat(batch).hasSize(size);
            executed.add(batch);
        }

        @Override
        public void invoke(int request, int function) {}

        @Override
        public void keepAlive(int function, long idleNanos) {}

        @Override
        public void prewarm(int function, int sandboxes) {}

        @Override
        public void setTimer(long atNanos) {
            timers.add(atNanos);
        }

        @Override
        public long launchNanos(int fleet) {
            return 0;
        }
    }
}
