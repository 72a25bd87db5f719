package dev.purser.worker.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.core.io.IOContext;
import com.fasterxml.jackson.core.json.UTF8StreamJsonParser;
import com.fasterxml.jackson.core.sym.ByteQuadsCanonicalizer;
import java.nio.ByteBuffer;

/** Jackson's parser of UTF-8, with a shortcut through long runs of numbers (see {@link NumberRun}). */
final class SeekableParser extends UTF8StreamJsonParser {
    private SeekableParser(
            IOContext context,
            int features,
            ObjectCodec codec,
            ByteQuadsCanonicalizer names,
            byte[] text,
            int start,
            int end) {
        super(context, features, null, codec, names, text, start, end, 0, false);
    }

    /**
     * Reads the numbers of the array that has just begun, so that the next token is its end.
     *
     * @return false when the array holds anything but as many plain numbers as asked for; nothing was consumed then, but
     *     {@code out} may have been written to
     */
    boolean takeNumbers(ByteBuffer out, Datatype datatype, int index, int count) {
        NumberRun run = new NumberRun(_inputBuffer, _inputPtr, _inputEnd, out, datatype);
        int close = run.read(index, count);
        if (close < 0) {
            return false;
        }
        _inputPtr = close;
        if (run.lines() > 0) {
            _currInputRow += run.lines();
            _currInputRowStart = run.lineStart();
        }
        return true;
    }

    /** Makes such parsers of byte arrays. */
    static final class Factory extends JsonFactory {
        private static final long serialVersionUID = 1L;

        Factory(JsonFactoryBuilder builder) {
            super(builder);
        }

        @Override
        protected JsonParser _createParser(byte[] data, int offset, int length, IOContext context) {
            return new SeekableParser(
                    context,
                    _parserFeatures,
                    _objectCodec,
                    _byteSymbolCanonicalizer.makeChildOrPlaceholder(_factoryFeatures),
                    data,
                    offset,
                    offset + length);
        }
    }
}
