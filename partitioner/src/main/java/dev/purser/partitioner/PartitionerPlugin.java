package dev.purser.partitioner;

import dev.purser.core.policy.Partitioner;
import dev.purser.partitioner.forkjoin.GillisPartitioner;
import dev.purser.partitioner.plan.Baselines;
import dev.purser.partitioner.plan.EqualLayersProgramme;
import dev.purser.partitioner.plan.ExactPartitioner;
import dev.purser.partitioner.plan.ExhaustivePartitioner;
import dev.purser.partitioner.plan.IntegerProgramme;
import dev.purser.partitioner.plan.RandomPartitioner;
import dev.purser.spi.NoSettings;
import dev.purser.spi.Plugin;
import dev.purser.spi.PolicyFactory;
import java.util.List;

/** The partitioners of this module. */
public final class PartitionerPlugin implements Plugin {

    @Override
    public String name() {
        return "purser-partitioner";
    }

    @Override
    public List<PolicyFactory<? extends Partitioner, ?>> partitioners() {
        return List.of(
                PolicyFactory.of(
                        "amps-inf",
                        "The exact optimum of cuts and memories (AMPS-Inf, ICPP'21).",
                        NoSettings.class,
                        (settings, context) -> new ExactPartitioner()),
                PolicyFactory.of(
                        "integer-programme",
                        "The same optimum by an integer programme (AMPS-Inf, ICPP'21); slow.",
                        IntegerProgramme.Settings.class,
                        (settings, context) -> new IntegerProgramme(settings)),
                PolicyFactory.of(
                        "equal-layers-programme",
                        "The programme on AMPS-Inf's slide, for chains of equal layers (ICPP'21).",
                        IntegerProgramme.Settings.class,
                        (settings, context) -> new EqualLayersProgramme(settings)),
                PolicyFactory.of(
                        "exhaustive",
                        "The best of all plans, each looked at.",
                        NoSettings.class,
                        (settings, context) -> new ExhaustivePartitioner()),
                PolicyFactory.of(
                        "random",
                        "The fewest parts, with cuts and memories drawn from all that fit.",
                        NoSettings.class,
                        (settings, context) -> new RandomPartitioner(context.seed())),
                PolicyFactory.of(
                        "equal-layers",
                        "Parts of equal layer counts, with the smallest common memory that keeps the SLO.",
                        NoSettings.class,
                        (settings, context) -> Baselines.EQUAL_LAYERS),
                PolicyFactory.of(
                        "greedy-fill",
                        "As many layers as fit into each part, with the smallest common memory that keeps the SLO.",
                        NoSettings.class,
                        (settings, context) -> Baselines.GREEDY_FILL),
                PolicyFactory.of(
                        "greedy-max-memory",
                        "As many layers as fit into each part, with the largest memory.",
                        NoSettings.class,
                        (settings, context) -> Baselines.GREEDY_MAX_MEMORY),
                PolicyFactory.of(
                        "gillis",
                        "The least latency with layers divided among functions side by side (Gillis, ICDCS'21).",
                        GillisPartitioner.Settings.class,
                        (settings, context) -> new GillisPartitioner(settings)));
    }
}
