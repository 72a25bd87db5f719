package dev.purser.core.json;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.BeanProperty;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.deser.ContextualDeserializer;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.AnnotatedParameter;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The one configuration of Jackson: see {@link Json} for what it amounts to. */
final class StrictMapper {
    private StrictMapper() {}

    static ObjectMapper create() {
        SimpleModule texts = new SimpleModule("purser");
        texts.addDeserializer(Duration.class, new FromText<>(Duration.class, Durations::parse));
        texts.addSerializer(new DurationSerializer());
        texts.addDeserializer(LocalDate.class, new FromText<>(LocalDate.class, LocalDate::parse));
        texts.addSerializer(LocalDate.class, ToStringSerializer.instance);
        texts.addDeserializer(Double.class, new FiniteDouble());
        texts.addDeserializer(double.class, new FiniteDouble());
        return JsonMapper.builder()
                .addModule(texts)
                .annotationIntrospector(new RecordIntrospector())
                .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                .withCoercionConfig(
                        LogicalType.Textual,
                        config -> config.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
                .defaultSetterInfo(JsonSetter.Value.construct(Nulls.DEFAULT, Nulls.FAIL))
                .defaultPropertyInclusion(
                        JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
                .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
                .build();
    }

    /** Which components of a record must be given: all but nullable ones and those with a default. */
    private static final class RecordIntrospector extends JacksonAnnotationIntrospector {
        private static final long serialVersionUID = 1L;

        @Override
        public @Nullable Boolean hasRequiredMarker(AnnotatedMember member) {
            return isRecordParameter(member)
                    ? Boolean.valueOf(!isNullable(member) && defaultOf(member) == null)
                    : super.hasRequiredMarker(member);
        }

        @Override
        public JsonSetter.Value findSetterInfo(Annotated annotated) {
            boolean refusesNull =
                    isRecordParameter(annotated) && !isNullable(annotated) && defaultOf(annotated) == null;
            return refusesNull
                    ? JsonSetter.Value.construct(Nulls.FAIL, Nulls.FAIL)
                    : super.findSetterInfo(annotated).withContentNulls(Nulls.FAIL);
        }

        @Override
        public @Nullable Object findDeserializer(Annotated annotated) {
            String text = isRecordParameter(annotated) ? defaultOf(annotated) : null;
            return text == null ? super.findDeserializer(annotated) : new Defaulting(text, null);
        }

        private static boolean isRecordParameter(Annotated annotated) {
            return annotated instanceof AnnotatedParameter parameter
                    && parameter.getDeclaringClass().isRecord()
                    && parameter.getOwner().getParameterCount()
                            == parameter.getDeclaringClass().getRecordComponents().length;
        }

        private static boolean isNullable(Annotated annotated) {
            AnnotatedParameter parameter = (AnnotatedParameter) annotated;
            return parameter
                    .getDeclaringClass()
                    .getRecordComponents()[parameter.getIndex()]
                    .getAnnotatedType()
                    .isAnnotationPresent(Nullable.class);
        }

        private static @Nullable String defaultOf(Annotated annotated) {
            JsonProperty property = annotated.getAnnotation(JsonProperty.class);
            return property == null || property.defaultValue().isEmpty() ? null : property.defaultValue();
        }
    }

    /** Reads a component as its type says, and supplies its default where it is absent. */
    private static final class Defaulting extends JsonDeserializer<Object> implements ContextualDeserializer {
        private final String text;
        private final @Nullable JsonDeserializer<Object> delegate;

        Defaulting(String text, @Nullable JsonDeserializer<Object> delegate) {
            this.text = text;
            this.delegate = delegate;
        }

        @Override
        public JsonDeserializer<?> createContextual(DeserializationContext context, BeanProperty property)
                throws JsonMappingException {
            return new Defaulting(text, context.findContextualValueDeserializer(property.getType(), property));
        }

        @Override
        public Object deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            return contextual().deserialize(parser, context);
        }

        @Override
        public Object getNullValue(DeserializationContext context) throws JsonMappingException {
            return context.reportInputMismatch(this, "null where a value is expected");
        }

        @Override
        public Object getAbsentValue(DeserializationContext context) throws JsonMappingException {
            ObjectMapper mapper = (ObjectMapper) context.getParser().getCodec();
            JsonNode tree;
            try {
                tree = mapper.readTree(text);
            } catch (IOException e) {
                tree = context.getNodeFactory().textNode(text);
            }
            try (JsonParser parser = mapper.treeAsTokens(tree)) {
                parser.nextToken();
                return contextual().deserialize(parser, context);
            } catch (JsonMappingException e) {
                throw e;
            } catch (IOException e) {
                throw JsonMappingException.fromUnexpectedIOE(e);
            }
        }

        private JsonDeserializer<Object> contextual() {
            if (delegate == null) {
                throw new IllegalStateException("not yet made contextual");
            }
            return delegate;
        }
    }

    /** Reads a value from a text and nothing else. */
    private static final class FromText<T> extends StdScalarDeserializer<T> {
        private static final long serialVersionUID = 1L;
        private final transient Function<String, T> parse;

        FromText(Class<T> type, Function<String, T> parse) {
            super(type);
            this.parse = parse;
        }

        @Override
        @SuppressWarnings("unchecked")
        public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            if (!parser.hasToken(JsonToken.VALUE_STRING)) {
                return (T) context.handleUnexpectedToken(handledType(), parser);
            }
            try {
                return parse.apply(parser.getText());
            } catch (IllegalArgumentException | DateTimeException e) {
                return (T) context.handleWeirdStringValue(handledType(), parser.getText(), "%s", e.getMessage());
            }
        }
    }

    /** Reads a double from a number; Jackson's own also takes the texts "NaN" and "Infinity". */
    private static final class FiniteDouble extends StdScalarDeserializer<Double> {
        private static final long serialVersionUID = 1L;

        FiniteDouble() {
            super(Double.class);
        }

        @Override
        public Double deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            JsonToken token = parser.currentToken();
            if (token == null || !token.isNumeric()) {
                return (Double) context.handleUnexpectedToken(handledType(), parser);
            }
            double value = parser.getDoubleValue();
            if (Double.isInfinite(value)) {
                return (Double) context.handleWeirdNumberValue(handledType(), value, "too large for a double");
            }
            return value;
        }
    }

    private static final class DurationSerializer extends StdScalarSerializer<Duration> {
        private static final long serialVersionUID = 1L;

        DurationSerializer() {
            super(Duration.class);
        }

        @Override
        public void serialize(Duration value, JsonGenerator generator, SerializerProvider provider) throws IOException {
            generator.writeString(Durations.format(value));
        }
    }
}
