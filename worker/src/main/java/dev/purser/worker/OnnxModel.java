package dev.purser.worker;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An ONNX network, run by ONNX Runtime on the CPU.
 *
 * <p>One session serves all callers while an inference has one thread, which is the caller's own. Where it has more, the
 * runtime would share them among the inferences of a session; so there are as many sessions as inferences may run at
 * once, and each has its threads to itself.
 */
public final class OnnxModel implements ServedModel {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxModel.class);

    private final ModelMetadata metadata;
    private final RuntimeSettings settings;
    private final OrtEnvironment environment;
    private final List<OrtSession> sessions;
    private final boolean batchable;
    private final @Nullable BlockingQueue<OrtSession> idle;
    private final Map<String, Integer> inputIndex = new HashMap<>();
    private final Set<String> outputNames;
    private final DirectBuffers buffers;
    private final ReadWriteLock closing = new ReentrantReadWriteLock();
    private boolean closed;

    private OnnxModel(
            ModelMetadata metadata,
            RuntimeSettings settings,
            OrtEnvironment environment,
            List<OrtSession> sessions,
            boolean batchable) {
        this.metadata = metadata;
        this.batchable = batchable;
        this.settings = settings;
        this.environment = environment;
        this.sessions = sessions;
        this.idle = sessions.size() > 1 ? new LinkedBlockingQueue<>(sessions) : null;
        this.buffers = new DirectBuffers(metadata.inputs().size());
        for (TensorMetadata input : metadata.inputs()) {
            inputIndex.put(input.name(), inputIndex.size());
        }
        this.outputNames = metadata.outputs().stream()
                .map(TensorMetadata::name)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /**
     * Loads a network.
     *
     * @param name its name, for its metadata
     * @param version its version; null where it has none
     * @param onnx the file
     * @param settings how it is run
     * @param files keeps the runtime's native libraries
     * @return the model
     * @throws InputException when the file is not an ONNX network that can be run here
     */
    public static OnnxModel load(
            String name, @Nullable String version, Path onnx, RuntimeSettings settings, ModelFiles files) {
        return load(name, version, onnx, settings, files, null);
    }

    /** As above; what is said of batches counts, and where nothing is the network is looked at. */
    static OnnxModel load(
            String name,
            @Nullable String version,
            Path onnx,
            RuntimeSettings settings,
            ModelFiles files,
            @Nullable Boolean batchable) {
        OrtEnvironment environment = OnnxRuntime.environment(files);
        List<OrtSession> sessions = new ArrayList<>();
        try {
            int count = settings.threads() > 1 ? settings.parallel() : 1;
            for (int i = 0; i < count; i++) {
                try (OrtSession.SessionOptions options = options(settings)) {
                    sessions.add(environment.createSession(onnx.toString(), options));
                }
            }
            OrtSession first = sessions.get(0);
            ModelMetadata metadata = new ModelMetadata(
                    name,
                    version == null ? List.of() : List.of(version),
                    ModelMetadata.ONNX,
                    inputs(onnx, first),
                    outputs(onnx, first));
            return new OnnxModel(
                    metadata,
                    settings,
                    environment,
                    sessions,
                    batchable == null ? RowMixing.operator(onnx) == null : batchable);
        } catch (OrtException e) {
            close(sessions);
            throw new InputException(
                    onnx.toString(),
                    "onnx",
                    "cannot be loaded by ONNX Runtime " + environment.getVersion() + ": " + RuntimeRefusal.words(e),
                    "");
        } catch (RuntimeException | Error e) {
            close(sessions);
            throw e;
        }
    }

    private static OrtSession.SessionOptions options(RuntimeSettings settings) throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        try {
            options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
            options.setIntraOpNumThreads(settings.threads());
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(
                    switch (settings.optimization()) {
                        case NONE -> OrtSession.SessionOptions.OptLevel.NO_OPT;
                        case BASIC -> OrtSession.SessionOptions.OptLevel.BASIC_OPT;
                        case EXTENDED -> OrtSession.SessionOptions.OptLevel.EXTENDED_OPT;
                        case ALL -> OrtSession.SessionOptions.OptLevel.ALL_OPT;
                    });
            // what goes wrong comes as an exception, and any client can make it go wrong
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            options.setCPUArenaAllocator(settings.arena());
            options.addConfigEntry("session.intra_op.allow_spinning", settings.spinning() ? "1" : "0");
            options.addConfigEntry("session.inter_op.allow_spinning", "0");
            return options;
        } catch (OrtException | RuntimeException e) {
            options.close();
            throw e;
        }
    }

    private static List<TensorMetadata> inputs(Path onnx, OrtSession session) throws OrtException {
        List<TensorMetadata> inputs = new ArrayList<>();
        for (NodeInfo node : session.getInputInfo().values()) {
            if (!(node.getInfo() instanceof TensorInfo info)) {
                throw new InputException(
                        onnx.toString(),
                        "input '" + node.getName() + "'",
                        "is not a tensor",
                        "only tensors can be served");
            }
            Datatype datatype = datatype(info);
            if (datatype == null
                    || datatype == Datatype.UINT16
                    || datatype == Datatype.UINT32
                    || datatype == Datatype.UINT64) {
                throw new InputException(
                        onnx.toString(),
                        "input '" + node.getName() + "'",
                        "is of " + name(info) + ", which ONNX Runtime does not take from Java",
                        "give the network an input of another type, with a Cast behind it");
            }
            inputs.add(new TensorMetadata(node.getName(), datatype, shape(info)));
        }
        return inputs;
    }

    private static List<TensorMetadata> outputs(Path onnx, OrtSession session) throws OrtException {
        List<TensorMetadata> outputs = new ArrayList<>();
        for (NodeInfo node : session.getOutputInfo().values()) {
            Datatype datatype = node.getInfo() instanceof TensorInfo info ? datatype(info) : null;
            if (datatype == null) {
                LOG.warn(
                        "output '{}' of {} is no tensor of a type that the protocol has; it is left out",
                        node.getName(),
                        onnx);
            } else {
                outputs.add(new TensorMetadata(node.getName(), datatype, shape((TensorInfo) node.getInfo())));
            }
        }
        if (outputs.isEmpty()) {
            throw new InputException(onnx.toString(), "", "has no output that the protocol can carry", "");
        }
        return outputs;
    }

    private static List<Long> shape(TensorInfo info) {
        return Arrays.stream(info.getShape()).boxed().toList();
    }

    private static String name(TensorInfo info) {
        return info.onnxType.name().replace("ONNX_TENSOR_ELEMENT_DATA_TYPE_", "");
    }

    private static @Nullable Datatype datatype(TensorInfo info) {
        return switch (info.onnxType) {
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> Datatype.BOOL;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 -> Datatype.UINT8;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16 -> Datatype.UINT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32 -> Datatype.UINT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64 -> Datatype.UINT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 -> Datatype.INT8;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16 -> Datatype.INT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 -> Datatype.INT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 -> Datatype.INT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 -> Datatype.FP16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT -> Datatype.FP32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE -> Datatype.FP64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING -> Datatype.BYTES;
            default -> null;
        };
    }

    @Override
    public ModelMetadata metadata() {
        return metadata;
    }

    @Override
    public boolean isBatchable() {
        return batchable;
    }

    @Override
    public int maxBatch() {
        return settings.maxBatch();
    }

    @Override
    public List<Tensor> infer(List<Tensor> inputs, List<String> outputs) {
        return infer(inputs, outputs, null);
    }

    @Override
    public List<Tensor> infer(List<Tensor> inputs, List<String> outputs, @Nullable Duration atMost) {
        checkInputs(inputs);
        Set<String> wanted = checkOutputs(outputs);
        closing.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("model '" + metadata.name() + "' is closed");
            }
            BlockingQueue<OrtSession> queue = idle;
            if (queue == null) {
                return run(sessions.get(0), inputs, wanted, atMost);
            }
            OrtSession session = queue.take();
            try {
                return run(session, inputs, wanted, atMost);
            } finally {
                queue.add(session);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProtocolException(503, "the inference was interrupted while it waited");
        } finally {
            closing.readLock().unlock();
        }
    }

    private List<Tensor> run(OrtSession session, List<Tensor> inputs, Set<String> wanted, @Nullable Duration atMost) {
        DirectBuffers.Set scratch = buffers.take();
        Map<String, OnnxTensor> values = HashMap.newHashMap(inputs.size());
        try {
            for (int i = 0; i < inputs.size(); i++) {
                Tensor input = inputs.get(i);
                values.put(input.name(), input(input, scratch, i));
            }
            try (OrtSession.Result result =
                    atMost == null ? session.run(values, wanted) : run(session, values, wanted, atMost)) {
                List<Tensor> outputs = new ArrayList<>(wanted.size());
                for (Map.Entry<String, OnnxValue> output : result) {
                    outputs.add(output(output.getKey(), output.getValue()));
                }
                return outputs;
            }
        } catch (OrtException e) {
            throw RuntimeRefusal.of(metadata.name(), inputs, e);
        } finally {
            values.values().forEach(OnnxTensor::close);
            buffers.give(scratch);
        }
    }

    private OrtSession.Result run(
            OrtSession session, Map<String, OnnxTensor> values, Set<String> wanted, Duration atMost)
            throws OrtException {
        try (OrtSession.RunOptions options = new OrtSession.RunOptions();
                RunWatch watch = RunWatch.begin(options, atMost)) {
            try {
                return session.run(values, wanted, options);
            } catch (OrtException e) {
                if (watch.isOver()) {
                    throw new ProtocolException(
                            TOO_LONG,
                            "model '" + metadata.name() + "' was ended after " + atMost.toMillis()
                                    + " ms without an answer");
                }
                throw e;
            }
        }
    }

    private OnnxTensor input(Tensor tensor, DirectBuffers.Set scratch, int index) throws OrtException {
        long[] shape = tensor.shape();
        if (tensor.datatype() == Datatype.BYTES) {
            return NativeTexts.in(environment, shape, texts(tensor));
        }
        ByteBuffer bytes = scratch.filled(index, tensor.data());
        return switch (tensor.datatype()) {
            case FP32 -> OnnxTensor.createTensor(environment, bytes.asFloatBuffer(), shape);
            case FP64 -> OnnxTensor.createTensor(environment, bytes.asDoubleBuffer(), shape);
            case INT64 -> OnnxTensor.createTensor(environment, bytes.asLongBuffer(), shape);
            case INT32 -> OnnxTensor.createTensor(environment, bytes.asIntBuffer(), shape);
            case INT16 -> OnnxTensor.createTensor(environment, bytes.asShortBuffer(), shape);
            case FP16 -> OnnxTensor.createTensor(environment, bytes.asShortBuffer(), shape, OnnxJavaType.FLOAT16);
            case INT8 -> OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.INT8);
            case UINT8 -> OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.UINT8);
            case BOOL -> OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.BOOL);
            case UINT16, UINT32, UINT64, BYTES ->
                throw new IllegalStateException("no input is of " + tensor.datatype());
        };
    }

    private static String[] texts(Tensor tensor) {
        String[] texts = new String[tensor.elements()];
        List<byte[]> elements = tensor.bytes();
        for (int i = 0; i < texts.length; i++) {
            texts[i] = text(tensor.name(), i, elements.get(i));
        }
        return texts;
    }

    /** A text in UTF-8. */
    static String text(String input, int index, byte[] element) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(element))
                    .toString();
        } catch (CharacterCodingException e) {
            throw bad("input '" + input + "': element " + index + " is not a text in UTF-8");
        }
    }

    private Tensor output(String name, OnnxValue value) throws OrtException {
        OnnxTensor tensor = (OnnxTensor) value;
        TensorInfo info = tensor.getInfo();
        Datatype datatype = datatype(info);
        if (datatype == null) {
            throw new IllegalStateException("output '" + name + "' is of " + name(info));
        }
        if (datatype == Datatype.BYTES) {
            return NativeTexts.out(environment, metadata.name(), name, tensor);
        }
        ByteBuffer bytes = tensor.getByteBuffer();
        bytes.rewind();
        return Tensor.of(name, datatype, info.getShape(), bytes);
    }

    private void checkInputs(List<Tensor> inputs) {
        Set<String> given = new LinkedHashSet<>();
        for (Tensor input : inputs) {
            Integer index = inputIndex.get(input.name());
            if (index == null) {
                throw bad("model '" + metadata.name() + "' has no input '" + cut(input.name()) + "': "
                        + Names.suggest("input", inputIndex.keySet(), cut(input.name())));
            }
            if (!given.add(input.name())) {
                throw bad("input '" + input.name() + "' is given twice");
            }
            check(metadata.inputs().get(index), input);
        }
        if (inputs.size() != inputIndex.size()) {
            for (TensorMetadata input : metadata.inputs()) {
                if (!given.contains(input.name())) {
                    throw bad("model '" + metadata.name() + "' needs input '" + input.name() + "' of "
                            + input.datatype() + " and shape " + input.shape() + "; the request has " + given);
                }
            }
        }
    }

    private void check(TensorMetadata expected, Tensor input) {
        if (input.datatype() != expected.datatype()) {
            throw bad("input '" + input.name() + "' is of " + input.datatype() + ", but model '" + metadata.name()
                    + "' takes " + expected.datatype());
        }
        List<Long> shape = expected.shape();
        if (!expected.hasShapeOf(input)) {
            throw bad("input '" + input.name() + "' has shape " + Arrays.toString(input.shape()) + ", but model '"
                    + metadata.name() + "' takes " + shape + (shape.contains(-1L) ? " (-1: any size)" : ""));
        }
        if (!shape.isEmpty() && shape.get(0) < 0 && input.dimension(0) > settings.maxBatch()) {
            throw bad("input '" + input.name() + "' has " + input.dimension(0) + " rows, but model '" + metadata.name()
                    + "' takes at most " + settings.maxBatch() + " at once");
        }
    }

    private Set<String> checkOutputs(List<String> outputs) {
        if (outputs.isEmpty()) {
            return outputNames;
        }
        for (String output : outputs) {
            if (!outputNames.contains(output)) {
                throw bad("model '" + metadata.name() + "' has no output '" + cut(output) + "': "
                        + Names.suggest("output", outputNames, cut(output)));
            }
        }
        return new LinkedHashSet<>(outputs);
    }

    @Override
    public void close() {
        closing.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                close(sessions);
            }
        } finally {
            closing.writeLock().unlock();
        }
    }

    private static void close(List<OrtSession> sessions) {
        for (OrtSession session : sessions) {
            try {
                session.close();
            } catch (OrtException e) {
                LOG.warn("a session cannot be closed: {}", e.getMessage());
            }
        }
    }

    static ProtocolException bad(String message) {
        return new ProtocolException(400, message);
    }

    private static String cut(String name) {
        return name.length() <= 80 ? name : name.substring(0, 80) + "...";
    }
}
