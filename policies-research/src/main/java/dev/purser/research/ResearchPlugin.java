package dev.purser.research;

import dev.purser.core.json.Json;
import dev.purser.core.policy.BatchingPolicy;
import dev.purser.core.policy.ColdStartManager;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.ResourceProvisioner;
import dev.purser.research.batching.Greedy;
import dev.purser.research.batching.MarkBatching;
import dev.purser.research.batching.Window;
import dev.purser.research.coldstart.FixedKeepAlive;
import dev.purser.research.dispatcher.Admission;
import dev.purser.research.dispatcher.FunctionSettings;
import dev.purser.research.dispatcher.FunctionsOnly;
import dev.purser.research.dispatcher.InstancesOnly;
import dev.purser.research.dispatcher.LatencyAware;
import dev.purser.research.dispatcher.Overflow;
import dev.purser.research.dispatcher.Weighted;
import dev.purser.research.provisioner.Exascale;
import dev.purser.research.provisioner.Marginal;
import dev.purser.research.provisioner.Mark;
import dev.purser.research.provisioner.Paragon;
import dev.purser.research.provisioner.Reactive;
import dev.purser.research.provisioner.StaticFleet;
import dev.purser.research.provisioner.TargetTracking;
import dev.purser.research.provisioner.UtilAware;
import dev.purser.research.selector.Cocktail;
import dev.purser.research.selector.InfaasSelector;
import dev.purser.research.selector.LearnedAccuracy;
import dev.purser.research.selector.NaiveSelectors;
import dev.purser.research.selector.ParagonSelector;
import dev.purser.spi.NoSettings;
import dev.purser.spi.Plugin;
import dev.purser.spi.PolicyFactory;
import dev.purser.spi.Stack;
import java.util.List;
import java.util.stream.Stream;

/** The policies of the literature, and their stacks. */
public final class ResearchPlugin implements Plugin {
    private static final List<String> STACKS = List.of(
            "static",
            "reactive",
            "util-aware",
            "exascale",
            "mixed",
            "spock-predictive",
            "paragon",
            "functions-only",
            "marginal",
            "admission",
            "mark",
            "mark-spot",
            "sagemaker",
            "cocktail");

    @Override
    public String name() {
        return "purser-policies-research";
    }

    @Override
    public List<PolicyFactory<? extends ModelSelector, ?>> modelSelectors() {
        return List.of(
                PolicyFactory.of(
                        "paragon",
                        "Two of cost, latency and accuracy constrain, the third is optimised (Paragon, WoSC'20, section 3).",
                        ParagonSelector.Settings.class,
                        ParagonSelector::new),
                PolicyFactory.of(
                        "infaas",
                        "The running variant that fits most tightly, else the one that loads soonest (INFaaS, ATC'21).",
                        InfaasSelector.Settings.class,
                        InfaasSelector::new),
                PolicyFactory.of(
                        "learned-accuracy",
                        "The cheapest variant whose accuracy, learned from feedback, may do (Paragon, section 3.1; UCB1).",
                        LearnedAccuracy.Settings.class,
                        LearnedAccuracy::new),
                PolicyFactory.of(
                        "cocktail",
                        "Several variants answer by weighted majority, as many as the accuracy needs (Cocktail, NSDI'22).",
                        Cocktail.Settings.class,
                        Cocktail::new),
                PolicyFactory.<ModelSelector, NaiveSelectors.FixedSettings>of(
                        "fixed",
                        "One variant answers everything.",
                        NaiveSelectors.FixedSettings.class,
                        NaiveSelectors::fixed),
                PolicyFactory.<ModelSelector, NoSettings>of(
                        "fastest",
                        "The fastest variant, whatever its accuracy and cost.",
                        NoSettings.class,
                        NaiveSelectors::fastest),
                PolicyFactory.<ModelSelector, NoSettings>of(
                        "most-accurate",
                        "The most accurate variant that keeps the latency bound, whatever its cost.",
                        NoSettings.class,
                        NaiveSelectors::mostAccurate),
                PolicyFactory.<ModelSelector, NaiveSelectors.RandomSettings>of(
                        "random",
                        "Any variant that meets the constraints it heeds.",
                        NaiveSelectors.RandomSettings.class,
                        NaiveSelectors::random));
    }

