package dev.purser.research.dispatcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.research.FakeView;
import dev.purser.research.Worlds;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One variant on c5.large (2 slots of 250 ms: 8 requests/s) and in functions of 1024 MB (400 ms). */
class AdmissionTest {
    private static final int STRICT = 0;
    private static final int PATIENT = 1;

    private final ServiceCatalog catalog = Worlds.catalog(
            Worlds.pool("spock-single"),
            List.of("c5.large"),
            List.of(1024),
            Worlds.strict(1000L, null),
            Worlds.relaxed(null, null));
    private final FakeView view = new FakeView(catalog);

    private Dispatch dispatch(boolean functions, int requestClass) {
        Dispatcher admission =
                new Admission(new Admission.Settings(functions, 0, Duration.ZERO, 100), Worlds.context(catalog));
        return admission.dispatch(FakeView.request(requestClass, 0), view);
    }

    @Test
    void aFreeSlotIsTaken() {
        view.ready(0, 1, 1);
        assertThat(dispatch(false, STRICT)).isInstanceOf(Dispatch.ToInstance.class);
    }

    // what waits takes 125 ms each, then 1.5 services of 250 ms: at 5 that is 1000 ms
    @ParameterizedTest
    @CsvSource({"0, in-time", "5, in-time", "6, overload", "99, overload"})
    void takesWhatItCanExpectToAnswerInTimeAndRefusesTheRest(int waiting, String code) {
        view.ready(0, 1, 2).queued(0, waiting);
        Dispatch dispatch = dispatch(false, STRICT);
        assertThat(dispatch.reason().code()).isEqualTo(code);
        assertThat(dispatch).isInstanceOf(waiting <= 5 ? Dispatch.ToQueue.class : Dispatch.Refuse.class);
    }

    @Test
    void aRefusalSaysWhatItComparedInWords() {
        view.ready(0, 1, 2).queued(0, 13);
        assertThat(dispatch(false, STRICT).reason().words())
                .isEqualTo("an answer can be expected after 2000 ms, but it is due within 1000 ms");
    }

    @Test
    void aFunctionTakesWhatInstancesWouldAnswerLate() {
        view.ready(0, 1, 2).queued(0, 6);
        assertThat(dispatch(true, STRICT)).isInstanceOf(Dispatch.ToFunction.class);
    }

    @Test
    void requestsAreHeldForAnInstanceThatStarts() {
        view.pending(0, 1);
        assertThat(dispatch(false, STRICT).reason().code()).isEqualTo("starting");
        assertThat(dispatch(true, STRICT)).isInstanceOf(Dispatch.ToFunction.class);
        assertThat(dispatch(true, PATIENT).reason().code()).isEqualTo("no-free-slot");
    }

    @Test
    void theQueueIsBoundedEvenForThosePatient() {
        view.ready(0, 1, 2).queued(0, 100);
        assertThat(dispatch(false, PATIENT).reason().code()).isEqualTo("queue-full");
        view.queued(0, 99);
        assertThat(dispatch(false, PATIENT).reason().code()).isEqualTo("in-time");
    }
}
