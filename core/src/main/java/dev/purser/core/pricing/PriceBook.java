package dev.purser.core.pricing;

import dev.purser.core.InputException;
import dev.purser.core.Names;
import java.time.LocalDate;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The prices and billing rules of one region at one time. Everything that turns usage into money is in here, so another
 * provider, region or year is another file and no other code.
 *
 * @param name the book's name, such as {@code us-east-1-2019}
 * @param region the provider's region, such as {@code us-east-1}
 * @param currency the currency of every price; {@code USD}
 * @param asOf the day for which the prices held
 * @param source where the figures were read
 * @param instanceBilling how the running time of an instance is billed
 * @param instanceTypes the instance types that can be rented; no name twice
 * @param function how functions are billed
 * @param storage how the object store is billed
 */
public record PriceBook(
        String name,
        String region,
        String currency,
        LocalDate asOf,
        String source,
        InstanceBilling instanceBilling,
        List<InstanceType> instanceTypes,
        FunctionPricing function,
        StoragePricing storage) {

    /** Checks that names are there and not taken twice. */
    public PriceBook {
        Checks.notBlank("name", name);
        Checks.notBlank("region", region);
        if (!currency.equals("USD")) {
            throw new IllegalArgumentException("currency is '" + currency + "', but prices are in USD");
        }
        instanceTypes = List.copyOf(instanceTypes);
        Set<String> names = new HashSet<>();
        for (InstanceType type : instanceTypes) {
            if (!names.add(type.name())) {
                throw new IllegalArgumentException("instanceTypes has " + type.name() + " twice");
            }
        }
    }

    /**
     * Looks an instance type up.
     *
     * @param type its name, such as {@code c5.large}
     * @return the type with its price
     * @throws InputException when this book has no such type; it names the nearest
     */
    public InstanceType instanceType(String type) {
        for (InstanceType candidate : instanceTypes) {
            if (candidate.name().equals(type)) {
                return candidate;
            }
        }
        throw new InputException(
                "price book " + name,
                "instanceTypes",
                "there is no instance type '" + type + "'",
                Names.suggest(
                        "instance type",
                        instanceTypes.stream().map(InstanceType::name).toList(),
                        type));
    }
}
