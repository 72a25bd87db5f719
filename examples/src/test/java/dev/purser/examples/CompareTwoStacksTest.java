package dev.purser.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class CompareTwoStacksTest {

    @Test
    void printsTheBillOfEachStack() {
        PrintStream before = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            CompareTwoStacks.main(new String[0]);
        } finally {
            System.setOut(before);
        }
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .containsPattern("reactive: \\d+ requests, \\d+ violations")
                .containsPattern("paragon: \\d+ requests, \\d+ violations")
                .containsPattern("(?s)c5.large: \\$\\d.*total: \\$\\d.*total: \\$\\d");
    }
}
