package dev.purser.core.model;

import dev.purser.core.InputException;
import dev.purser.core.Names;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The variants among which a selector may choose for one task.
 *
 * @param name the pool's name
 * @param source where the figures come from
 * @param variants at least one; names are unique
 */
public record ModelPool(String name, String source, List<Variant> variants) {

    public ModelPool {
        if (name.isBlank()) {
            throw new IllegalArgumentException("name is blank");
        }
        if (variants.isEmpty()) {
            throw new IllegalArgumentException("variants is empty, but a pool needs at least one");
        }
        Set<String> seen = new HashSet<>();
        for (Variant variant : variants) {
            if (!seen.add(variant.name())) {
                throw new IllegalArgumentException("variants has two of the name '" + variant.name() + "'");
            }
        }
        variants = List.copyOf(variants);
    }

    /**
     * The variant of a name.
     *
     * @throws InputException if there is none, with the names that exist
     */
    public Variant variant(String variantName) {
        return variants.get(indexOf(variantName));
    }

    /**
     * The position of a variant in {@link #variants()}.
     *
     * @throws InputException if there is none, with the names that exist
     */
    public int indexOf(String variantName) {
        for (int i = 0; i < variants.size(); i++) {
            if (variants.get(i).name().equals(variantName)) {
                return i;
            }
        }
        List<String> known = variants.stream().map(Variant::name).toList();
        throw new InputException(
                "pool " + name,
                "",
                "there is no variant '" + variantName + "'",
                Names.suggest("variant", known, variantName));
    }
}
