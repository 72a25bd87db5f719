package dev.purser.spi;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.purser.core.partition.Infeasible;
import dev.purser.core.policy.BatchingPolicy;
import dev.purser.core.policy.ColdStartManager;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.GapForecast;
import dev.purser.core.policy.InterArrivalPredictor;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Partitioner;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.ResourceProvisioner;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.StateExchange;
import java.time.Duration;
import java.util.List;

/** A plugin as an author would write it, found through the service file of the test class path. */
public final class TestPlugin implements Plugin {
    static final Reason WHY = Reason.of("test", "because the test says so");

    /** How the test dispatcher chooses. */
    public enum Mode {
        @JsonProperty("queue-all")
        QUEUE_ALL,
        @JsonProperty("refuse-all")
        REFUSE_ALL
    }

    /** All kinds of setting. */
    public record Settings(
            @Setting(value = "Slots to keep free.", byDefault = "2", min = 0, max = 10)
            int headroom,

            @Setting(value = "Weight of the newest window.", byDefault = "0.5", min = 0, max = 1)
            double alpha,

            @Setting(value = "How far to look back.", byDefault = "10m")
            Duration window,

            @Setting(value = "Whether to refuse.", byDefault = "false")
            boolean strict,

            @Setting(value = "What to do.", byDefault = "queue-all")
            Mode mode,

            @Setting(value = "Which predictor to ask.", byDefault = "steady")
            PolicySpec predictor,

            @Setting(value = "A name for the log.", byDefault = "nameless")
            String label) {}

    /** A setting without a default. */
    public record Level(
            @Setting(value = "Requests in each window.", min = 0)
            double level) {}

    /** Remembers what it was made with. */
    public record Provisioner(Settings settings, long seed, LoadPredictor predictor) implements ResourceProvisioner {
        @Override
        public Plan plan(ProvisioningView view) {
            return new Plan(List.of(), Offload.always());
        }
    }

    record Steady(double level) implements LoadPredictor {
        @Override
        public void observe(double count) {}

        @Override
        public Forecast forecast(int steps) {
            return Forecast.ofPoints(level);
        }

        @Override
        public void exchange(StateExchange state) {}
    }

    @Override
    public String name() {
        return "test";
    }

    @Override
    public List<PolicyFactory<? extends ModelSelector, ?>> modelSelectors() {
        return List.of(PolicyFactory.<ModelSelector, NoSettings>of(
                "first",
                "The first variant.",
                NoSettings.class,
                (settings, context) -> (request, view) -> new Selection(0, WHY)));
    }

    @Override
    public List<PolicyFactory<? extends Dispatcher, ?>> dispatchers() {
        return List.of(PolicyFactory.<Dispatcher, NoSettings>of(
                "queue",
                "Always the queue.",
                NoSettings.class,
                (settings, context) -> (request, view) -> new Dispatch.ToQueue(WHY)));
    }

    @Override
    public List<PolicyFactory<? extends ResourceProvisioner, ?>> resourceProvisioners() {
        return List.of(PolicyFactory.<ResourceProvisioner, Settings>of(
                "nothing",
                "Rents nothing.",
                Settings.class,
                (settings, context) ->
                        new Provisioner(settings, context.seed(), context.loadPredictor(settings.predictor()))));
    }

    @Override
    public List<PolicyFactory<? extends LoadPredictor, ?>> loadPredictors() {
        return List.of(
                PolicyFactory.<LoadPredictor, NoSettings>of(
                        "steady", "Always 1.", NoSettings.class, (settings, context) -> new Steady(1)),
                PolicyFactory.<LoadPredictor, Level>of(
                        "level", "Always the same.", Level.class, (settings, context) -> new Steady(settings.level())));
    }

    /** Always expects the same gap. */
    record Gap(double expected) implements InterArrivalPredictor {
        @Override
        public void observe(double gapSeconds, double together) {}

        @Override
        public GapForecast forecast() {
            return new GapForecast(expected, 0, expected, "test");
        }

        @Override
        public void exchange(StateExchange state) {}
    }

    @Override
    public List<PolicyFactory<? extends InterArrivalPredictor, ?>> interArrivalPredictors() {
        return List.of(PolicyFactory.<InterArrivalPredictor, Level>of(
                "gap", "Always the same.", Level.class, (settings, context) -> new Gap(settings.level())));
    }

    @Override
    public List<PolicyFactory<? extends ColdStartManager, ?>> coldStartManagers() {
        return List.of(PolicyFactory.<ColdStartManager, NoSettings>of(
                "forever",
                "Keeps all.",
                NoSettings.class,
                (settings, context) -> view -> new KeepAlive(Long.MAX_VALUE, 0, WHY)));
    }

    @Override
    public List<PolicyFactory<? extends BatchingPolicy, ?>> batchingPolicies() {
        return List.of(PolicyFactory.<BatchingPolicy, NoSettings>of(
                "single", "For tests.", NoSettings.class, (settings, context) -> BatchingPolicy.NONE));
    }

    @Override
    public List<PolicyFactory<? extends Partitioner, ?>> partitioners() {
        return List.of(PolicyFactory.<Partitioner, NoSettings>of(
                "refuse",
                "For tests.",
                NoSettings.class,
                (settings, context) ->
                        request -> new Infeasible(Reason.of("refused", "seed " + context.seed()), -1, null)));
    }

    @Override
    public List<Stack> stacks() {
        return List.of(new Stack(
                "plain",
                "For tests.",
                PolicySpec.of("first"),
                PolicySpec.of("queue"),
                PolicySpec.of("nothing"),
                PolicySpec.of("forever")));
    }
}
