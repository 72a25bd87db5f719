package dev.purser.server.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import dev.purser.server.report.ForecastPage.Line;
import dev.purser.server.report.ForecastPage.Score;
import dev.purser.server.report.ForecastPage.Trace;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ForecastPageTest {
    private static final Pattern DATA =
            Pattern.compile("<script type=\"application/json\" id=\"report-data\">(.*?)</script>", Pattern.DOTALL);

    private static final String HOSTILE = "</script><script>alert('x')</script> & \"{{data}}\" $1";

    private static ForecastPage page(String name) {
        return new ForecastPage(
                name,
                "0.1.0",
                Map.of(name, name),
                60,
                List.of(new Trace(
                        name,
                        30,
                        100,
                        List.of(1.0, 2.00004, 3.0),
                        List.of(new Line(name, 6, List.of(1.0, 2.0, 2.5), List.of(), List.of())))),
                List.of(new Score(name, name, 6, 1.5, null, 1, 0.1, 0.5, 0.5, null, null, 0, 3)));
    }

    private static JsonNode data(String html) {
        Matcher matcher = DATA.matcher(html);
        assertThat(matcher.find()).isTrue();
        return Json.parse("page", matcher.group(1));
    }

    @Test
    void carriesWhatIsShown() {
        JsonNode data = data(page("wits").render());
        assertThat(data.path("traces").path(0).path("actual").path(1).doubleValue())
                .as("four digits")
                .isEqualTo(2);
        assertThat(data.path("traces").path(0).path("lines").path(0).path("low"))
                .isEmpty();
        assertThat(data.path("scores").path(0).path("coverage90").isNull()).isTrue();
        assertThat(page("wits").render())
                .contains("1 predictor judged on 1 arrival trace: each forecast 100 windows")
                .doesNotContainPattern("\\{\\{\\w+}}");
    }

    @Test
    void hostileTextStaysText() {
        String html = page(HOSTILE).render();
        assertThat(html).doesNotContain("<script>alert");
        assertThat(data(html).path("title").textValue()).isEqualTo(HOSTILE);
    }

    @Test
    void loadsNothing() {
        assertThat(page("wits").render())
                .contains("default-src 'none'")
                .doesNotContainPattern("(?i)\\b(src|href|action|data|poster|srcset)\\s*=\\s*[\"']?\\s*(https?:)?//")
                .doesNotContainPattern("(?i)<(iframe|object|embed|base|script[^>]*\\ssrc)\\b")
                .doesNotContainPattern(
                        "@import|\\bimport\\s*\\(|\\bfetch\\s*\\(|XMLHttpRequest|WebSocket\\s*\\(|sendBeacon");
    }
}