    @Override
    public List<PolicyFactory<? extends Dispatcher, ?>> dispatchers() {
        return List.of(
                PolicyFactory.of(
                        "instances-only", "A free slot, else the queue.", NoSettings.class, InstancesOnly::new),
                PolicyFactory.of(
                        "functions-only", "Every request to a function.", FunctionSettings.class, FunctionsOnly::new),
                PolicyFactory.of(
                        "overflow",
                        "A free slot, else a function (Spock, CLOUD'19).",
                        FunctionSettings.class,
                        Overflow::new),
                PolicyFactory.of(
                        "latency-aware",
                        "A free slot, else a function for strict requests and the queue for relaxed ones (Paragon, WoSC'20,"
                                + " sections 3 and 4).",
                        LatencyAware.Settings.class,
                        LatencyAware::new),
                PolicyFactory.of(
                        "admission",
                        "A free slot, else the queue if the answer can be expected in time, else refusal at once (after"
                                + " Clockwork, OSDI'20).",
                        Admission.Settings.class,
                        Admission::new),
                PolicyFactory.of(
                        "weighted",
                        "The fleets in turn by their capacity, another or a function where one would be late (MArk, ATC'19).",
                        Weighted.Settings.class,
                        Weighted::new));
    }

    @Override
    public List<PolicyFactory<? extends BatchingPolicy, ?>> batchingPolicies() {
        return List.of(
                PolicyFactory.of(
                        "greedy",
                        "A free slot takes what waits, up to what the tightest deadline allows (after Clipper, NSDI'17).",
                        Greedy.Settings.class,
                        Greedy::new),
                PolicyFactory.of(
                        "window",
                        "Waits for a full batch up to a fixed time and never beyond the tightest deadline.",
                        Window.Settings.class,
                        Window::new),
                PolicyFactory.of(
                        "mark",
                        "The batch that the arrival rate fills within what the latency promise leaves (MArk, ATC'19).",
                        MarkBatching.Settings.class,
                        MarkBatching::new));
    }

    @Override
    public List<PolicyFactory<? extends ResourceProvisioner, ?>> resourceProvisioners() {
        return List.of(
                PolicyFactory.of("static", "A fleet sized once.", StaticFleet.Settings.class, StaticFleet::new),
                PolicyFactory.of(
                        "reactive",
                        "As many instances as the rate of the last while needs (Spock, CLOUD'19; Paragon's baseline).",
                        Reactive.Settings.class,
                        Reactive::new),
                PolicyFactory.of(
                        "util-aware",
                        "More instances at 80 % utilisation (Paragon's baseline, WoSC'20, scaling study).",
                        UtilAware.Settings.class,
                        UtilAware::new),
                PolicyFactory.of(
                        "exascale",
                        "More instances than a forecast needs (Paragon's baseline, WoSC'20, scaling study; Spock's predictive"
                                + " policy at headroom 1).",
                        Exascale.Settings.class,
                        Exascale::new),
                PolicyFactory.of(
                        "paragon",
                        "Instances for the peak in static periods, for the trend and with functions else (Paragon, WoSC'20,"
                                + " sections 3 and 4).",
                        Paragon.Settings.class,
                        Paragon::new),
                PolicyFactory.of(
                        "marginal",
                        "Keeps an instance while it would have saved more function cost than it costs (ours, after the"
                                + " clairvoyant bound).",
                        Marginal.Settings.class,
                        Marginal::new),
                PolicyFactory.of(
                        "mark",
                        "The cheapest instances of several types for the load forecast, on demand and spot (MArk, ATC'19).",
                        Mark.Settings.class,
                        Mark::new),
                PolicyFactory.of(
                        "target-tracking",
                        "Instances of one type by the invocations of each, as a managed service (SageMaker) scales.",
                        TargetTracking.Settings.class,
                        TargetTracking::new));
    }

    @Override
    public List<PolicyFactory<? extends ColdStartManager, ?>> coldStartManagers() {
        return List.of(PolicyFactory.of(
                "fixed",
                "One keep-alive for every function, as providers have it.",
                FixedKeepAlive.Settings.class,
                FixedKeepAlive::new));
    }

    @Override
    public List<Stack> stacks() {
        Stream<Stack> stacks = STACKS.stream()
                .map(name -> Json.readResource(ResearchPlugin.class, "stack/" + name + ".json", Stack.class));
        return stacks.toList();
    }
}
