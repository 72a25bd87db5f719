package dev.purser.core.trace;

import de.siegmar.fastcsv.reader.AbstractBaseCsvCallbackHandler;
import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import dev.purser.core.InputException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * A CSV file with a header, gzipped or not (told by its first bytes), read row by row. The fields of a row are handed to
 * a handler as they lie in the parser's buffer, so that a row costs no object.
 */
final class CsvFile implements AutoCloseable {
    /** No step of a real trace comes near this; a greater count is a slip. */
    static final double MOST_REQUESTS = 1e9;

    private static final int SHOWN = 120;

    private final Path path;
    private final CsvReader<Row> csv;
    private final CloseableIterator<Row> rows;
    private final Row row;
    private final List<String> header;

    /** Takes the fields of the rows after the header. */
    interface Fields {
        /** A field as {@code length} characters of the buffer from {@code offset} on, to be read at once. */
        void field(int index, char[] buffer, int offset, int length);
    }

    CsvFile(Path path, Fields fields) {
        this.path = path;
        this.row = new Row(fields);
        this.csv = open();
        this.rows = csv.iterator();
        try {
            if (!advance()) {
                throw new InputException(path.toString(), "", "is empty", TraceFormat.remedy());
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        this.header = List.copyOf(row.names);
        row.inHeader = false;
    }

    private CsvReader<Row> open() {
        InputStream file = null;
        try {
            file = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
            file.mark(2);
            boolean zipped = file.read() == 0x1f && file.read() == 0x8b;
            file.reset();
            return CsvReader.builder()
                    .detectBomHeader(true)
                    .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                    .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                    .build(row, zipped ? new GZIPInputStream(file, 1 << 14) : file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            if (file != null) {
                try {
                    file.close();
                } catch (IOException second) {
                    e.addSuppressed(second);
                }
            }
            throw unreadable(e);
        }
    }

    List<String> header() {
        return header;
    }

    /** The line that the current row starts on, from 1. */
    long line() {
        return row.line;
    }

    /** Fields of the current row. */
    int fields() {
        return row.fields;
    }

    /** Reads the next row into the handler; false at the end of the file. */
    boolean next() {
        return advance();
    }

    private boolean advance() {
        try {
            if (!rows.hasNext()) {
                return false;
            }
            rows.next();
            return true;
        } catch (UncheckedIOException | CsvParseException e) {
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                if (cause instanceof IOException io) {
                    throw unreadable(io);
                }
            }
            throw new InputException(path.toString(), "after line " + row.line, "is not CSV: " + e.getMessage(), "");
        }
    }

    private InputException unreadable(IOException e) {
        if (e instanceof EOFException) {
            return new InputException(
                    path.toString(),
                    row.line == 0 ? "" : "after line " + row.line,
                    "the gzip stream ends too early, the file is truncated",
                    "copy or download the file again");
        }
        if (e instanceof ZipException) {
            return new InputException(
                    path.toString(),
                    row.line == 0 ? "" : "after line " + row.line,
                    "the gzip stream is damaged (" + e.getMessage() + ")",
                    "copy or download the file again");
        }
        if (e instanceof java.nio.file.NoSuchFileException) {
            return new InputException(path.toString(), "", "there is no such file", "");
        }
        return new InputException(path.toString(), "", "cannot be read: " + e, "");
    }

    /** A problem with the row just read. */
    InputException wrong(String column, String problem, String remedy) {
        return new InputException(path.toString(), "line " + row.line + ", column '" + column + "'", problem, remedy);
    }

    /** A problem with a value that {@link Numbers} did not take. */
    InputException notANumber(String column, String value, String what) {
        String shown = value.length() > SHOWN ? value.substring(0, SHOWN) + "..." : value;
        double number = Numbers.decimal(value.toCharArray(), 0, value.length());
        String problem;
        if (value.isEmpty()) {
            problem = "is missing";
        } else if (number < 0) {
            problem = shown + " is negative";
        } else if (number < Double.POSITIVE_INFINITY) {
            problem = shown + " is too great";
        } else {
            problem = "'" + shown + "' is not a number";
        }
        return wrong(column, problem, what);
    }

    @Override
    public void close() {
        try {
            csv.close();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static final class Row extends AbstractBaseCsvCallbackHandler<Row> {
        private final Fields handler;
        private final List<String> names = new ArrayList<>();
        private boolean inHeader = true;
        private long line;
        private int fields;

        Row(Fields handler) {
            this.handler = handler;
        }

        @Override
        protected void handleBegin(long startingLineNumber) {
            line = startingLineNumber;
            fields = 0;
        }

        @Override
        protected void handleField(int index, char[] buffer, int offset, int length, boolean quoted) {
            fields = index + 1;
            if (inHeader) {
                names.add(new String(buffer, offset, length).strip());
            } else {
                handler.field(index, buffer, offset, length);
            }
        }

        @Override
        protected @Nullable Row buildRecord() {
            return this;
        }
    }
}
