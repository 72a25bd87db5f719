package dev.purser.predictors;

import dev.purser.core.policy.StateExchange;
import dev.purser.spi.Setting;

/**
 * Every window to come is like the window one season before it (Hyndman and Athanasopoulos, Forecasting: Principles and
 * Practice, 5.2); further ahead than a season, like the newest window of the same place in the season. Until a season
 * has been seen, like the last.
 */
public final class SeasonalNaive extends PointPredictor {
    private final Window season;

    /** @param season windows in a season, 1 to 1,000,000; 1 is {@link LastValue} */
    public record Settings(
            @Setting(
                    value = "windows in a season; 1440 is a day of minutes",
                    byDefault = "1440",
                    min = 1,
                    max = 1000000)
            int season) {
        /** @throws IllegalArgumentException if the season is out of range */
        public Settings {
            Window.checkLength("season", season, 1);
        }
    }

    /** @param settings how long a season is */
    public SeasonalNaive(Settings settings) {
        super("seasonal-naive");
        season = new Window(settings.season());
    }

    @Override
    void take(double count) {
        season.add(count);
    }

    @Override
    void points(double[] into) {
        int length = season.capacity();
        boolean known = season.size() == length;
        for (int i = 0; i < into.length; i++) {
            // the window i + 1 ahead was length - (i + 1) ago, taken round
            into[i] = season.ago(known ? length - 1 - i % length : 0);
        }
    }

    @Override
    void exchangeOwn(StateExchange state) {
        state.part("season", season);
    }
}
