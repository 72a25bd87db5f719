package dev.purser.server.gateway;

import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.model.Variant;
import dev.purser.core.workload.Application;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.RequestedOutput;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What can be asked for by name: the application, whose requests the policies give a variant, and each variant. Requests
 * are held against the model's metadata here, so that the engine sees none that no model could answer.
 */
final class ModelDirectory {
    /** The one version that every model has. */
    static final String VERSION = "1";

    private final Backend backend;
    private final Map<String, Model> models = new LinkedHashMap<>();
    private final AtomicReferenceArray<@Nullable ModelMetadata> known;
    private final ReentrantLock asking = new ReentrantLock();

    /**
     * Something that can be asked for.
     *
     * @param name its name
     * @param variant the variant's index; -1 for the application
     */
    record Model(String name, int variant) {}

    /** @throws InputException if a variant has the application's name */
    ModelDirectory(Backend backend) {
        this.backend = backend;
        Application application = backend.catalog().workload().application();
        models.put(application.name(), new Model(application.name(), -1));
        List<Variant> variants = application.pool().variants();
        for (int v = 0; v < variants.size(); v++) {
            String name = variants.get(v).name();
            if (models.put(name, new Model(name, v)) != null) {
                throw new InputException(
                        "workload " + backend.catalog().workload().name(),
                        "application.name",
                        "is '" + name + "', which a variant is called too, so requests could not tell them apart",
                        "give the application another name");
            }
        }
        known = new AtomicReferenceArray<>(variants.size());
    }

    /** All models, the application first. */
    Iterable<Model> all() {
        return models.values();
    }

    /**
     * A model by its name.
     *
     * @param version null where the request names none
     */
    Model find(String name, @Nullable String version) {
        Model model = models.get(name);
        if (model == null) {
            throw Refusal.of(
                    404,
                    "there is no model '" + brief(name) + "'; maybe: "
                            + Names.suggest("model", models.keySet(), brief(name)));
        }
        if (version != null && !version.equals(VERSION)) {
            throw Refusal.of(
                    404,
                    "model '" + name + "' has no version '" + brief(version) + "'; its only version is '" + VERSION
                            + "'");
        }
        return model;
    }

    /** What a model takes and gives. The variants of a pool do the same task, so the application's is that of any. */
    ModelMetadata metadata(Model model) {
        ModelMetadata metadata = model.variant() < 0 ? anyVariant() : ofVariant(model.variant());
        return new ModelMetadata(
                model.name(), List.of(VERSION), metadata.platform(), metadata.inputs(), metadata.outputs());
    }

    private ModelMetadata anyVariant() {
        for (int v = 0; v < known.length(); v++) {
            ModelMetadata metadata = known.get(v);
            if (metadata != null) {
                return metadata;
            }
        }
        ProtocolException failure = null;
        for (int v = 0; v < known.length(); v++) {
            try {
                return ofVariant(v);
            } catch (ProtocolException e) {
                failure = e;
            }
        }
        throw Objects.requireNonNull(failure);
    }

    private ModelMetadata ofVariant(int variant) {
        ModelMetadata metadata = known.get(variant);
        if (metadata != null) {
            return metadata;
        }
        // a worker may have to start to say it, and one is enough however many ask
        asking.lock();
        try {
            metadata = known.get(variant);
            if (metadata == null) {
                metadata = backend.metadata(variant);
                known.set(variant, metadata);
            }
            return metadata;
        } finally {
            asking.unlock();
        }
    }

    /** Whether the model takes this request. */
    void check(Model model, InferRequest request) {
        ModelMetadata metadata = model.variant() < 0 ? anyVariant() : ofVariant(model.variant());
        List<TensorMetadata> declared = metadata.inputs();
        List<Tensor> inputs = request.inputs();
        for (Tensor input : inputs) {
            TensorMetadata wanted = named(declared, input.name());
            if (wanted == null) {
                throw bad("model '" + model.name() + "' has no input '" + brief(input.name()) + "'; it takes "
                        + describe(declared));
            }
            check(model, input, wanted);
        }
        if (inputs.size() < declared.size()) {
            for (TensorMetadata wanted : declared) {
                if (inputs.stream().noneMatch(input -> input.name().equals(wanted.name()))) {
                    throw bad("input '" + wanted.name() + "' is missing; model '" + model.name() + "' takes "
                            + describe(declared));
                }
            }
        }
        for (RequestedOutput output : request.outputs()) {
            if (named(metadata.outputs(), output.name()) == null) {
                throw bad("model '" + model.name() + "' has no output '" + brief(output.name()) + "'; it gives "
                        + describe(metadata.outputs()));
            }
        }
    }

    private static void check(Model model, Tensor input, TensorMetadata wanted) {
        if (input.datatype() != wanted.datatype()) {
            throw bad("input '" + input.name() + "' is " + input.datatype() + ", but model '" + model.name()
                    + "' takes " + wanted.datatype() + " " + wanted.shape());
        }
        if (!wanted.hasShapeOf(input)) {
            throw bad("input '" + input.name() + "' has shape " + Arrays.toString(input.shape()) + ", but model '"
                    + model.name() + "' takes " + wanted.shape() + " (-1 is any size)");
        }
    }

    private static @Nullable TensorMetadata named(List<TensorMetadata> tensors, String name) {
        for (TensorMetadata tensor : tensors) {
            if (tensor.name().equals(name)) {
                return tensor;
            }
        }
        return null;
    }

    private static String describe(List<TensorMetadata> tensors) {
        StringBuilder text = new StringBuilder();
        for (TensorMetadata tensor : tensors) {
            text.append(text.isEmpty() ? "" : ", ")
                    .append('\'')
                    .append(tensor.name())
                    .append("' (")
                    .append(tensor.datatype())
                    .append(' ')
                    .append(tensor.shape())
                    .append(')');
        }
        return text.toString();
    }

    private static Refusal bad(String message) {
        return Refusal.of(400, message);
    }

    /** A sender's text, cut where it is long. */
    static String brief(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "...";
    }
}
