package dev.purser.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.purser.core.engine.Outcome;
import dev.purser.local.Answer;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The live page in a browser, while requests come in. */
@Timeout(180)
final class LivePageTest {
    private static final String INFER = "/v2/models/digits/infer";

    // the browser may still write to its profile when it is told to end
    @TempDir(cleanup = CleanupMode.NEVER)
    private static Path profile;

    private static Browser browser;

    private TestGateway gateway;

    @BeforeAll
    static void start() throws Exception {
        Optional<Path> program = Browser.find();
        assumeTrue(program.isPresent(), "no Chromium on the PATH: the live page was not looked at in a browser");
        browser = new Browser(program.get(), profile, 1400, 1000);
    }

    @AfterAll
    static void end() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void open() {
        browser.problems.clear();
        gateway = new TestGateway();
    }

    @AfterEach
    void close() throws Exception {
        browser.open("about:blank");
        gateway.close();
    }

    private String text(String selector) {
        return browser.evaluate("document.querySelector(" + quoted(selector) + ")?.innerText ?? ''")
                .asText();
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    @Test
    void showsWhatHappensAsItHappens() throws Exception {
        browser.open(gateway.gateway.adminUrl() + "/");
        TestGateway.await("the page is there", () -> text("#status").equals("serving"));
        assertThat(text("h1")).startsWith("digits");
        assertThat(text("#about")).contains("digits-test").contains("admission").contains("us-east-1-2026");

        for (int i = 0; i < 10; i++) {
            gateway.post(INFER, TestGateway.json(""));
        }
        gateway.post(INFER, TestGateway.json("\"parameters\": {\"max_latency_ms\": 77},"));
        gateway.post("/v2/models/large/infer", TestGateway.json(""));
        gateway.backend.last = answer -> new Answer(
                Outcome.FAILED,
                answer.variant(),
                answer.reason(),
                null,
                answer.latencyNanos(),
                0,
                0,
                null,
                "<b onclick=alert(1)>it broke</b>",
                500);
        gateway.post(INFER, TestGateway.json(""));

        TestGateway.await("all are shown", () -> text("#figures").contains("12 so far"));
        assertThat(text("#classes"))
                .contains("interactive")
                .contains("within 100")
                .contains("at most 77 ms, strict");
        assertThat(text("#fleet")).contains("c7a.medium#").contains("ready");
        assertThat(text("#variants")).contains("small").contains("98.7");
        assertThat(text("#cost")).contains("c7a.medium").contains("Total").contains("$0.0");
        assertThat(text("#plans")).contains("at the start").contains("launched 1");
        assertThat(text("#decisions")).contains("small on c7a.medium").contains("free slot");
        assertThat(browser.evaluate("document.querySelectorAll('#load svg path, #latency svg path').length")
                        .asInt())
                .isGreaterThan(8);
        // what others say is text, whatever it looks like
        TestGateway.await("the failure is shown", () -> text("#failures").contains("<b onclick=alert(1)>it broke</b>"));
        assertThat(browser.evaluate("document.querySelectorAll('b[onclick]').length")
                        .asInt())
                .isZero();
        assertThat(browser.problems).isEmpty();
    }

    @Test
    void keepsItsElementsWhileItsFiguresChange() throws Exception {
        browser.open(gateway.gateway.adminUrl() + "/");
        gateway.post(INFER, TestGateway.json(""));
        TestGateway.await("the first is shown", () -> text("#figures").contains("1 so far"));
        browser.evaluate("document.querySelectorAll('#fleet tbody td, #figures dd, #classes tbody td, #load svg')"
                + ".forEach((node) => (node.dataset.before = 'yes'))");
        gateway.post(INFER, TestGateway.json(""));
        TestGateway.await("the second is shown", () -> text("#figures").contains("2 so far"));
        assertThat(browser.evaluate("[...document.querySelectorAll('#fleet tbody td, #figures dd, #classes tbody td,"
                                + " #load svg')].every((node) => node.dataset.before === 'yes')")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void saysWhenTheConnectionIsLost() throws Exception {
        browser.open(gateway.gateway.adminUrl() + "/");
        TestGateway.await("the page is there", () -> text("#status").equals("serving"));
        int port = gateway.gateway.adminPort();
        gateway.gateway.close();
        TestGateway.await("it notices", () -> text("#status").equals("connection lost"));
        assertThat(text("#lost"))
                .contains("The connection to the server is lost")
                .contains("What you see is from");

        try (Gateway again = Gateway.start(TestGateway.SETTINGS.withPorts(0, port), gateway.backend, "other", "test")) {
            TestGateway.await("it is back", () -> text("#status").equals("serving"));
            assertThat(again.adminPort()).isEqualTo(port);
            assertThat(text("#about")).contains("stack other");
            assertThat(text("#lost")).isEmpty();
        }
    }

    @Test
    void fitsEveryScreenInBothThemes() throws Exception {
        gateway.post(INFER, TestGateway.json("\"parameters\": {\"max_latency_ms\": 77, \"min_accuracy\": 0.5},"));
        for (String scheme : new String[] {"light", "dark"}) {
            browser.prefer(scheme);
            browser.open(gateway.gateway.adminUrl() + "/");
            TestGateway.await("the page is there", () -> text("#status").equals("serving"));
            for (int width : new int[] {360, 768, 1280, 1920}) {
                browser.resize(width, 900);
                TestGateway.await(
                        "charts are as wide as their boxes",
                        () -> browser.evaluate("[...document.querySelectorAll('.chart')].every((box) => { const svg ="
                                        + " box.querySelector('svg'); return svg !== null && Math.abs(svg.clientWidth"
                                        + " - box.clientWidth) <= 1; })")
                                .asBoolean());
                assertThat(browser.evaluate("document.documentElement.scrollWidth")
                                .asInt())
                        .as("%s at %d", scheme, width)
                        .isLessThanOrEqualTo(width);
            }
            assertThat(browser.evaluate("document.documentElement.dataset.theme")
                            .asText())
                    .isEqualTo(scheme);
            assertThat(browser.screenshot()).hasSizeGreaterThan(10_000);
        }
        assertThat(browser.problems).isEmpty();
    }
}
