package dev.purser.research.selector;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.purser.core.policy.Ensemble;
import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.PerRequestClass;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Ensembles of small models instead of one large one (Cocktail, NSDI'22; rules read from the release's
 * {@code naiveSchedule.py}). The first ensemble takes the most accurate variants that keep the latency bound (with a margin)
 * until the accuracy they promise together is enough. From then on users' words decide, an interval at a time: with more
 * accuracy than promised the members that were least often right are dropped, as many as were right more often than the
 * majority needs ({@code vote}) or one ({@code aggressive}: the Clipper-X baseline); with less, the most accurate variant
 * left is added.
 *
 * <p>Departures. The release estimates the first ensemble by the mean accuracy of its members, here it is the accuracy of
 * their majority. Its votes are weighted by how often a member was right on each class of image; requests have no classes
 * here, so a member of accuracy a weighs ln(a / (1 - a)), which is best where members err independently. Without users'
 * words the first ensemble stays.
 */
public final class Cocktail implements ModelSelector {

    /** How many members are dropped. */
    public enum Pruning {
        /** As many as were right more often than the majority needs. */
        @JsonProperty("vote")
        VOTE,
        /** One. */
        @JsonProperty("aggressive")
        AGGRESSIVE
    }

    /** How votes count. */
    public enum Votes {
        /** By the members' accuracy. */
        @JsonProperty("weighted")
        WEIGHTED,
        /** All the same. */
        @JsonProperty("equal")
        EQUAL
    }

    /**
     * Settings.
     *
     * @param interval how often the ensembles are looked at
     * @param latencyMargin by how much a member may exceed the latency bound
     * @param accuracyMargin by how much the accuracy may differ from the promise before the ensemble changes
     * @param pruning how many members are dropped
     * @param votes how votes count
     * @param maxMembers most members
     */
    public record Settings(
            @Setting(value = "how often the ensembles are looked at", byDefault = "30s")
            Duration interval,

            @Setting(value = "by how much a member's profiled latency may exceed the bound", byDefault = "10ms")
            Duration latencyMargin,

            @Setting(
                    value = "by how much the accuracy may differ from the promise before the ensemble changes",
                    byDefault = "0.02",
                    min = 0,
                    max = 1)
            double accuracyMargin,

            @Setting(value = "how many members are dropped where there is accuracy to spare", byDefault = "vote")
            Pruning pruning,

            @Setting(value = "how votes count", byDefault = "weighted")
            Votes votes,

            @Setting(value = "most members", byDefault = "10", min = 1, max = Ensemble.MAX_MEMBERS)
            int maxMembers) {}

    private static final Reason PROMISED =
            Reason.of("ensemble", "the most accurate variants that together promise the accuracy");

    private final ServiceCatalog catalog;
    private final Settings settings;
    private final long marginNanos;
    private final PerRequestClass<State> states = new PerRequestClass<>(State::new);

    /** A selector for what the context will serve. */
    public Cocktail(Settings settings, PolicyContext context) {
        this.settings = settings;
        catalog = context.catalog();
        marginNanos = settings.latencyMargin().toNanos();
    }

    @Override
    public Selection select(RequestView request, ServingView view) {
        State state = states.get(request.requestClass());
        state.lookAt(view.nanos());
        return state.selection;
    }

    @Override
    public void feedback(int requestClass, Ensemble ensemble, int right) {
        states.get(requestClass).heard(ensemble, right);
    }

    /** The ensemble of one class, and what was heard of it since it was last looked at. */
    private final class State {
        private final double promise;
        /** Variants that may be members, the most accurate first. */
        private final List<Integer> candidates;

        private final List<Integer> members = new ArrayList<>();
        private Selection selection = Feasible.none();
        private @Nullable Ensemble ensemble;
        private long nextLook;
        private int heard;
        private int correct;
        /** How often so many members were right, and how often each was. */
        private int[] rightAtOnce = new int[0];

        private int[] rightOf = new int[0];

