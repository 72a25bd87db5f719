package dev.purser.core.engine;

import static dev.purser.core.engine.EngineFixtures.BIG_AT_1024;
import static dev.purser.core.engine.EngineFixtures.BIG_ON_XLARGE;
import static dev.purser.core.engine.EngineFixtures.NAMED;
import static dev.purser.core.engine.EngineFixtures.SECOND;
import static dev.purser.core.engine.EngineFixtures.WHY;
import static dev.purser.core.engine.EngineFixtures.plan;
import static dev.purser.core.engine.EngineFixtures.toFunction;
import static dev.purser.core.engine.EngineFixtures.toInstance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.InputException;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ResourceProvisioner;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a provider does that no well-behaved platform would: reports that are late, double, missing, or from before. */
class LateAndDoubleReportsTest {
    private final ServiceCatalog catalog = EngineFixtures.catalog();
    private final Recorder platform = new Recorder();
    private final List<String> ended = new ArrayList<>();
    private Dispatch dispatch = toInstance(BIG_ON_XLARGE);
    private Plan plan = plan(BIG_ON_XLARGE, 1);
    private ResourceProvisioner provisioner = view -> plan;
    private ControllerSettings settings = new ControllerSettings(
                    Duration.ofSeconds(10), Duration.ofMinutes(5), 0, 100, 3, Duration.ofSeconds(30), Duration.ZERO)
            .withAttemptTimeout(Duration.ofSeconds(60));
    private long now;
    private Controller controller = controller();

    private Controller controller() {
        return new Controller(
                catalog,
                new PolicySet(
                        (request, view) -> new Selection(1, WHY),
                        (request, view) -> dispatch,
                        view -> provisioner.plan(view),
                        view -> new KeepAlive(600 * SECOND, 0, WHY)),
                platform,
                () -> now,
                (row, outcome, variant) -> ended.add(outcome.name()),
                settings,
                DecisionLog.small());
    }

    private void interval() {
        now += 10 * SECOND;
        controller.events().timerFired();
    }

    private long ready() {
        return controller.view().readyInstances(BIG_ON_XLARGE);
    }

    private long startOne() {
        controller.start();
        long instance = platform.launched.getFirst();
        controller.events().instanceReady(instance, 0);
        return instance;
    }

    @Test
    void aLaunchThatWasGivenUpAndTurnsUpIsNotItsSuccessor() {
        controller.start();
        long first = platform.launched.getFirst();
        for (int i = 0; i < 4; i++) {
            interval();
        }
        assertThat(platform.terminated).containsExactly(first);
        long second = platform.launched.get(1);
        assertThat(Ticket.number(second)).isNotEqualTo(Ticket.number(first));

        controller.events().instanceReady(first, 35 * SECOND);
        assertThat(ready()).isZero();
        assertThat(controller.view().pendingInstances(BIG_ON_XLARGE)).isEqualTo(1);
        // it ran, and is paid for as long as the provider says
        controller.events().instanceGone(first, 135 * SECOND);
        assertThat(controller.ledger().usage().instances().get(1).billedSeconds())
                .isEqualTo(100);

        controller.events().instanceReady(first, 35 * SECOND);
        controller.events().instanceGone(first, 999 * SECOND);
        assertThat(controller.metrics().dropped(Dropped.INSTANCE_READY)).isEqualTo(1);
        assertThat(controller.metrics().dropped(Dropped.INSTANCE_GONE)).isEqualTo(1);
        controller.events().instanceReady(second, now);
        controller.events().instanceReady(second, now);
        assertThat(ready()).isEqualTo(1);
        assertThat(controller.view().pendingInstances(BIG_ON_XLARGE)).isZero();
    }

    @Test
    void aSecondAnswerEndsNobodyElsesRequestAndIsNotPaidTwice() {
        dispatch = toFunction(BIG_AT_1024);
        controller.start();
        controller.requestArrived(NAMED);
        long first = platform.attempts.getFirst();
        controller.events().attemptEnded(first, Attempt.ANSWERED, false, SECOND);
        controller.requestArrived(NAMED);
        assertThat(Ticket.row(platform.attempts.get(1))).isEqualTo(Ticket.row(first));

        controller.events().attemptEnded(first, Attempt.ANSWERED, false, SECOND);
        assertThat(ended).containsExactly("ANSWERED");
        assertThat(controller.openRequests()).isEqualTo(1);
        assertThat(controller.ledger().usage().functionRequests()).isEqualTo(1);
        assertThat(controller.metrics().dropped(Dropped.ATTEMPT_ENDED)).isEqualTo(1);
    }

    @Test
    void anAnswerThatIsLostIsAskedForAgainAndPaidForWhenItComesAfterAll() {
        dispatch = toFunction(BIG_AT_1024);
        controller.start();
        controller.requestArrived(NAMED);
        for (int i = 0; i < 7; i++) {
            interval();
        }
        assertThat(platform.attempts).hasSize(2);
        controller.events().attemptEnded(platform.attempts.getFirst(), Attempt.ANSWERED, false, SECOND);
        assertThat(ended).isEmpty();
        controller.events().attemptEnded(platform.attempts.get(1), Attempt.ANSWERED, false, SECOND);
        assertThat(ended).containsExactly("ANSWERED");
        assertThat(controller.ledger().usage().functionRequests()).isEqualTo(2);
    }

