package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.purser.core.InputException;
import dev.purser.core.Names;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Values for what a model leaves open in the shapes of its inputs.
 *
 * @param shapes whole shapes by the name of the input
 * @param dimensions values by the name of a dimension, e.g. {@code batch_size}, for all inputs that have it
 * @param values the elements of an input by its name, as texts and in row-major order, for where the model is run; those of
 *     others are made up
 */
public record InputShapes(
        Map<String, List<Long>> shapes, Map<String, Long> dimensions, Map<String, List<String>> values) {
    /** For models that leave nothing open. */
    public static final InputShapes NONE = new InputShapes(Map.of(), Map.of());

    /** Keeps copies. */
    public InputShapes {
        shapes = Map.copyOf(shapes);
        dimensions = Map.copyOf(dimensions);
        Map<String, List<String>> copies = new LinkedHashMap<>();
        values.forEach((input, elements) -> copies.put(input, List.copyOf(elements)));
        values = Map.copyOf(copies);
    }

    /** Where all values are made up. */
    public InputShapes(Map<String, List<Long>> shapes, Map<String, Long> dimensions) {
        this(shapes, dimensions, Map.of());
    }

    /**
     * As this, with a value for a dimension.
     *
     * @param name the dimension's name
     * @param value 1 or more
     */
    public InputShapes with(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException("dimension '" + name + "' is " + value + ", but must be 1 or more");
        }
        Map<String, Long> more = new LinkedHashMap<>(dimensions);
        more.put(name, value);
        return new InputShapes(shapes, more, values);
    }

    /**
     * An input of which something is open.
     *
     * @param input its name
     * @param shape its dimensions: a size, a name, or {@code ?}; empty where the model says nothing of them
     * @param missing the indices of those without a value
     */
    public record Open(String input, List<String> shape, List<Integer> missing) {
        /** Keeps copies. */
        public Open {
            shape = List.copyOf(shape);
            missing = List.copyOf(missing);
        }
    }

    /**
     * What still has no value. That values fit is another matter, which {@link OnnxGraph#of} looks at.
     *
     * @param model the model
     * @return its inputs with something open that these values do not settle
     */
    public List<Open> missing(OnnxModel model) {
        List<Open> open = new ArrayList<>();
        for (ValueInfoProto input : model.inputs()) {
            if (!input.getType().hasTensorType() || shapes.containsKey(input.getName())) {
                continue;
            }
            List<String> shape = new ArrayList<>();
            List<Integer> missing = new ArrayList<>();
            for (Dimension declared : input.getType().getTensorType().getShape().getDimList()) {
                String name = declared.getDimParam();
                if (declared.hasDimValue() && declared.getDimValue() > 0) {
                    shape.add(Long.toString(declared.getDimValue()));
                } else {
                    if (dimensions.getOrDefault(name, 0L) < 1) {
                        missing.add(shape.size());
                    }
                    shape.add(name.isEmpty() ? "?" : name);
                }
            }
            if (!missing.isEmpty() || !input.getType().getTensorType().hasShape()) {
                open.add(new Open(input.getName(), shape, missing));
            }
        }
        return open;
    }

    /** Shapes without anything open for all inputs of a model, or all that is missing or wrong. */
    Map<String, List<Long>> resolve(OnnxModel model) {
        List<String> problems = new ArrayList<>();
        Set<String> open = new TreeSet<>();
        Map<String, List<Long>> resolved = new LinkedHashMap<>();
        for (ValueInfoProto input : model.inputs()) {
            if (!input.getType().hasTensorType()
                    || !input.getType().getTensorType().hasShape()) {
                List<Long> given = shapes.get(input.getName());
                if (given == null || !input.getType().hasTensorType()) {
                    problems.add("input '" + input.getName() + "': "
                            + (input.getType().hasTensorType()
                                    ? "has no shape\nMaybe: give it one, e.g. " + input.getName() + "=1,128"
                                    : "is not a tensor"));
                } else if (given.stream().anyMatch(size -> size < 1)) {
                    problems.add("input '" + input.getName() + "': " + given + " is no shape");
                } else {
                    resolved.put(input.getName(), given);
                }
                continue;
            }
            List<Dimension> declared =
                    input.getType().getTensorType().getShape().getDimList();
            List<Long> given = shapes.get(input.getName());
            if (given != null && given.size() != declared.size()) {
                problems.add("input '" + input.getName() + "': has " + declared.size() + " dimensions, but " + given
                        + " was given");
                continue;
            }
            List<Long> shape = new ArrayList<>();
            for (int i = 0; i < declared.size(); i++) {
                shape.add(size(input.getName(), i, declared.get(i), given == null ? 0 : given.get(i), problems, open));
            }
            resolved.put(input.getName(), List.copyOf(shape));
        }
        List<String> inputs =
                model.inputs().stream().map(ValueInfoProto::getName).toList();
        for (String name : shapes.keySet()) {
            if (!inputs.contains(name)) {
                problems.add("input '" + name + "': there is none of this name\nMaybe: " + String.join(", ", inputs));
            }
        }
        values.forEach((name, elements) -> {
            List<Long> shape = resolved.get(name);
            if (!inputs.contains(name)) {
                problems.add("input '" + name + "': there is none of this name to have values\nMaybe: "
                        + Names.suggest("input", inputs, name));
            } else if (shape != null && problems.isEmpty() && Elements.count(shape) != elements.size()) {
                problems.add("input '" + name + "': has " + Elements.count(shape) + " elements by its shape " + shape
                        + ", but " + elements.size() + " values were given");
            }
        });
        for (String name : dimensions.keySet()) {
            if (!open.contains(name)) {
                problems.add("dimension '" + name + "': no input leaves one of this name open\nMaybe: "
                        + Names.suggest("open dimension", open, name));
            }
        }
        if (!problems.isEmpty()) {
            throw new InputException(model.file().toString(), problems);
        }
        return resolved;
    }

    private long size(
            String input, int index, Dimension declared, long given, List<String> problems, Set<String> open) {
        String field = "input '" + input + "', dimension " + index;
        if (declared.hasDimValue() && declared.getDimValue() > 0) {
            if (given != 0 && given != declared.getDimValue()) {
                problems.add(field + ": is " + declared.getDimValue() + ", but " + given + " was given");
            }
            return declared.getDimValue();
        }
        String name = declared.getDimParam();
        if (!name.isEmpty()) {
            open.add(name);
        }
        long value = given != 0 ? given : dimensions.getOrDefault(name, 0L);
        if (value < 1) {
            problems.add(field + ": "
                    + (value < 0
                            ? value + " is no size"
                            : (name.isEmpty() ? "is open" : "'" + name + "' is open") + ", and has no value")
                    + "\nMaybe: give " + (name.isEmpty() ? "the whole shape of " + input : name + "=1"));
            return 1;
        }
        return value;
    }
}
