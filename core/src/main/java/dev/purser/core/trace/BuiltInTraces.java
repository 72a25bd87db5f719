package dev.purser.core.trace;

import dev.purser.core.InputException;
import dev.purser.core.Names;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Four seeded traces shaped like the recorded ones that papers on serving use, for runs without any data. Each is a sum
 * of generators, three hours long; where the original has days, a day takes these three hours. They imitate how far load
 * swings and how it bursts, not what happened when.
 *
 * <table>
 * <caption>Measured in bins of 10 s: peak over median, index of dispersion and coefficient of variation; and the
 * coefficient of variation in bins of 1 s. The recorded traces whole, at the mean given; ours as the mean over the seeds
 * 0 to 99.</caption>
 * <tr><th>trace</th><th>mean/s</th><th>peak/median</th><th>dispersion</th><th>CV</th><th>CV at 1 s</th></tr>
 * <tr><td>WITS, 13 h, scaled to 100/s</td><td>100</td><td>4.02</td><td>155</td><td>0.39</td><td>0.46</td></tr>
 * <tr><td>{@code wits-like}</td><td>97</td><td>3.89</td><td>149</td><td>0.39</td><td>0.48</td></tr>
 * <tr><td>Berkeley Home IP 1996, 57 h, times 10</td><td>67</td><td>2.52</td><td>119</td><td>0.42</td><td>0.60</td></tr>
 * <tr><td>{@code berkeley-like}</td><td>67</td><td>2.52</td><td>126</td><td>0.43</td><td>0.63</td></tr>
 * <tr><td>Twitter sample stream, August 2021, 12 d</td><td>65</td><td>6.07</td><td>246</td><td>0.62</td><td>0.63</td></tr>
 * <tr><td>{@code twitter-like}</td><td>61</td><td>6.02</td><td>246</td><td>0.62</td><td>0.67</td></tr>
 * <tr><td>Wikipedia, October 2012, 7 d, scaled</td><td>100</td><td>1.46</td><td>29</td><td>0.17</td><td>0.20</td></tr>
 * <tr><td>{@code wiki-like}</td><td>100</td><td>1.46</td><td>29</td><td>0.17</td><td>0.20</td></tr>
 * </table>
 *
 * <p>The slow bursts of the first three are shorter than the originals', so that three hours hold enough of them; in bins
 * of a minute or more ours are calmer (for WITS a peak of 2.3 medians against 3.8).
 */
public final class BuiltInTraces {
    private static final Map<String, ArrivalTrace> ALL = new LinkedHashMap<>();

    static {
        // a level that swings little, loads of minutes, spikes of seconds that nothing announces
        add(
                "wits-like",
                "diurnal:mean=76,amplitude=0.22,period=3h,duration=3h",
                "mmpp:rates=0/50,sojourn=10m/150s,duration=3h",
                "mmpp:rates=0/200,sojourn=250s/8s,duration=3h",
                "mmpp:rates=0/600,sojourn=20m/1s,duration=3h",
                "mmpp:rates=0/70,sojourn=15s/1s,duration=3h");
        // a deep and short night (the second sine), page loads within a second, a busy third of a minute now and then
        add(
                "berkeley-like",
                "diurnal:mean=43,amplitude=0.74,period=3h,duration=3h",
                "diurnal:mean=7,amplitude=0.86,period=90m,phase=1350s,duration=3h",
                "mmpp:rates=0/165,sojourn=4500ms/400ms,duration=3h",
                "mmpp:rates=0/65,sojourn=6m/20s,duration=3h");
        // a day's swing, and bursts of two sizes several times the level
        add(
                "twitter-like",
                "diurnal:mean=52,amplitude=0.3,period=3h,duration=3h",
                "mmpp:rates=0/90/260,sojourn=800s/40s/16s,duration=3h");
        // a peak that is sharper than the valley (the second sine), and nothing but Poisson noise
        add(
                "wiki-like",
                "diurnal:mean=75,amplitude=0.3067,period=3h,duration=3h",
                "diurnal:mean=25,amplitude=0.24,period=90m,phase=4050s,duration=3h");
    }

    private BuiltInTraces() {}

    private static void add(String name, String... generators) {
        ALL.put(
                name,
                Traces.superpose(
                        name,
                        Arrays.stream(generators).map(TraceGenerators::parse).toList()));
    }

    /** The names that {@link #named} knows. */
    public static Collection<String> names() {
        return Collections.unmodifiableSet(ALL.keySet());
    }

    /**
     * A built-in trace.
     *
     * @param name one of {@link #names}
     * @throws InputException where there is no such trace
     */
    public static ArrivalTrace named(String name) {
        ArrivalTrace trace = ALL.get(name);
        if (trace == null) {
            throw new InputException(
                    "trace '" + name + "'",
                    "",
                    "there is no such built-in trace",
                    Names.suggest("built-in trace", names(), name));
        }
        return trace;
    }
}