    @Test
    void anInstanceThatDoesNotAnswerIsGivenUpAndItsRequestServedElsewhere() {
        long first = startOne();
        controller.requestArrived(NAMED);
        for (int i = 0; i < 7; i++) {
            interval();
        }
        assertThat(platform.terminated).containsExactly(first);
        controller.events().instanceReady(platform.launched.getLast(), now);
        assertThat(platform.attempts).hasSize(2);
        controller.events().attemptEnded(platform.attempts.getFirst(), Attempt.ANSWERED, false, 0);
        assertThat(ended).isEmpty();
        controller.events().attemptEnded(platform.attempts.get(1), Attempt.ANSWERED, false, 0);
        assertThat(ended).containsExactly("ANSWERED");
    }

    @Test
    void terminateIsToldAgainUntilItIsAnsweredAndIsPaidForUntilThen() {
        long instance = startOne();
        plan = plan(BIG_ON_XLARGE, 0);
        interval();
        for (int i = 0; i < 7; i++) {
            interval();
        }
        assertThat(platform.terminated).containsExactly(instance, instance);
        controller.events().instanceGone(instance, 75 * SECOND);
        assertThat(controller.ledger().usage().instances().get(1).billedSeconds())
                .isEqualTo(75);
    }

    @Test
    void anErrorOfAPolicyStopsNothingAndIsCounted() {
        settings = settings.withMaxPolicyFailures(Long.MAX_VALUE);
        controller = controller();
        startOne();
        provisioner = view -> {
            throw new NoClassDefFoundError("some/Plugin");
        };
        interval();
        controller.requestArrived(NAMED);
        assertThat(platform.attempts).hasSize(1);
        assertThat(ready()).isEqualTo(1);
        assertThat(controller.metrics().policyFailures()).isEqualTo(1);
    }

    @Test
    void aPolicyThatFailsMoreOftenThanIsAllowedEndsTheRunByName() {
        provisioner = view -> {
            throw new IllegalStateException("no plan");
        };
        assertThatThrownBy(controller::start)
                .isInstanceOf(PolicyException.class)
                .hasMessageContaining("provisioner")
                .hasMessageContaining("no plan");
    }

    @Test
    void aControllerThatStartsAgainTakesOverWhatTheOneBeforeItLeft() {
        plan = plan(BIG_ON_XLARGE, 2);
        controller.start();
        List<Long> left = List.copyOf(platform.launched);
        left.forEach(instance -> controller.events().instanceReady(instance, 0));
        dispatch = toFunction(BIG_AT_1024);
        controller.requestArrived(NAMED);
        controller.events().attemptEnded(platform.attempts.getFirst(), Attempt.ANSWERED, true, SECOND);
        ObjectNode snapshot = controller.snapshot();

        platform.launched.clear();
        platform.terminated.clear();
        plan = plan(BIG_ON_XLARGE, 1);
        controller = controller();
        controller.restore("snapshot.json", snapshot);
        left.forEach(instance -> controller.events().instanceFound(instance, BIG_ON_XLARGE, Found.RUNNING, 0));
        controller.start();
        assertThat(platform.launched).as("the fleet is not doubled").isEmpty();
        assertThat(platform.terminated).as("what no plan wants ends").hasSize(1).isSubsetOf(left);
        assertThat(controller.ledger().usage().functionRequests()).isEqualTo(1);

        plan = plan(BIG_ON_XLARGE, 2);
        interval();
        assertThat(left).as("no name comes twice").doesNotContain(platform.launched.getFirst());
        assertThat(Ticket.number(platform.launched.getFirst())).isGreaterThan(1 << 20);
        assertThatThrownBy(() -> controller().restore("snapshot.json", snapshot.without("account")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("account");
    }

    @Test
    void whatHasAccruedCanBeAskedForAtAnyTime() {
        startOne();
        now = 100 * SECOND;
        assertThat(controller.accrued().vm().doubleValue())
                .isGreaterThan(100 * catalog.usdPerSecond(1) - 1e-6)
                .isLessThan(101 * catalog.usdPerSecond(1) + 1e-6);
        assertThat(controller.ledger().usage().instances().get(1).billedSeconds())
                .isZero();
    }

    @Test
    void ceilingsBindEveryPlanAndEveryInvocation() {
        double one = catalog.usdPerSecond(1) * 3600;
        settings = settings.withCeilings(1, 2.5 * one);
        controller = controller();
        plan = plan(BIG_ON_XLARGE, 9);
        dispatch = toFunction(BIG_AT_1024);
        controller.start();
        assertThat(platform.launched).hasSize(2);
        assertThat(controller
                        .decisionLog()
                        .plans()
                        .getFirst()
                        .fleets()
                        .getFirst()
                        .reason()
                        .code())
                .isEqualTo("dollar-limit");
        controller.requestArrived(NAMED);
        controller.requestArrived(NAMED);
        assertThat(platform.attempts).as("one invocation at a time").hasSize(1);
        controller.events().attemptEnded(platform.attempts.getFirst(), Attempt.ANSWERED, false, SECOND);
        assertThat(platform.attempts).hasSize(2);
    }

    /** Keeps what it is told, and says nothing. */
    private static final class Recorder implements Platform {
        private final List<Long> launched = new ArrayList<>();
        private final List<Long> terminated = new ArrayList<>();
        private final List<Long> attempts = new ArrayList<>();

        @Override
        public void launch(long instance, int fleet) {
            launched.add(instance);
        }

        @Override
        public void terminate(long instance) {
            terminated.add(instance);
        }

        @Override
        public void execute(long attempt, int size, long instance) {
            attempts.add(attempt);
        }

        @Override
        public void invoke(long attempt, int pool) {
            attempts.add(attempt);
        }

        @Override
        public void keepAlive(int pool, long idleNanos) {}

        @Override
        public void prewarm(int pool, int sandboxes) {}

        @Override
        public void setTimer(long atNanos) {}

        @Override
        public long launchNanos(int fleet) {
            return SECOND;
        }
    }
}