        State(int requestClass) {
            promise = catalog.minAccuracy(requestClass);
            long bound = catalog.maxLatencyNanos(requestClass);
            long most = bound == ServiceCatalog.UNBOUNDED ? bound : bound + marginNanos;
            candidates = IntStream.range(0, catalog.variants())
                    .filter(v -> Feasible.profiledNanos(catalog, v) <= most)
                    .boxed()
                    .sorted(Comparator.comparingDouble((Integer v) -> -catalog.accuracy(v)))
                    .toList();
            double budget = catalog.maxUsdPerRequest(requestClass);
            for (int candidate : candidates) {
                if (members.size() == settings.maxMembers()
                        || (ensemble != null && ensemble.accuracy(ensemble.everyone(), catalog::accuracy) >= promise)) {
                    break;
                }
                if (usdPerRequest() + catalog.leastUsdPerRequest(candidate) <= budget) {
                    members.add(candidate);
                    ensemble = of(members);
                }
            }
            change(PROMISED);
        }

        private double usdPerRequest() {
            return members.stream().mapToDouble(catalog::leastUsdPerRequest).sum();
        }

        private Ensemble of(List<Integer> variants) {
            return new Ensemble(
                    variants.stream().mapToInt(Integer::intValue).toArray(),
                    variants.stream()
                            .mapToDouble(v -> settings.votes() == Votes.EQUAL ? 1 : weight(catalog.accuracy(v)))
                            .toArray());
        }

        /** No vote counts nothing or less: who is mostly wrong among many answers still tells something when right. */
        private static double weight(double accuracy) {
            return Math.max(0.01, Math.log(Math.min(accuracy, 0.9999) / (1 - Math.min(accuracy, 0.9999))));
        }

        private void change(Reason reason) {
            if (!members.isEmpty()) {
                Ensemble changed = of(members);
                ensemble = changed;
                selection = new Selection(changed, reason);
            }
            heard = 0;
            correct = 0;
            rightAtOnce = new int[members.size() + 1];
            rightOf = new int[members.size()];
        }

        void heard(Ensemble of, int right) {
            if (of != ensemble) {
                return;
            }
            heard++;
            rightAtOnce[Integer.bitCount(right)]++;
            double votes = 0;
            double all = 0;
            for (int i = 0; i < rightOf.length; i++) {
                rightOf[i] += right >> i & 1;
                votes += (right >> i & 1) * of.weight(i);
                all += of.weight(i);
            }
            if (votes > all / 2) {
                correct++;
            }
        }

        void lookAt(long now) {
            if (now < nextLook) {
                return;
            }
            boolean first = nextLook == 0;
            nextLook = now + settings.interval().toNanos();
            if (first || heard == 0) {
                return;
            }
            double accuracy = (double) correct / heard;
            if (accuracy >= promise + settings.accuracyMargin() && members.size() > 1) {
                drop(accuracy);
            } else if (accuracy <= promise - settings.accuracyMargin() && members.size() < settings.maxMembers()) {
                add(accuracy);
            } else {
                change(selection.reason());
            }
        }

        private void drop(double accuracy) {
            int usual = 0;
            for (int i = 1; i < rightAtOnce.length; i++) {
                usual = rightAtOnce[i] > rightAtOnce[usual] ? i : usual;
            }
            int excess = settings.pruning() == Pruning.AGGRESSIVE ? 1 : usual - (int) Math.ceil(0.51 * members.size());
            for (int n = Math.min(excess, members.size() - 1); n > 0; n--) {
                int worst = 0;
                for (int i = 1; i < members.size(); i++) {
                    if (rightOf[i] < rightOf[worst]
                            || (rightOf[i] == rightOf[worst]
                                    && catalog.accuracy(members.get(i)) < catalog.accuracy(members.get(worst)))) {
                        worst = i;
                    }
                }
                members.subList(worst, worst + 1).clear();
                System.arraycopy(rightOf, worst + 1, rightOf, worst, rightOf.length - worst - 1);
            }
            change(Reason.of(
                    "pruned",
                    "the ensemble was right on {observed} of the answers, above {limit}: the members right least often"
                            + " were dropped",
                    accuracy,
                    promise + settings.accuracyMargin()));
        }

        private void add(double accuracy) {
            candidates.stream()
                    .filter(candidate -> !members.contains(candidate))
                    .findFirst()
                    .ifPresent(members::add);
            change(Reason.of(
                    "enlarged",
                    "the ensemble was right on {observed} of the answers, below {limit}: the most accurate variant left"
                            + " was added",
                    accuracy,
                    promise - settings.accuracyMargin()));
        }
    }
}
