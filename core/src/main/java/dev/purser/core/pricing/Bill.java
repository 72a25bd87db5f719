package dev.purser.core.pricing;

import java.math.BigDecimal;
import java.util.List;

/**
 * Usage with its price. Every line is rounded half up to six decimals, and every total is the sum of the rounded lines,
 * so that a bill adds up to the last digit.
 *
 * @param lines what was used and what it costs; nothing that was not used
 */
public record Bill(List<Line> lines) {
    /** How many decimals a line has. */
    static final int SCALE = 6;

    /** What a line is for. */
    public enum Category {
        /** Instances. */
        VM,
        /** Functions. */
        FUNCTION,
        /** The object store. */
        STORAGE
    }

    /**
     * One line.
     *
     * @param category what it is for
     * @param item what was used, such as {@code c5.large}
     * @param quantity how much, with its unit, such as {@code 3600 s}
     * @param usd the price in US dollars, with six decimals
     */
    public record Line(Category category, String item, String quantity, BigDecimal usd) {}

    /** Copies the list. */
    public Bill {
        lines = List.copyOf(lines);
    }

    /**
     * The price of all instances.
     *
     * @return US dollars
     */
    public BigDecimal vm() {
        return sum(Category.VM);
    }

    /**
     * The price of all functions.
     *
     * @return US dollars
     */
    public BigDecimal function() {
        return sum(Category.FUNCTION);
    }

    /**
     * The price of the object store.
     *
     * @return US dollars
     */
    public BigDecimal storage() {
        return sum(Category.STORAGE);
    }

    /**
     * The price of everything.
     *
     * @return US dollars
     */
    public BigDecimal total() {
        return vm().add(function()).add(storage());
    }

    private BigDecimal sum(Category category) {
        return lines.stream()
                .filter(line -> line.category() == category)
                .map(Line::usd)
                .reduce(BigDecimal.ZERO.setScale(SCALE), BigDecimal::add);
    }
}
